"""One call from a table to a fit."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.sources import effects_from
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import Specification

__all__ = ["fit"]


def fit(
    effects: object,
    model: str | Path | Specification = "overall",
    *,
    moderator: str | None = None,
    columns: Mapping[str, str] | None = None,
    correlations: object = None,
    engine: Literal["auto", "exact", "importance", "nuts"] | None = None,
    seed: int | None = None,
    changes: Mapping[str, object] | None = None,
    cores: int | None = None,
    progress: bool | None = None,
) -> Fit:
    """Fit a model to a table of effect sizes.

    Parameters
    ----------
    effects : EffectSizes, str, path or frame
        The table; a name of a bundled data set, a file or a data frame is read first.
    model : str, path or Specification
        A bundled model or alias (see `models`), a TOML file, or a specification.
    moderator : str, optional
        Column for a parametrised model such as ``"moderator"``.
    columns : mapping of str to str, optional
        Our names to the names of the source, if `effects` is still to be read.
    correlations : Correlations, path or frame, optional
        Reported correlations among the variables of the samples (see `read_correlations`), for
        `sampling.within_sample` "interscale" or "estimated".
    engine, seed : optional
        Instead of those in the specification's ``[run]``.
    changes : mapping of str to value, optional
        Key paths of the specification and their values, for example
        ``{"priors.tau_sample.scale": 0.1, "run.draws": 4000}``.
    cores : int, optional
        Processor cores to be used.
    progress : bool, optional
        Whether to show progress; by default on a terminal only.

    Returns
    -------
    Fit
        The posterior with its verbs: `summary`, `contrasts`, `heterogeneity`, `predict`,
        `benchmark`, `check`, `plot_forest` and others.

    Raises
    ------
    InputError
        If anything handed in is wrong; all problems at once.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> short = {"run.draws": 200, "run.tune": 200, "run.chains": 2}
    >>> fit = ba.fit("crede2010", "three_level", changes=short)
    >>> fit.summary().loc["overall", ["r", "r_lower", "r_upper"]].round(1).tolist()
    [0.4, 0.4, 0.5]
    """
    table = effects_from(effects, columns, correlations=correlations)
    spec = model if isinstance(model, Specification) else read_specification(model)
    if moderator is not None:
        spec = spec.with_moderator(moderator)
    asked = dict(changes or {})
    asked |= {} if engine is None else {"run.engine": engine}
    asked |= {} if seed is None else {"run.seed": seed}
    if asked:
        spec = spec.with_changes(asked)
    shown = sys.stderr.isatty() if progress is None else progress
    return Fit(run_analysis(table, spec, cores=cores, progress=shown))
