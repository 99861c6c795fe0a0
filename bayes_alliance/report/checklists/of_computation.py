"""How the posterior was computed, as answers to questions of reporting standards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.checks.sampling import has_sampler, why_no_chain
from bayes_alliance.report.checklists.commands import refit_command
from bayes_alliance.report.checklists.told import Told, check_of, most, sentence, verdict_of
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import percent

__all__ = [
    "approximation",
    "autocorrelation",
    "convergence",
    "doubled",
    "resolution",
    "script",
    "seeds",
    "software",
    "software_and_platform",
]

#: Checks of what a computation without chains may get wrong.
OWN_ERROR: Final = (
    "quadrature error",
    "Pareto k of the proposal",
    "effective points",
    "error of the log marginal likelihood",
)
#: Their main numbers: what they are called, the column and the format.
OWN_NUMBERS: Final = {
    "quadrature error": ("error of the quadrature at most", "error", ".1e"),
    "Pareto k of the proposal": ("Pareto k of the importance weights", "pareto_k", ".2f"),
    "effective points": ("effective independent points", "effective", ".0f"),
}
CONVERGENCE: Final = ("R-hat", "divergences", "E-BFMI")
MONTE_CARLO: Final = "Monte Carlo error"
RESOLUTION: Final = ("bulk ESS", "tail ESS", MONTE_CARLO)
#: Libraries that belong to the platform and not to the computation.
PLATFORM: Final = ("python", "platform")


def _made(material: Material, names: Sequence[str]) -> list[CheckResult]:
    """Checks of these names that looked at something."""
    found = (check_of(material, name) for name in names)
    return [check for check in found if check is not None and not check.table.empty]


def _texts(checks: Sequence[CheckResult]) -> str:
    return " ".join(verdict_of(check) for check in checks)


def _judged(checks: Sequence[CheckResult]) -> Told:
    """What fails gives no evidence of what the item asks for."""
    return Told(all(check.passed is not False for check in checks), _texts(checks), "checks")


def _own_error(material: Material) -> str:
    """The error of a computation without chains, in as few words as there are."""
    told = [
        f"{words} {check.table[column].iloc[0]:{how}}"
        for name, (words, column, how) in OWN_NUMBERS.items()
        for check in _made(material, (name,))
    ]
    return f"What was checked instead: {', '.join(told)}." if told else ""


def _by_chain(material: Material, names: Sequence[str]) -> Told:
    """Checks of chains; where there are none, the error of what was done instead."""
    if not has_sampler(material.fitted):
        own = _own_error(material)
        why = f"Does not apply: {why_no_chain(material.fitted)}."
        independent = check_of(material, MONTE_CARLO)
        if MONTE_CARLO in names and independent is not None:
            why = sentence(independent.text)
        return Told(None, f"{why} {own}".strip(), "checks" if own else "computation")
    first = check_of(material, names[0])
    if first is None:
        return Told(False, "Not checked. In Python: fit.check()")
    if first.table.empty:
        return Told(False, first.text, "checks")
    return _judged(_made(material, names))


def convergence(material: Material) -> Told:
    """Whether the chains found the same distribution.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable without chains; the error of the computation is told instead.
    """
    return _by_chain(material, CONVERGENCE)


def resolution(material: Material) -> Told:
    """How well the draws describe the posterior.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable without chains; the error of the computation is told instead.
    """
    return _by_chain(material, RESOLUTION)


def autocorrelation(material: Material) -> Told:
    """Whether successive draws repeat one another.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        The share of the draws that is worth an independent one; not applicable without chains.
    """
    told = _by_chain(material, ("bulk ESS",))
    check = check_of(material, "bulk ESS")
    if told.done is not True or check is None:
        return told
    draws = material.fitted.posterior.tree["posterior"].sizes
    total = draws["chain"] * draws["draw"]
    share = float(check.table["ess"].min()) / total
    return Told(
        True,
        f"{sentence(check.text)} The parameter mixed worst has {percent(min(share, 1.0))} of the "
        f"{total:,} draws' worth.",
        told.where,
    )


def approximation(material: Material) -> Told:
    """What a computation other than by chains may get wrong.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable where chains were run.
    """
    if has_sampler(material.fitted):
        return Told(None, "Does not apply: the posterior was sampled by chains.", "computation")
    own = _made(material, OWN_ERROR)
    if not own:
        return Told(False, "The error of the computation was not checked. In Python: fit.check()")
    return _judged(own)


def doubled(material: Material) -> Told:
    """Whether the answer stays when the effort is doubled.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        A quadrature compares itself with half its nodes; chains have to be run again.
    """
    quadrature = _made(material, ("quadrature error",))
    if quadrature:
        told = _judged(quadrature)
        return Told(told.done, f"No chain, but the same question: {told.says}", told.where)
    if material.fitted.posterior.grid is not None:
        return Told(False, "Not checked. In Python: fit.check()")
    if not has_sampler(material.fitted):
        return _by_chain(material, CONVERGENCE)
    run = material.fitted.specification.run
    command = refit_command(material, "--draws", str(2 * run.draws), "--set",
                            f"run.tune={2 * run.tune}")  # fmt: skip
    return Told(False, f"Not done. Command, to be compared with this fit: {command}")


def software(material: Material) -> Told:
    """What computed the posterior.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if its versions are known.
    """
    provenance = material.fitted.posterior.provenance
    versions = {k: v for k, v in provenance.versions.items() if k not in PLATFORM}
    if not versions:
        return Told(False, f"Engine {provenance.engine}; the versions of its libraries are not "
                    "known.", "provenance")  # fmt: skip
    listed = most([f"{name} {version}" for name, version in versions.items()], 8)
    return Told(True, f"Engine {provenance.engine}; {listed}.", "computation")


def software_and_platform(material: Material) -> Told:
    """Versions of everything, Python and the platform.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if all are known.
    """
    versions = material.fitted.posterior.provenance.versions
    missing = [name for name in ("bayes-alliance", *PLATFORM) if name not in versions]
    if missing:
        return Told(False, f"Not known: {', '.join(missing)} of this fit.", "provenance")
    return Told(
        True,
        f"bayes-alliance {versions['bayes-alliance']}, Python {versions['python']}, "
        f"{versions['platform']}; the versions of all libraries stand under Provenance.",
        "provenance",
    )


def script(material: Material) -> Told:
    """The command that made the fit, with its seed.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if the command is known.
    """
    provenance = material.fitted.posterior.provenance
    if not material.command:
        guess = refit_command(material)
        return Told(False, f"Seed {provenance.seed}; the command or call that made the fit is not "
                    f"known. If nothing was changed: {guess}", "provenance")  # fmt: skip
    return Told(True, f"{material.command} (seed {provenance.seed}).", "provenance")


def seeds(material: Material) -> Told:
    """Whether the same numbers come again.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable to a quadrature, whose answers hang on no seed.
    """
    fitted = material.fitted
    seed = fitted.posterior.provenance.seed
    if fitted.posterior.grid is not None:
        return Told(None, "Does not apply: no chain was run. Coefficients, taus and their "
                    f"intervals come from the quadrature; seed {seed} serves the rest.",
                    "provenance")  # fmt: skip
    if not fitted.posterior.provenance.settings:
        return Told(False, f"Seed {seed}; the settings of the run are not known.", "provenance")
    return Told(True, f"Seed {seed} with the settings listed gives the same draws under the same "
                "versions; fit.save() keeps the draws.", "provenance")  # fmt: skip
