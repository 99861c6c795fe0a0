"""The JSON record: every key of schema 1, numbers or null, the same numbers as the frames."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import pytest
from report_cases import CHECKS, KINDS, make

from bayes_alliance.analysis.face import Fit
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.spec.library import read_specification

#: Names are the leaves "s" text, "n" number, "b" truth value, "d" table; "?" may be null.
LIMITS: Final = {"lower": "n", "upper": "n"}
SPREAD: Final = {"mean": "n", "sd": "n", "median": "n", **LIMITS}
ESTIMATE: Final = {**SPREAD, "p_positive": "n"}
MEDIAN: Final = {"median": "n", **LIMITS}
MEAN: Final = {"mean": "n", **LIMITS}
PREDICTION: Final = {"new_sample": LIMITS, "new_effect": LIMITS}

SCHEMA: Final[dict[str, Any]] = {
    "schema": "n",
    "data": {"name": "s", "effects": "n", "samples": "n", "participants": "n?", "measure": "s",
             "sha256": "s"},
    "model": {"name": "s", "sha256": "s"},
    "engine": {"name": "s", "versions": "d", "seed": "n", "seconds": "n"},
    "interval": {"probability": "n", "kind": "s"},
    "coefficients": [
        {"name": "s", "estimate": ESTIMATE, "r": (MEDIAN,), "r_mean": (MEAN,),
         "prediction": (PREDICTION,), "prediction_r": (PREDICTION,)}
    ],
    "contrasts": [
        {"name": "s", "estimate": ESTIMATE, "r": (MEDIAN,), "p_positive": "n", "p_rope": "n?",
         "bf01": "n?"}
    ],
    "heterogeneity": {
        "tau_sample": (SPREAD,),
        "tau_effect": (SPREAD,),
        "i2": {"definition": "s", "sample": (SPREAD,), "effect": (SPREAD,)},
    },
    "rho": (SPREAD,),
    "log_marginal_likelihood": "n?",
    "log_marginal_likelihood_error": "n?",
    "frequentist": (
        {
            "method": "s", "rho": "n?", "log_likelihood": "n?", "sigma2_sample": "n?",
            "sigma2_effect": "n?",
            "coefficients": [
                {"name": "s", "estimate": "n", "se": "n", "lower": "n", "upper": "n",
                 "se_cr2": "n?", "df_cr2": "n?", "p_cr2": "n?", "lower_cr2": "n?",
                 "upper_cr2": "n?"}
            ],
        },
    ),
    "benchmarks": [
        {"name": "s", "coefficient": "s", "r": "n", "difference_r": MEDIAN, "p_above": "n",
         "p_rope": "n"}
    ],
    "checks": [{"name": "s", "passed": "b?", "text": "s"}],
}  # fmt: skip

KINDS_OF_LEAVES: Final = {"s": str, "n": (int, float), "b": bool, "d": dict}


def defects(found: Any, wanted: Any, path: str = "") -> list[str]:
    """Where a record does not follow the schema."""
    if isinstance(wanted, tuple):
        return [] if found is None else defects(found, wanted[0], path)
    if isinstance(wanted, list):
        if not isinstance(found, list):
            return [f"{path}: no list"]
        return [d for i, one in enumerate(found) for d in defects(one, wanted[0], f"{path}[{i}]")]
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [f"{path}: no table"]
        missing = [f"{path}.{key}: missing" for key in wanted if key not in found]
        inner = [
            d
            for key, value in wanted.items()
            if key in found
            for d in defects(found[key], value, f"{path}.{key}")
        ]
        return missing + inner
    if found is None:
        return [] if wanted.endswith("?") else [f"{path}: null"]
    kind = KINDS_OF_LEAVES[wanted[0]]
    right = isinstance(found, kind) and (wanted[0] == "b" or not isinstance(found, bool))
    return [] if right else [f"{path}: {found!r}"]


def record_of(kind: str) -> tuple[Fit, dict[str, Any]]:
    fit = make(kind)
    fit.__dict__["checks"] = CHECKS
    text = json.dumps(fit.to_dict(), allow_nan=False, ensure_ascii=False)
    return fit, json.loads(text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_record_has_every_key_of_the_schema(kind: str) -> None:
    fit, record = record_of(kind)
    assert defects(record, SCHEMA) == []
    assert record == fit.to_dict()  # nothing is changed by writing and reading it


def test_the_schema_itself_finds_defects() -> None:
    _, record = record_of("overall")
    record["data"]["effects"] = True
    record["rho"] = {"mean": 1.0}
    del record["engine"]["seed"]
    found = defects(record, SCHEMA)
    assert ".data.effects: True" in found
    assert ".engine.seed: missing" in found
    assert ".rho.sd: missing" in found


@pytest.mark.parametrize("kind", ["general", "general scales"])
def test_correlations_are_null_for_other_measures(kind: str) -> None:
    _, record = record_of(kind)
    assert record["data"]["measure"] == "GEN"
    assert record["data"]["participants"] is None
    assert record["benchmarks"] == []
    for c in record["coefficients"]:
        assert c["r"] is c["r_mean"] is c["prediction_r"] is c["p_rope"] is None
        assert c["prediction"]["new_effect"]["lower"] < c["estimate"]["lower"]
    assert all(c["r"] is None and c["p_rope"] is None for c in record["contrasts"])


def test_what_this_fit_does_not_have_is_null() -> None:
    _, record = record_of("no heterogeneity")
    assert record["heterogeneity"]["tau_sample"] is None
    assert record["heterogeneity"]["i2"]["sample"] is None
    assert record["rho"] is None
    assert record["log_marginal_likelihood"] is None
    _, one = record_of("one effect")
    assert one["heterogeneity"]["tau_sample"] is not None
    assert one["heterogeneity"]["i2"]["sample"] is None  # no degree of freedom is left
    assert one["data"]["effects"] == one["data"]["samples"] == 1


@pytest.mark.parametrize("kind", ["overall", "scales", "additive", "raw", "general scales"])
def test_numbers_are_those_of_the_frames(kind: str) -> None:
    fit, record = record_of(kind)
    summary, contrasts = fit.summary(), fit.contrasts()
    assert [c["name"] for c in record["coefficients"]] == list(summary.index)
    for c in record["coefficients"]:
        row = summary.loc[c["name"]]
        for key, value in c["estimate"].items():
            assert value == row[key]
        for key, column in (("r", "r"), ("r_mean", "r_mean")):
            if c[key] is not None:
                centre = c[key].get("median", c[key].get("mean"))
                assert centre == row[column]
                assert c[key]["lower"] == row[f"{column}_lower"]
                assert c[key]["upper"] == row[f"{column}_upper"]
        for target, prefix in (("prediction", ""), ("prediction_r", "r_")):
            for new in ("new_sample", "new_effect"):
                if c[target] is not None:
                    assert c[target][new]["lower"] == row[f"{prefix}{new}_lower"]
    names = [c["name"] for c in record["contrasts"]] + [o["name"] for o in record["orders"]]
    assert names == list(contrasts.index)
    for c in record["contrasts"]:
        assert c["estimate"]["median"] == contrasts.loc[c["name"], "median"]
        assert c["p_positive"] == contrasts.loc[c["name"], "p_positive"]
    for name in ("tau_sample", "tau_effect"):
        row = fit.heterogeneity().loc[name]
        assert record["heterogeneity"][name]["median"] == row["median"]
        assert record["heterogeneity"][name]["upper"] == row["upper"]


def test_benchmarks_and_the_data_are_told() -> None:
    fit, record = record_of("overall")
    frame = fit.benchmark()
    for b in record["benchmarks"]:
        row = frame.loc[b["name"]]
        assert b["difference_r"]["median"] == row["difference"]
        assert (b["r"], b["p_above"], b["p_rope"]) == (
            row["benchmark_r"], row["p_above"], row["p_rope"],
        )  # fmt: skip
    assert math.isnan(frame.loc["internet", "benchmark_lower"])
    data = record["data"]
    assert (data["name"], data["effects"], data["samples"]) == ("made up", 8, 5)
    assert data["participants"] == 5 * 60
    assert data["measure"] == "ZCOR"
    assert record["model"]["sha256"] == fit.specification.sha256
    assert record["interval"] == {"probability": INTERVAL_PROBABILITY, "kind": "equal-tailed"}
    assert record["engine"]["seed"] == 4


def test_rows_left_out_are_neither_counted_nor_forgotten() -> None:
    _, record = record_of("additive")
    assert record["data"]["effects"] == 7
    assert record["data"]["samples"] == 4
    assert record["data"]["participants"] == 4 * 60
    (left,) = record["left_out"]
    assert left == {"row": 8, "sample": "d", "effect": "1", "reason": "no value of year"}


def test_the_specification_can_be_made_again_from_the_record() -> None:
    fit, record = record_of("scales")
    again = type(fit.specification).from_dict(record["model"]["specification"])
    assert again == fit.specification
    assert read_specification("overall").sha256 != again.sha256
