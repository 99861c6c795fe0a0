"""The study of shared sampling errors: its data, a tiny run of it, its committed results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import bayes_alliance as ba
from studies.dependence.__main__ import summarise, write
from studies.dependence.analyse import TOLERANCE
from studies.dependence.cells import (
    CELLS,
    CONTRASTS,
    TAU_SAMPLE,
    TRUE_MEANS,
    WEIGHTS,
    changes_of,
    layout,
    table,
    template,
)
from studies.dependence.outcomes import mean, proportion
from studies.dependence.replications import collect
from studies.dependence.results_page import page, short_table
from studies.dependence.simulate import generator, simulate

FOLDER: Final = Path(__file__).resolve().parents[2] / "studies" / "dependence"
COMMITTED: Final[dict[str, Any]] = json.loads((FOLDER / "results.json").read_text("utf-8"))
CELL: Final = {cell.name: cell for cell in CELLS}
EQUAL, RAGGED = CELL["equal, tau_effect .04"], CELL["ragged, tau_effect .08"]
#: Cells whose true rho the prior Beta(14, 6) expects.
RIGHT: Final = [cell.name for cell in CELLS if cell.rho == 0.7]


def found(cell: str, analysis: str) -> dict[str, Any]:
    return COMMITTED["cells"][cell]["analyses"][analysis]


def test_layouts_have_forty_samples() -> None:
    sizes = [len(scales) for scales in layout("ragged")]
    assert (len(sizes), sum(sizes)) == (40, 79)
    assert [sizes.count(size) for size in (1, 2, 3)] == [14, 13, 13]
    assert [len(scales) for scales in layout("equal")] == [3] * 40


@pytest.mark.parametrize(("name", "tables"), [(EQUAL.name, 400), ("people, tau_effect .04", 60)])
def test_simulated_z_have_the_declared_means_and_covariance(name: str, tables: int) -> None:
    cell = CELL[name]
    z = np.concatenate([simulate(cell, generator(1, cell, i)) for i in range(tables)])
    z = z.reshape(-1, 3)
    own = TAU_SAMPLE**2 + cell.tau_effect**2 + 1 / 69
    shared = TAU_SAMPLE**2 + cell.rho / 69
    expected = np.full((3, 3), shared) + (own - shared) * np.eye(3)
    error = own * np.sqrt(2 / len(z))
    np.testing.assert_allclose(z.mean(0), TRUE_MEANS, atol=4 * np.sqrt(own / len(z)))
    np.testing.assert_allclose(np.cov(z.T), expected, atol=4 * error)


def test_analyses_declare_what_they_say() -> None:
    naive, known, beta, uniform = (
        template(EQUAL, analysis) for analysis in ("naive", "known", "beta", "uniform")
    )
    assert naive.covariances is None
    assert known.covariances is not None
    np.testing.assert_allclose(known.covariances[0] * 69, 0.7 + 0.3 * np.eye(3))
    assert beta.dependence is not None
    assert uniform.dependence is not None
    assert beta.dependence.prior.quantile(0.5) == pytest.approx(0.7068, abs=1e-4)
    np.testing.assert_allclose(uniform.dependence.prior.quantile([0, 1]), [0, 0.95])
    people = template(CELL["people, tau_effect .04"], "known")
    assert people.covariances is not None
    assert people.covariances[0][0, 1] * 69 == pytest.approx(0.69, abs=0.01)


def test_proportions_and_means_have_their_monte_carlo_error() -> None:
    assert proportion(np.array([True, True, True, False])) == {
        "value": 0.75,
        "error": pytest.approx(np.sqrt(0.75 * 0.25 / 4)),
    }
    assert mean(np.array([1.0, 2.0, 3.0])) == {"value": 2.0, "error": pytest.approx(3**-0.5)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def records(folder: Path) -> list[dict[str, Any]]:
    return collect([EQUAL, RAGGED], 6, seed=7, kept=folder / "kept.jsonl", processes=1)


def test_a_tiny_run_finds_what_the_study_finds(folder: Path, records: list[dict[str, Any]]) -> None:
    result = summarise(records, [EQUAL, RAGGED], seed=7)
    for cell in (EQUAL, RAGGED):
        analyses = result["cells"][cell.name]["analyses"]
        ratio = analyses["naive"]["task - bond"]["length_ratio"]["value"]
        usual = found(cell.name, "naive")["task - bond"]["length_ratio"]["value"]
        assert ratio == pytest.approx(usual, abs=0.2)
        for analysis in ("beta", "uniform"):
            ratio = analyses[analysis]["task - bond"]["length_ratio"]["value"]
            assert ratio == pytest.approx(1, abs=0.08)
        assert analyses["reml naive"]["tau_effect"]["zero"]["value"] > 0.6
    write(result, folder)
    assert json.loads((folder / "results.json").read_text("utf-8")) == result
    assert (folder / "intervals.png").stat().st_size > 10_000


def test_the_study_computes_what_a_fit_computes(records: list[dict[str, Any]]) -> None:
    z = simulate(EQUAL, generator(7, EQUAL, 2))
    fit = ba.fit(
        ba.read_effects(table(EQUAL.design, z)),
        "subscales",
        changes=changes_of("beta", EQUAL),
        engine="exact",
    )
    (mine,) = (r["beta"] for r in records if r["cell"] == EQUAL.name and r["replication"] == 2)
    limits = np.array([fit.posterior.linear(weights).interval() for weights in WEIGHTS])
    np.testing.assert_allclose(limits, np.transpose([mine["lower"], mine["upper"]]), atol=1e-5)


def test_a_stopped_run_goes_on(folder: Path, records: list[dict[str, Any]]) -> None:
    lines = (folder / "kept.jsonl").read_text("utf-8").splitlines()
    stopped = folder / "stopped.jsonl"
    stopped.write_text("\n".join([*lines[:-2], lines[-2][:40]]), encoding="utf-8")
    again = collect([EQUAL, RAGGED], 6, seed=7, kept=stopped, processes=1)
    for one, other in zip(again, records, strict=True):
        assert one | {"seconds": 0} == other | {"seconds": 0}


def test_replications_of_another_seed_are_not_used(
    folder: Path, records: list[dict[str, Any]]
) -> None:
    kept = folder / "other.jsonl"
    kept.write_text((folder / "kept.jsonl").read_text("utf-8"), encoding="utf-8")
    (other,) = collect([RAGGED], 1, seed=8, kept=kept, processes=1)
    (same,) = (r for r in records if r["cell"] == RAGGED.name and r["replication"] == 0)
    assert other["naive"]["estimate"] != same["naive"]["estimate"]
    assert len(kept.read_text("utf-8").splitlines()) == 2


def test_committed_results_are_whole() -> None:
    assert set(COMMITTED) == {"cells", "date", "minutes", "python", "seed", "tolerance", "true",
                              "versions"}  # fmt: skip
    assert {"bayes-alliance", "numba", "numpy", "scipy"} <= set(COMMITTED["versions"])
    assert list(COMMITTED["cells"]) == list(CELL)
    for name, cell in COMMITTED["cells"].items():
        settings = (cell["tau_effect"], cell["rho"], cell["design"], cell["errors"])
        mine = CELL[name]
        assert settings == (mine.tau_effect, mine.rho, mine.design, mine.errors)
        assert cell["replications"] >= 200
        for analysis, one in cell["analyses"].items():
            for contrast in CONTRASTS:
                assert set(one[contrast]) == {"coverage", "power", "length", "length_ratio"}
            assert one.get("converged", 1.0) > 0.99, (name, analysis)
            assert one.get("largest_error", 0.0) <= TOLERANCE, (name, analysis)


def test_the_committed_page_is_that_of_the_results() -> None:
    assert (FOLDER / "results.md").read_text("utf-8") == page(COMMITTED)


def test_the_readme_shows_the_committed_numbers() -> None:
    readme = (FOLDER.parents[1] / "README.md").read_text("utf-8")
    assert "\n".join(short_table(COMMITTED)) in readme


@pytest.mark.parametrize("cell", RIGHT)
@pytest.mark.parametrize("analysis", ["known", "beta", "uniform"])
@pytest.mark.parametrize("contrast", CONTRASTS)
def test_intervals_cover_where_rho_is_known_or_estimated(
    cell: str, analysis: str, contrast: str
) -> None:
    replications = COMMITTED["cells"][cell]["replications"]
    error = np.sqrt(0.95 * 0.05 / replications)
    assert found(cell, analysis)[contrast]["coverage"]["value"] == pytest.approx(
        0.95, abs=3.5 * error
    )


def test_the_interval_with_rho_known_has_two_thirds_of_the_naive_length() -> None:
    ratios = [
        found(f"equal, tau_effect {tau}", "naive")["task - bond"]["length_ratio"]["value"]
        for tau in ("0", ".04", ".08", ".15")
    ]
    assert 1 / ratios[1] == pytest.approx(2 / 3, abs=0.05)
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] == pytest.approx(1.73, abs=0.05)


@pytest.mark.parametrize("cell", RIGHT)
def test_estimating_rho_costs_hardly_any_length(cell: str) -> None:
    for analysis in ("beta", "uniform"):
        ratio = found(cell, analysis)["task - bond"]["length_ratio"]["value"]
        assert ratio == pytest.approx(1, abs=0.05)


def test_naive_reml_says_that_effects_of_a_sample_do_not_differ() -> None:
    naive, known = (
        found(EQUAL.name, f"reml {analysis}")["tau_effect"]["zero"]["value"]
        for analysis in ("naive", "known")
    )
    assert naive > 0.97
    assert known < 0.2
    for cell in RIGHT:
        assert found(cell, "naive")["tau_sample"]["bias"]["value"] > 0.01
        assert abs(found(cell, "known")["tau_sample"]["bias"]["value"]) < 0.02


def test_the_dependence_gives_power() -> None:
    naive, known, beta = (
        found(EQUAL.name, analysis)["task - goal"]["power"]["value"]
        for analysis in ("naive", "known", "beta")
    )
    assert min(known, beta) > naive + 0.15
