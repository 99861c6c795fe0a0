"""All checks of a fit, in the order in which one should read them."""

from __future__ import annotations

from bayes_alliance.checks.information import design_notes, tau_learned
from bayes_alliance.checks.loo import psis_loo
from bayes_alliance.checks.predictive import posterior_predictive, prior_predictive
from bayes_alliance.checks.proposals import checks_of_proposals
from bayes_alliance.checks.quadrature import quadrature_error
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.checks.sampling import bulk_ess, monte_carlo_error, r_hat, tail_ess
from bayes_alliance.checks.trajectories import divergences, energy
from bayes_alliance.engines.fitted import Fitted

__all__ = ["check"]

#: First whether the draws can be trusted, then whether the model can.
CHECKS = (
    r_hat,
    bulk_ess,
    tail_ess,
    monte_carlo_error,
    divergences,
    energy,
    prior_predictive,
    posterior_predictive,
    psis_loo,
    tau_learned,
    design_notes,
)


def check(fitted: Fitted) -> tuple[CheckResult, ...]:
    """Run every check.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis. Nothing in it is changed.

    Returns
    -------
    tuple of CheckResult
        Quadrature error (where there is a quadrature) or Pareto k, effective points and error of
        the log marginal likelihood (where there are importance weights), R-hat, bulk ESS, tail
        ESS, Monte Carlo error, divergences, E-BFMI, prior predictive, posterior predictive,
        PSIS-LOO (exact where there is a quadrature), tau learned from data, design.
    """
    own: tuple[CheckResult, ...] = ()
    if fitted.posterior.grid is not None:
        own = (quadrature_error(fitted, fitted.posterior.grid),)
    if fitted.posterior.proposals is not None:
        evidence = fitted.posterior.log_marginal_likelihood is not None
        own = checks_of_proposals(fitted.posterior.proposals, evidence=evidence)
    return own + tuple(run(fitted) for run in CHECKS)
