"""Specifications as TOML: what is read is what was written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bayes_alliance as ba
from bayes_alliance.spec.specification import Specification

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
names = texts.filter(bool)


def written(spec: Specification, folder: Path) -> Specification:
    path = folder / "specification.toml"
    path.write_bytes(spec.to_toml().encode())
    return ba.read_specification(path)


@pytest.mark.parametrize("name", [model.name for model in ba.models()])
def test_bundled_models_lose_nothing(name: str, tmp_path: Path) -> None:
    spec = ba.read_specification(name)
    again = written(spec, tmp_path)
    assert again == spec
    assert again.sha256 == spec.sha256
    assert again.name == spec.name


def test_defaults_and_reasons_are_written_out() -> None:
    tables = tomllib.loads(Specification().to_toml())
    assert tables["priors"]["tau_sample"]["scale"] == 0.25
    assert tables["priors"]["tau_sample"]["because"].startswith("Median .17")
    assert tables["run"]["seed"] == 1
    assert tables["effect"]["alpha"] == 0.05
    assert tables["rope"] == {"effect_r": 0.1, "difference_r": 0.05}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("specifications")


@settings(max_examples=15)
@given(
    because=texts,
    column=names,
    unit=st.floats(5e-324, 1e9, exclude_min=True),
    scale=st.floats(1e-9, 1e6),
    label=names,
)
def test_any_text_and_number_survive(
    scratch: Path, because: str, column: str, unit: float, scale: float, label: str
) -> None:
    tables = {
        "name": label,
        "location": {"terms": [column], "units": {column: unit}},
        "priors": {"tau_sample": {"family": "half_normal", "scale": scale, "because": because}},
        "benchmarks": [{"name": label, "coefficient": column, "r": 0.1 + 0.2}],
        "alternatives": [{"name": label, "change": {"run.draws": 50, "effect.alpha": 0.1}}],
    }
    spec = Specification.from_dict(tables)
    again = written(spec, scratch)
    assert again.to_dict() == spec.to_dict()
    assert again.sha256 == spec.sha256
    assert again.location.units[column] == unit
    assert again.priors.tau_sample.parameters["scale"] == scale


def test_a_reason_of_dots_is_no_dotted_key(tmp_path: Path) -> None:
    prior = ba.Prior("half_normal", scale=0.1, because="\\." + "." * 1_900 + '"')
    spec = Specification().with_prior("tau_effect", prior)
    assert written(spec, tmp_path).sha256 == spec.sha256
