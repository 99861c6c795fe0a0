"""Design analysis: what more data would tell, a planned study, and what the present data could."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bayes_alliance.analysis.face import Fit
from bayes_alliance.sensitivity.assurance import assurance as assurance_of
from bayes_alliance.sensitivity.expected import ADDED, Expected
from bayes_alliance.sensitivity.smallest import Detectable
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

__all__ = ["assurance", "expected_evidence", "smallest_detectable"]


def expected_evidence(
    fit: Fit,
    samples: int | Sequence[int] = ADDED,
    *,
    n: float | Sequence[float] | None = None,
    effects: int | Sequence[str | Mapping[str, str | float]] | None = None,
    rho: float | None = None,
    variance: float | None = None,
    of: Sequence[str] | None = None,
    width: float | None = None,
    threshold: float = 3.0,
    replications: int = 500,
    seed: int = 1,
) -> Expected:
    """Interval widths and Bayes factors to be expected after samples are added.

    New effect sizes are drawn from the posterior predictive distribution; old and new together are
    fitted exactly, many times.

    Parameters
    ----------
    fit : Fit
        A fit that the exact engine runs.
    samples : int or sequence of int
        Numbers of samples to be added.
    n : float or sequence of float, optional
        Participants of a new sample; by default as in the samples that are copied, or the median.
    effects : int or sequence, optional
        Effects of a new sample: how many, or where they lie (``["task", "bond"]``); by default new
        samples are copies of present ones.
    rho : float, optional
        Correlation of the sampling errors within a new sample.
    variance : float, optional
        Sampling variance of a new effect, in place of `n`.
    of : sequence of str, optional
        Means, contrasts and slopes; by default all.
    width : float, optional
        Width of an interval whose probability is asked for.
    threshold : float
        Bayes factor that counts as evidence.
    replications, seed : int
        Simulated data sets; same seed, same numbers.

    Returns
    -------
    Expected
        `table` (one row an answer and number of samples) and `sentences`.

    Raises
    ------
    InputError
        If the exact engine declines the analysis, or an argument is none.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> fit = ba.fit("molloy2014", "two_level")
    >>> table = ba.expected_evidence(fit, [0, 20], n=100, replications=20).table
    >>> bool(table["width_median"].iloc[1] < table["width_median"].iloc[0])
    True
    """
    return fit.expect(
        samples,
        n=n,
        effects=effects,
        rho=rho,
        variance=variance,
        of=of,
        width=width,
        threshold=threshold,
        replications=replications,
        seed=seed,
    )


def smallest_detectable(
    fit: Fit,
    of: Sequence[str] | None = None,
    *,
    power: float = 0.8,
    threshold: float = 3.0,
    taus: Mapping[str, float] | None = None,
    replications: int = 500,
    seed: int = 1,
) -> Detectable:
    """The smallest effects that the data of a fit could have shown.

    Parameters
    ----------
    fit : Fit
        A fit that the exact engine runs.
    of : sequence of str, optional
        Means, contrasts and slopes; by default all.
    power : float
        Probability of a Bayes factor above the threshold that is asked for.
    threshold : float
        Bayes factor that counts as evidence.
    taus : mapping, optional
        ``sample`` and ``effect``: standard deviations to simulate with; by default those of the
        posterior.
    replications, seed : int
        Simulated data sets; same seed, same numbers.

    Returns
    -------
    Detectable
        `table`, `curves` and `sentences`.

    Raises
    ------
    InputError
        If the exact engine declines the analysis, or an argument is none.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> found = ba.smallest_detectable(ba.fit("molloy2014", "two_level"), replications=50)
    >>> float(found.table.loc["overall", "r"].round(1))
    0.1
    """
    return fit.smallest_detectable(
        of, power=power, threshold=threshold, taus=taus, replications=replications, seed=seed
    )


def assurance(
    model: str | Path | Specification,
    samples: int | Sequence[int] = ADDED,
    *,
    n: float | Sequence[float] | None = None,
    effects: int | Sequence[str | Mapping[str, str | float]] = 1,
    moderators: Mapping[str, Sequence[str | float]] | None = None,
    rho: float | None = None,
    variance: float | None = None,
    design_prior: Specification | None = None,
    benchmark: Benchmark | str | None = None,
    of: Sequence[str] | None = None,
    width: float | None = None,
    threshold: float = 3.0,
    replications: int = 500,
    seed: int = 1,
) -> Expected:
    """Evidence to be expected of a planned meta-analysis that has no data yet.

    Parameters
    ----------
    model : str, path or Specification
        The analysis, with its priors.
    samples : int or sequence of int
        Numbers of samples.
    n : float or sequence of float, optional
        Participants of each sample (a sequence is used in turn).
    effects : int or sequence
        Effects of a sample: how many, or where they lie (``["task", "bond"]``).
    moderators : mapping, optional
        Values of columns that differ between samples, used in turn.
    rho : float, optional
        Correlation of the sampling errors within a sample; by default what the model says.
    variance : float, optional
        Sampling variance of every effect, in place of `n`.
    design_prior : Specification, optional
        The same model with the priors that data are drawn from; by default its own.
    benchmark : Benchmark or str, optional
        A published correlation that the location is drawn from.
    of, width, threshold, replications, seed
        As in `expected_evidence`.

    Returns
    -------
    Expected
        `table`, whose ``p_bf10`` is the assurance, and `sentences`.

    Raises
    ------
    InputError
        If the exact engine declines the analysis, or an argument is none.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> told = ba.assurance("overall", [5, 20], n=60, replications=50).table["p_bf10"]
    >>> bool(told[0] <= told[1])
    True
    """
    given = model if isinstance(model, Specification) else read_specification(model)
    return assurance_of(
        given,
        samples,
        n=n,
        effects=effects,
        moderators=moderators,
        rho=rho,
        variance=variance,
        design_prior=design_prior,
        benchmark=benchmark,
        of=of,
        width=width,
        threshold=threshold,
        replications=replications,
        seed=seed,
    )
