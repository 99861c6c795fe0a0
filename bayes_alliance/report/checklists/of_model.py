"""What was claimed, as answers to questions of reporting standards."""

from __future__ import annotations

from collections.abc import Iterator

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.checklists.of_data import several_effects
from bayes_alliance.report.checklists.told import Told, check_of, joined, most, sentence, verdict_of
from bayes_alliance.report.material import Material
from bayes_alliance.spec.sampling_words import in_words

__all__ = [
    "default_priors",
    "formal_specification",
    "goals",
    "heterogeneity_levels",
    "parameters",
    "prior_reasons",
    "priors_in_use",
    "understood_priors",
    "unreasoned",
    "written_down",
]


def priors_in_use(fitted: Fitted) -> dict[str, tuple[str, str]]:
    """Priors that this design has, with their reasons.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    dict of str to (str, str)
        Key in ``[priors]``: the distribution and its reason, empty where none was given.
    """
    return dict(_priors(fitted))


def _priors(fitted: Fitted) -> Iterator[tuple[str, tuple[str, str]]]:
    declared, design = fitted.specification.priors, fitted.design
    scales, total = design.scales, design.tau_total
    used = {
        "location": declared.location,
        "differences": declared.differences if design.prior_differences.shape[1] else None,
        "shrinkage": design.shrinkage,
        "tau_total": total,
        "share": design.share,
        "tau_group": None if design.groups is None else design.groups.tau,
        "tau_sample": declared.tau_sample
        if scales is not None
        else (None if total is not None else design.tau_sample),
        "tau_effect": None if total is not None else design.tau_effect,
        "df": design.df,
        "scale": declared.scale if design.scale_models else None,
        "rho": None if design.dependence is None else declared.rho,
    }
    for name, prior in used.items():
        if prior is not None:
            yield name, (str(prior), prior.because)
    if scales is not None and scales.structure != "diagonal":
        yield (
            "scale_correlation",
            (f"LKJ({scales.eta:g})", declared.scale_correlation.because),
        )


def unreasoned(fitted: Fitted) -> tuple[str, ...]:
    """Priors without a reason.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    tuple of str
        Their keys.
    """
    return tuple(name for name, (_, why) in _priors(fitted) if not why.strip())


def goals(material: Material) -> Told:
    """The question that the analysis answers.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if one is declared.
    """
    about = material.fitted.specification.about
    if not about.question.strip():
        return Told(False, "No question is declared: write one under about.question.")
    estimand = sentence(material.fitted.design.estimand)
    return Told(True, f"Question: {sentence(about.question)} {estimand}".strip(), "summary")


def parameters(material: Material) -> Told:
    """Levels of the model, and which parameters the question is about.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if the design says what is reported.
    """
    design = material.fitted.design
    if not design.quantities:
        return Told(False, "The model does not say which of its parameters the question is about.")
    primary = [quantity.name for quantity in design.quantities]
    primary += [contrast.name for contrast in design.contrasts]
    primary = list(dict.fromkeys(primary))
    ancillary = [name for name in priors_in_use(material.fitted) if name not in NOT_ANCILLARY]
    beside = f" Ancillary: {joined(ancillary)}." if ancillary else ""
    return Told(
        True,
        f"{heterogeneity_levels(material)} Of primary interest: {most(primary, 6)}.{beside}",
        "model",
    )


#: Priors of the parameters that questions are about.
NOT_ANCILLARY = frozenset({"location", "differences", "scale"})


def heterogeneity_levels(material: Material) -> str:
    """Write at which levels true effects vary, and how.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    str
        A sentence or two.
    """
    design, spec = material.fitted.design, material.fitted.specification
    levels = []
    if design.groups is not None:
        levels.append(f"between groups ({design.groups.column})")
    if design.scales is not None:
        levels.append(f"between samples, for each scale by itself ({design.scales.structure})")
    elif design.tau_sample is not None:
        levels.append("between samples")
    if design.tau_effect is not None:
        levels.append(
            "between effect sizes of one sample"
            if levels
            else "between effect sizes, whichever sample they are from"
        )
    if not levels:
        return "True effects do not vary in this model: differences are taken as sampling error."
    shape = " Sample effects follow a t." if design.df is not None else " All levels are normal."
    told = f"True effects vary {joined(levels)}.{shape}"
    if several_effects(material):
        told += f" Sampling errors of one sample: {in_words(spec.sampling)}."
    return told


def prior_reasons(material: Material) -> Told:
    """Every prior with a reason.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not done where one has none.
    """
    priors, missing = priors_in_use(material.fitted), unreasoned(material.fitted)
    listed = most([f"{name} {prior}" for name, (prior, _) in priors.items()], 8)
    if missing:
        keys = joined([f"priors.{name}.because" for name in missing])
        return Told(False, f"{listed}. No reason is given for {joined(missing)}: write {keys}.",
                    "priors")  # fmt: skip
    return Told(True, f"{listed}; each with its reason.", "priors")


def understood_priors(material: Material) -> Told:
    """Priors with reasons, and what they expect of data.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if all have reasons and the prior predictive check was made.
    """
    reasons = prior_reasons(material)
    check = check_of(material, "prior predictive")
    if check is None:
        return Told(False, f"{reasons.says} What they expect of data was not checked: fit.check().",
                    "priors")  # fmt: skip
    made = reasons.done is True and not check.table.empty
    return Told(made, f"{reasons.says} {verdict_of(check)}", "priors")


def default_priors(material: Material) -> tuple[str, ...]:
    """Priors that are those of the program, whatever the model file says of them.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of str
        Their keys.
    """
    fitted = material.fitted
    declared = fitted.specification.priors
    unchanged = type(declared)()
    return tuple(
        name
        for name in priors_in_use(fitted)
        if str(getattr(declared, name)) == str(getattr(unchanged, name))
    )


def formal_specification(material: Material) -> Told:
    """The model in a form that a machine reads.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if the program that gives the specification its meaning is identified.
    """
    spec = material.fitted.specification
    program = material.fitted.posterior.provenance.versions.get("bayes-alliance")
    if program is None:
        return Told(False, "The specification is there, but not which version of the program reads "
                    "it.", "model")  # fmt: skip
    return Told(
        True,
        f"Specification {spec.name}, SHA-256 {spec.sha256[:12]}..., as read by bayes_alliance "
        f"{program}.",
        "model",
    )


def written_down(material: Material) -> Told:
    """Whether another reader can follow the specification.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if it has a title, a question and a reason for every prior.
    """
    about, missing = material.fitted.specification.about, unreasoned(material.fitted)
    lacking = [f"a {part}" for part in ("title", "question") if not getattr(about, part).strip()]
    lacking += [f"a reason for {name}" for name in missing]
    if lacking:
        return Told(False, f"The specification lacks {joined(lacking)}.", "model")
    return Told(
        True,
        "The specification is a plain declarative file with a title, a question and a reason for "
        "each prior; it holds no code.",
        "model",
    )
