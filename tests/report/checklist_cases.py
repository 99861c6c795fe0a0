"""Material of a report with everything in it, and what can be taken away from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pandas as pd
from made_fits import made_effects, scattered

from bayes_alliance.analysis.face import Fit
from bayes_alliance.checks.result import CheckResult, not_applicable
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.material import Material
from bayes_alliance.report.variation import Variation
from bayes_alliance.spec.specification import Specification

__all__ = ["KINDS", "OF_CHAINS", "OF_NODES", "REMOVALS", "answered", "full"]

KINDS: Final = (
    "priors", "dependence", "leave-one-out", "multiverse", "bias", "evidence", "moderators",
    "design",
)  # fmt: skip
RECORDS: Final[Mapping[str, dict[str, Any]]] = {
    "priors": {
        "rows": [
            {"choices": {"priors.tau_sample": "half_normal(0.1)"}, "differences": []},
            {"choices": {"priors.location": "normal(0, 1)"}, "differences": [{"answer": "bond"}]},
        ],
        "curves": [{}],
        "given_benchmarks": [{"benchmark": "face to face"}],
    },
    "dependence": {"rows": [{"choices": {"rho": 0.0}}, {"choices": {"rho": 0.9}}]},
    "evidence": {
        "rows": [
            {
                "label": "task = bond",
                "answers": {
                    "h1": "task != bond", "log_bf10": 0.0, "posterior_probability": 0.5,
                    "prior_odds": 1.0,
                },
            }
        ]
    },
    "moderators": {
        "rows": [{"label": "year"}],
        "prior": {"differences_sd": 0.25, "prior_odds": 1.0},
    },
    "bias": {"rows": [{"label": "PET"}, {"label": "PEESE"}], "no_selection_model": None},
}  # fmt: skip

TABLE: Final = pd.DataFrame({"a": [1]})
PREDICTIVE: Final = (
    CheckResult("prior predictive", True, "The prior expects such data.", TABLE),
    CheckResult("posterior predictive", True, "The model reproduces the data.", TABLE),
)
#: Checks as they are after a quadrature, and after chains.
OF_NODES: Final = (
    CheckResult("quadrature error", True, "The error is 1e-9.", pd.DataFrame({"error": [1e-9]})),
    not_applicable("R-hat", "the draws are independent"),
    *PREDICTIVE,
)
OF_CHAINS: Final = (
    CheckResult("R-hat", True, "R-hat is at most 1.002.", TABLE),
    CheckResult("bulk ESS", True, "At least 300 effective draws.", pd.DataFrame({"ess": [300.0]})),
    *PREDICTIVE,
)


def made(what: str) -> Variation:
    """A finished sensitivity analysis with the parts of its record that are read."""
    record = {"rows": [], "sentences": [f"What {what} changes."], **RECORDS.get(what, {})}
    return Variation(what, "", record, {}, {})


@cache
def fit() -> Fit:
    """Scales of five samples, whose errors are taken as independent."""
    table = made_effects(
        list("aaabbbccddde"), topic="alliance and outcome",
        subscale=["task", "goal", "bond"] * 4,
    )  # fmt: skip
    changes = {
        "about.title": "Scales", "about.question": "Do scales differ?",
        "location.terms": ["subscale"],
    }  # fmt: skip
    return scattered(table, Specification().with_changes(changes))


def full() -> Material:
    """Nothing is missing: every check, every sensitivity analysis, the command."""
    found = fit()
    posterior = found.fitted.posterior
    provenance = replace(
        posterior.provenance,
        versions={"bayes-alliance": "0.1.0", "python": "3.12.1", "platform": "Linux x86_64"},
    )
    fitted = replace(found.fitted, posterior=replace(posterior, provenance=provenance))
    # The name of a check is all that says what computed a posterior here.
    return Material(
        fitted, found.answers, OF_NODES, found.twin, {what: made(what) for what in KINDS},
        command="bayes-alliance fit table.csv --model scales.toml",
    )  # fmt: skip


def answered(material: Material) -> dict[tuple[str, str], bool | None]:
    """What is done, by standard and number."""
    return {
        (one.name, item.number): item.done for one in checklists(material) for item in one.items
    }


def _specified(material: Material, changes: dict[str, Any]) -> Material:
    fitted = material.fitted
    return replace(
        material,
        fitted=replace(fitted, specification=fitted.specification.with_changes(changes)),
    )


def _of_effects(material: Material, **changes: Any) -> Material:
    fitted = material.fitted
    return replace(material, fitted=replace(fitted, effects=replace(fitted.effects, **changes)))


def _silent(material: Material) -> Material:
    frame = material.fitted.effects.to_frame()
    frame.loc[0, "not_significant"] = True
    return _of_effects(material, frame=frame)


def _answers(material: Material, **changes: Any) -> Material:
    return replace(material, answers=replace(material.answers, **changes))


def _without_p(material: Material) -> Material:
    found = material.answers
    return _answers(
        material,
        coefficients=tuple(replace(c, p_rope=None) for c in found.coefficients),
        contrasts=tuple(replace(c, p_rope=None) for c in found.contrasts),
    )


def _without_heterogeneity(material: Material) -> Material:
    found = material.answers.heterogeneity
    none = dict.fromkeys(("tau_sample", "tau_effect", "tau_total", "i2_sample", "i2_effect"))
    return _answers(material, heterogeneity=replace(found, **none))


def _of_design(material: Material, **changes: Any) -> Material:
    fitted = material.fitted
    return replace(material, fitted=replace(fitted, design=replace(fitted.design, **changes)))


def _made_by(material: Material, **changes: Any) -> Material:
    fitted = material.fitted
    provenance = replace(fitted.posterior.provenance, **changes)
    posterior = replace(fitted.posterior, provenance=provenance)
    return replace(material, fitted=replace(fitted, posterior=posterior))


def _ready(material: Material) -> Material:
    """The same numbers, of which nobody says that they are correlations."""
    found = _answers(material, scale=replace(material.answers.scale, measure="GEN"))
    return _of_design(found, measure="GEN")


def _without(what: str) -> Callable[[Material], Material]:
    def take(material: Material) -> Material:
        kept = {name: found for name, found in material.variations.items() if name != what}
        return replace(material, variations=kept)

    return take


def _unchecked(name: str) -> Callable[[Material], Material]:
    def take(material: Material) -> Material:
        return replace(material, checks=tuple(c for c in material.checks if c.name != name))

    return take


def _items(barg: str = "", wambs: str = "", mars: str = "", prisma: str = "") -> set[Any]:
    lists = {"BARG": barg, "WAMBS": wambs, "PRISMA 2020": prisma}
    found = {
        (name, number.replace("_", " ")) for name, own in lists.items() for number in own.split()
    }
    return found | {("JARS-MARS", number) for number in mars.split("; ") if number}


#: What is taken away, how, and the items that are then no longer done.
REMOVALS: Final[Mapping[str, tuple[Callable[[Material], Material], set[Any]]]] = {
    "priors varied": (_without("priors"), _items("5.A 5.B 5.C 5.E", "7 9")),
    "rho varied": (_without("dependence"), _items(mars="Method: synthesis, dependence")),
    "samples left out": (_without("leave-one-out"), _items()),
    "choices combined": (_without("multiverse"), _items()),
    "anything varied": (
        lambda m: _without("multiverse")(
            _without("leave-one-out")(_without("dependence")(_without("priors")(m)))
        ),
        _items("5.A 5.B 5.C 5.E", "7 9",
               "Method: synthesis, dependence; Results: synthesis, sensitivity", "13f 20d"),
    ),
    "bias": (_without("bias"),
             _items("", "", "Method: publication bias; Results: publication bias", "14 21")),
    "evidence": (_without("evidence"), _items("3.C 4.D 5.D")),
    "design": (_without("design"), _items(mars="Method: synthesis, power")),
    "moderators, and terms of the model": (
        lambda m: _of_design(_without("moderators")(m), terms=()),
        _items("", "", "Method: synthesis, moderators; Results: synthesis, moderators",
               "13e 20c"),
    ),
    "prior predictive check": (_unchecked("prior predictive"), _items("1.E", "1")),
    "posterior predictive check": (_unchecked("posterior predictive"), _items("3.A", "6")),
    "quadrature error": (_unchecked("quadrature error"), _items("2.D", "3")),
    "a reason": (
        lambda m: _specified(
            m, {"priors.location": {"family": "normal", "mean": 0.0, "sd": 0.5}}
        ),
        _items("1.C 6.C", "1"),
    ),
    "the question": (lambda m: _specified(m, {"about.question": ""}),
                     _items("Preamble_B 6.C", "", "Introduction: problem")),
    "the title": (lambda m: _specified(m, {"about.title": ""}), _items("6.C")),
    "the defaults": (
        lambda m: _specified(
            m,
            {
                f"priors.{name}": {"family": "half_normal", "scale": 0.2, "because": "Ours."}
                for name in ("tau_sample", "tau_effect")
            } | {"priors.location.sd": 0.6, "priors.differences.sd": 0.3},
        ),
        _items("5.C"),
    ),
    "a number of a result": (
        _silent,
        _items("", "", "Method: synthesis, missing data; Results: individual studies", "19"),
    ),
    "the subject": (lambda m: _of_effects(m, topic=""), _items("1.A")),
    "the hash of the data": (lambda m: _of_effects(m, sha256=""), _items("6.D")),
    "the measure": (
        _ready,
        _items("4.C", "", "Method: summary measures; Method: synthesis, preparation", "12 13b"),
    ),
    "coefficients": (
        lambda m: _answers(m, coefficients=()),
        _items("3.B 4.E", "8 10", "Results: synthesis, means", "13c 20b"),
    ),
    "probabilities of equivalence": (_without_p, _items("4.C")),
    "heterogeneity": (_without_heterogeneity,
                      _items("", "7", "Results: synthesis, heterogeneity")),
    "what is reported": (
        lambda m: _of_design(m, quantities=()),
        _items("1.B", "", "Method: synthesis, model"),
    ),
    "versions": (
        lambda m: _made_by(m, versions={}),
        _items("1.D 2.A 6.A", "", "Method: synthesis, software", "13d"),
    ),
    "the platform": (
        lambda m: _made_by(m, versions={"bayes-alliance": "0.1.0", "python": "3.12.1"}),
        _items("6.A"),
    ),
    "settings": (lambda m: _made_by(m, settings={}), _items("6.F")),
    "the command": (lambda m: replace(m, command=""), _items("6.B")),
    "REML": (
        lambda m: replace(m, twin=replace(m.twin, unavailable="it has no fit")),
        _items("", "8"),
    ),
}  # fmt: skip
