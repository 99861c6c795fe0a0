"""Methods: how the posterior was computed, how its accuracy was judged, and with which software."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.proposals import LARGEST_PARETO_K, SMALLEST_ESS, Proposals
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import scientific
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, series

__all__ = ["computation", "software"]

LIBRARIES: Final = {
    "numpy": "NumPy", "scipy": "SciPy", "xarray": "xarray", "arviz-stats": "ArviZ",
    "pymc": "PyMC", "pytensor": "PyTensor", "nutpie": "nutpie",
}  # fmt: skip
SAMPLING: Final = ("pymc", "pytensor")


def computation(material: Material) -> tuple[Paragraph, ...]:
    """Say how the posterior was computed.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    posterior = material.fitted.posterior
    draft = Draft("computation", "Computation")
    if posterior.grid is not None:
        draft.say(*_quadrature(posterior, posterior.grid.error, draft))
    elif posterior.proposals is not None:
        draft.say(*_importance(posterior, posterior.proposals, draft))
    elif "sample_stats" in posterior.tree:
        draft.say(*_sampling(posterior, draft))
    else:
        draft.say(f"The posterior distribution is represented by {_drawn(posterior)}.")
    draft.say(*_model_checks(material, draft))
    return draft.paragraphs()


def _drawn(posterior: Posterior) -> str:
    sizes = posterior.tree["posterior"].dataset.sizes
    return counted(sizes["chain"] * sizes["draw"], "draw")


def _quadrature(posterior: Posterior, error: float, draft: Draft) -> list[str]:
    settings = posterior.provenance.settings
    heads = [
        name
        for name, there in (
            ("the heterogeneity", any(map(posterior.has, ("tau_sample", "tau_effect")))),
            ("ρ", posterior.has("rho")),
        )
        if there
    ]
    if not heads:
        how = (
            "The posterior distribution of the means was computed in closed form: with the "
            "sampling variances known and normal priors it is normal."
        )
        return [how, f"Quantities that are no linear function of the means rest on "
                f"{_drawn(posterior)} that were independent of one another."]  # fmt: skip
    return [
        "The posterior distribution was computed by numerical integration and not by Markov chain "
        f"Monte Carlo: over {series(heads)} by nested Clenshaw–Curtis quadrature "
        f"{draft.source('clenshaw1960')} with {counted(int(settings['nodes']), 'node')}, and over "
        "all other parameters analytically.",
        "The error, reported as the difference between this rule and the one with every second "
        f"node (of the log marginal likelihood, and of means and log standard deviations in "
        f"posterior standard deviations), was at most {scientific(error)}; up to "
        f"{scientific(float(settings['tolerance']))} was tolerated.",
        f"Quantities that are no linear function of the parameters rest on {_drawn(posterior)} "
        "that were independent of one another.",
    ]


def _importance(posterior: Posterior, proposals: Proposals, draft: Draft) -> list[str]:
    return [
        "The posterior distribution was computed by adaptive importance sampling "
        f"{draft.source('cappe2008')} of the heterogeneity and correlations, the means being "
        f"integrated analytically, with {counted(len(proposals.log_weights), 'weighted point')} "
        f"from a fitted mixture distribution; {_drawn(posterior)} were resampled from them.",
        "The weights were Pareto smoothed, and their shape parameter k had to be at most "
        f"{LARGEST_PARETO_K:g} {draft.source('vehtari2024')}; at least {SMALLEST_ESS} effective "
        "points were required.",
    ]


def _sampling(posterior: Posterior, draft: Draft) -> list[str]:
    settings = posterior.provenance.settings
    integrated = settings.get("parametrization") != "hierarchical"
    how = " with the random effects integrated out" if integrated else ""
    tuned = f" after {settings['tune']:,} tuning iterations each" if "tune" in settings else ""
    return [
        "The posterior distribution was sampled with the No-U-Turn sampler "
        f"{draft.source('hoffman2014', 'abrilpla2023')}{how}: "
        f"{counted(int(settings['chains']), 'chain')} of {int(settings['draws']):,} draws{tuned} "
        f"(target acceptance rate {settings['target_accept']:g}).",
        "Convergence required R-hat below 1.01 and bulk and tail effective sample sizes of at "
        f"least {SMALLEST_ESS} for every parameter {draft.source('vehtari2021')}, and no divergent "
        "transitions.",
    ]


def _model_checks(material: Material, draft: Draft) -> list[str]:
    made = {c.name for c in material.checks if c.passed is not None or c.is_remark}
    told = []
    if "posterior predictive" in made:
        told.append("posterior predictive checks " + draft.source("gelman1996"))
    if "PSIS-LOO" in made:
        told.append("leave-one-out cross-validation with Pareto-smoothed importance sampling "
                    + draft.source("vehtari2017"))  # fmt: skip
    if "leave-one-sample-out" in made:
        told.append("exact leave-one-out cross-validation by sample")
    return [f"The model was examined with {series(told)}."] if told else []


def software(material: Material) -> tuple[Paragraph, ...]:
    """Name the software with versions, and the seed.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    posterior = material.fitted.posterior
    found = posterior.provenance
    sampler = found.settings.get("sampler")
    used = ["numpy", "scipy", "xarray", "arviz-stats"]
    if "sample_stats" in posterior.tree:
        used += [*SAMPLING, *(["nutpie"] if sampler == "nutpie" else [])]
    draft = Draft("software", "Software")
    own = found.versions.get("bayes-alliance")
    version = f" (Version {own})" if own else ""
    named = _versions(used, found.versions)
    with_them = f", with {named}" if named else ""
    cited = ["bayes_alliance", *(["kumar2019"] if "arviz-stats" in found.versions else [])]
    draft.say(
        f"Analyses were run in Python with bayes_alliance{version}{with_them} "
        f"{draft.source(*cited)}; the seed of the random numbers was {found.seed}."
    )
    return draft.paragraphs()


def _versions(names: Sequence[str], versions: dict[str, str]) -> str:
    return series([f"{LIBRARIES[name]} {versions[name]}" for name in names if name in versions])
