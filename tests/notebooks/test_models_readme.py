"""The schema on one page says everything that the tables of a specification take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

import bayes_alliance as ba
from bayes_alliance.spec.families import FAMILIES

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
#: Rows of the tables of the page, as cells.
ROWS: Final = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]


def table_in(annotation: object) -> type[BaseModel] | None:
    """The table that a field holds: itself, or the element of a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (table_in(inner) for inner in get_args(annotation))
    return next((table for table in found if table is not None), None)


def sections() -> dict[str, dict[str, list[str]]]:
    """Rows of the schema by table and key; keys outside any table stand under ""."""
    found: dict[str, dict[str, list[str]]] = {"": {}}
    current = ""
    for row in ROWS:
        head = re.match(r"\*\*`\[+(\w+)[\w.]*\]+`\*\*", row[0])
        if head:
            current = head[1]
            found[current] = {}
        elif len(row) == 4:
            for key in re.findall(r"`(\w+)`", row[0]):
                found[current][key] = row
    return found


TABLES: Final = {
    name: table_in(field.annotation)
    for name, field in ba.Specification.model_fields.items()
    if table_in(field.annotation) is not None
}


def test_every_table_has_its_section_and_no_other_has_one() -> None:
    assert set(sections()) == {"", *TABLES}
    assert len(TABLES) >= 11
    others = set(ba.Specification.model_fields) - set(TABLES)
    assert set(sections()[""]) == others == {"name"}


@pytest.mark.parametrize("name", TABLES)
def test_every_key_of_a_table_is_described_with_its_default(name: str) -> None:
    table = TABLES[name]
    assert table is not None
    rows = sections()[name]
    assert set(rows) == set(table.model_fields)
    for key, field in table.model_fields.items():
        _, kind, default, meaning = rows[key]
        assert meaning
        if get_origin(field.annotation) is Literal:
            assert set(re.findall(r'`"(\w+)"`', kind)) == set(get_args(field.annotation))
        if field.is_required():
            assert default == "required"
        elif isinstance(field.default, bool):
            assert default == f"`{str(field.default).lower()}`"
        elif isinstance(field.default, int | float):
            assert float(default.strip("`")) == field.default
        elif isinstance(field.default, str):
            assert default == f'`"{field.default}"`'


def test_the_default_priors_are_those_of_the_program() -> None:
    priors = ba.Specification().priors
    rows = sections()["priors"]
    assert rows["tau_sample"][2] == str(priors.tau_sample)
    assert rows["tau_effect"][2] == str(priors.tau_effect)
    assert rows["location"][2] == "mean {mean:g}, sd {sd:g}".format(**priors.location.parameters)
    assert rows["differences"][2] == "sd {sd:g}".format(**priors.differences.parameters)
    assert priors.shrinkage is None
    assert rows["shrinkage"][2] == "none"


def test_every_family_is_described_with_its_parameters() -> None:
    described = {
        name[1]: set(re.findall(r"`(\w+)`", row[1]))
        for row in ROWS
        if len(row) == 3 and (name := re.fullmatch(r"`(\w+)`", row[0]))
    }
    assert described == {name: set(family.parameters) for name, family in FAMILIES.items()}


def test_every_file_and_alias_is_mentioned() -> None:
    files = {path.name for path in (ROOT / "models").glob("*.toml")}
    described = {row[0].strip("`") for row in ROWS if row[0].endswith(".toml`")}
    assert described == files
    assert all(f"`{model.name}`" in PAGE or model.file in PAGE for model in ba.models())
    for alias in ba.read_specification("moderator").aliases:
        assert f"`{alias}`" in PAGE


def test_the_example_is_a_specification(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert example is not None
    path = tmp_path / "mine.toml"
    path.write_text(example[1], encoding="utf-8")
    specification = ba.read_specification(path)
    assert specification.location.terms == ("rater",)
    assert str(specification.priors.tau_sample) == "half_normal(0.2)"


def test_the_total_and_the_share_are_shown_as_they_work(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    example = next(text for text in examples if "[priors.share]" in text)
    path = tmp_path / "shared.toml"
    path.write_text(example, encoding="utf-8")
    priors = ba.read_specification(path).priors
    assert priors.tau_total is not None
    assert priors.share is not None
    median, largest = priors.tau_total.quantile([0.5, 0.95])
    assert f"Median {median:.2f} and 95 % below {largest:.2f}".replace("0.", ".") in example
    assert priors.share.quantile(0.5) == pytest.approx(0.5)


def test_the_messages_shown_are_those_of_the_program(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = '[priors.tau_sampel]\nfamily = "half_normal"\nscale = 0.25\n[run]\ndraws = 10\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ba.InputError) as caught:
        ba.read_specification(path)
    shown = re.search(r"```text\nbayes-alliance: (.*?)\n```", PAGE, flags=re.DOTALL)
    assert shown is not None
    assert str(caught.value) == shown[1]
