"""Compile a table of effect sizes and a specification to a `Design`."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.conversion import with_measure
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import Coding, code_location
from bayes_alliance.spec.correlated import LevelPrior
from bayes_alliance.spec.design import Design, LeftOut
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.sampling import errors_of_samples
from bayes_alliance.spec.scales import identification_notes, refuse_missing_scales, scale_effects
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Effect

__all__ = ["compile_design"]

FEW_SAMPLES = 5


def compile_design(effects: EffectSizes, specification: Specification) -> Design:
    """Compile a table and a specification to the arrays an engine reads.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What is claimed about it.

    Returns
    -------
    Design
        Arrays, names, priors, and what was left out and why.

    Raises
    ------
    InputError
        If a term is no column, a moderator is constant, no row can be used, a measure does not
        fit the table, or a sampling covariance is not positive definite (sample named).
    """
    _refuse_missing_terms(effects, specification)
    refuse_missing_scales(specification.heterogeneity, effects.labels)
    _refuse_idle_keys(specification)
    measured = _measured(effects, specification.effect)
    frame = measured.to_frame().reset_index(drop=True)  # the index is the position in the table
    frame, censored_at, left_out = _treat_not_significant(frame, measured, specification.effect)
    frame, left_out = _complete_cases(frame, specification, left_out)
    order = frame["sample"].map({s: i for i, s in enumerate(pd.unique(frame["sample"]))})
    frame = frame.iloc[np.argsort(order.to_numpy(), kind="stable")]
    location = specification.location
    coding = code_location(
        frame,
        location.terms,
        categorical=location.categorical,
        units=location.units,
        contrasts=location.contrasts,
    )
    starts = np.flatnonzero(~frame["sample"].duplicated().to_numpy())
    return _design(measured, specification, frame, coding, starts, censored_at, left_out)


def _design(
    measured: EffectSizes,
    specification: Specification,
    frame: pd.DataFrame,
    coding: Coding,
    starts: np.ndarray,
    censored_at: pd.Series[float],
    left_out: tuple[LeftOut, ...],
) -> Design:
    priors, heterogeneity = specification.priors, _heterogeneity(specification, frame)
    variances = frame["vi"].to_numpy(float)
    samples = tuple(str(s) for s in pd.unique(frame["sample"]))
    location, differences = priors.location.parameters, priors.differences.parameters
    errors = errors_of_samples(
        frame,
        starts,
        specification=specification,
        measure=measured.measure,
        reported=measured.correlations,
    )
    return Design(
        y=frame["yi"].to_numpy(float),
        X=coding.X,
        coefficients=coding.names,
        sample_ids=samples,
        effect_ids=tuple(
            f"{s}: {e}" for s, e in zip(frame["sample"], frame["effect"], strict=True)
        ),
        starts=starts,
        variances=variances,
        covariances=errors.covariances,
        dependence=errors.dependence,
        rows=frame.index.to_numpy(),
        measure=measured.measure,
        prior_mean=location["mean"] * coding.location,
        prior_location=location["sd"] * coding.location,
        prior_differences=differences["sd"] * coding.differences,
        **heterogeneity,
        shrinkage=priors.shrinkage if coding.differences.shape[1] else None,
        censored_at=np.asarray(censored_at.loc[frame.index], dtype=np.float64),
        terms=coding.terms,
        quantities=coding.quantities,
        contrasts=coding.contrasts,
        left_out=left_out,
        notes=(
            *_notes(frame, specification, coding),
            *errors.notes,
            *identification_notes(heterogeneity.get("scales"), starts, heterogeneity["tau_effect"]),
        ),
        estimand=_estimand(frame, coding),
    )


def _heterogeneity(specification: Specification, frame: pd.DataFrame) -> dict[str, Any]:
    """Priors of both levels: independent, from a total and a share, or of samples by scale."""
    priors, levels = specification.priors, specification.heterogeneity
    if levels.structure != "common":
        return {
            "tau_sample": None,
            "tau_effect": _heterogeneity_prior(levels.effect, priors.tau_effect),
            "scales": scale_effects(frame, levels, priors),
        }
    if priors.tau_total is None or priors.share is None:
        tau_sample = _heterogeneity_prior(levels.sample, priors.tau_sample)
        return {
            "tau_sample": tau_sample,
            "tau_effect": _heterogeneity_prior(levels.effect, priors.tau_effect),
            "df": None if tau_sample is None else _degrees_of_freedom(specification),
        }
    if not (levels.sample and levels.effect):
        raise InputError(
            Problem(
                what="a total and a share need heterogeneity at both levels",
                where=f"{specification.name}, key priors.tau_total",
                cure="Set heterogeneity.sample and heterogeneity.effect to true, or give a prior "
                "of the one tau there is",
                code="share_of_one_level",
            )
        )
    return {
        "tau_total": priors.tau_total,
        "share": priors.share,
        "tau_sample": LevelPrior(priors.tau_total, priors.share, "sample"),
        "tau_effect": LevelPrior(priors.tau_total, priors.share, "effect"),
        "df": _degrees_of_freedom(specification),
    }


def _degrees_of_freedom(specification: Specification) -> Prior | None:
    """Prior of the degrees of freedom of the sample effects; a point where they are fixed."""
    levels = specification.heterogeneity
    if levels.distribution == "normal":
        return None
    if specification.sampling.within_sample == "estimated":
        raise InputError(
            Problem(
                what="sample effects that follow a t need known sampling covariances, and rho is "
                "estimated",
                where=f"{specification.name}, key heterogeneity.distribution",
                cure='Take one value of rho (sampling.within_sample = "constant"), or '
                'distribution = "normal"',
                code="student_t_with_rho",
            )
        )
    if levels.df is None:
        return specification.priors.df
    return Prior("point", because="fixed by heterogeneity.df", value=levels.df)


def _refuse_idle_keys(specification: Specification) -> None:
    """A unit or a reading of a column that is no term would change nothing: tell it."""
    location = specification.location
    problems = [
        Problem(
            what=f"{name!r} is not among the terms: {', '.join(location.terms) or 'none'}",
            where=f"location.{key}",
            cure="Add it to location.terms, or leave it out here",
            code="idle_key",
        )
        for key in ("units", "categorical")
        for name in getattr(location, key)
        if name not in location.terms
    ]
    if problems:
        raise InputError(problems)


def _heterogeneity_prior(present: bool, prior: Prior) -> Prior | None:
    """No prior where the level is switched off or fixed at 0."""
    if not present or (prior.support == "point" and prior.parameters["value"] == 0):
        return None
    return prior


def _refuse_missing_terms(effects: EffectSizes, specification: Specification) -> None:
    columns = [*effects.labels, "sample"]
    if specification.needs_moderator:
        raise InputError(
            Problem(
                what=f"the model {specification.name!r} needs the column of its moderator",
                cure='Name it: --moderator COLUMN (or moderator="COLUMN" in Python); columns of '
                f"this table: {', '.join(effects.labels) or 'none'}",
                code="moderator_needed",
            )
        )
    problems = []
    for term in specification.location.terms:
        if term in columns:
            continue
        near = get_close_matches(term, columns, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        problems.append(
            Problem(
                what=f"the table has no column {term!r}",
                where="location.terms",
                cure=f"{hint}Columns: {', '.join(effects.labels) or 'none besides the effects'}; "
                f"map another name with --columns {term}=THEIR_NAME",
                code="missing_term",
            )
        )
    if problems:
        raise InputError(problems)


def _measured(effects: EffectSizes, effect: Effect) -> EffectSizes:
    if effect.measure == "auto":
        measure = effects.measure
        small_sample = effect.small_sample or effects.small_sample
    else:
        measure, small_sample = effect.measure, effect.small_sample
    if measure == effects.measure and small_sample == effects.small_sample:
        return effects
    if measure == "GEN":  # the numbers as they are, not read as correlations
        return replace(effects, measure="GEN")
    return with_measure(effects, measure, small_sample=small_sample)


def _treat_not_significant(
    frame: pd.DataFrame, measured: EffectSizes, effect: Effect
) -> tuple[pd.DataFrame, pd.Series[float], tuple[LeftOut, ...]]:
    """Apply the declared treatment of correlations printed only as "n.s."."""
    frame = frame.copy()
    unknown = frame["not_significant"].to_numpy(bool)
    censored_at = pd.Series(np.nan, index=frame.index)
    if not unknown.any():
        return frame, censored_at, ()
    if effect.not_significant == "leave_out":
        left = _listed(frame.loc[unknown], "printed only as not significant (left out)")
        return frame.loc[~unknown], censored_at, left
    frame.loc[unknown, ["yi", "r"]] = 0.0
    if effect.not_significant == "censored":
        n, covariates = (frame.loc[unknown, name].to_numpy(float) for name in ("n", "covariates"))
        r = _critical_r(n - 2 - covariates, effect.alpha)
        # The limit stands on the scale of yi, small-sample correction included.
        bias = r / (2 * (n - 1)) if measured.small_sample else 0.0
        censored_at.loc[unknown] = r if measured.measure == "COR" else np.arctanh(r) - bias
    return frame, censored_at, ()


def _critical_r(df: Array, alpha: float) -> Array:
    """Largest |r| that a two-sided t test with these degrees of freedom calls not significant."""
    t = stats.t.ppf(1 - alpha / 2, df)
    return np.asarray(t / np.sqrt(t**2 + df))


def _listed(frame: pd.DataFrame, reason: str) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(int(row), str(sample), str(effect), reason)
        for row, sample, effect in zip(frame["row"], frame["sample"], frame["effect"], strict=True)
    )


def _complete_cases(
    frame: pd.DataFrame, specification: Specification, left_out: tuple[LeftOut, ...]
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Leave rows with a missing moderator out of this model, and say which."""
    levels = specification.heterogeneity
    scales = () if levels.structure == "common" else (levels.scales,)
    for term in dict.fromkeys((*specification.location.terms, *scales)):
        missing = frame[term].isna().to_numpy()
        left_out += _listed(frame.loc[missing], f"no value of {term}")
        frame = frame.loc[~missing]
    if frame.empty:
        raise InputError(
            Problem(
                what="no effect size is left for this model",
                where=f"model {specification.name}",
                cure=f"Of the table's rows, {len(left_out)} were left out: "
                + "; ".join(sorted({left.reason for left in left_out})),
                code="nothing_left",
            )
        )
    return frame, left_out


def _estimand(frame: pd.DataFrame, coding: Coding) -> str:
    if coding.terms:
        return ""
    text = f"'overall' averages all {len(frame)} effect sizes, weighted by their precision"
    if "subscale" in frame:
        counts = frame["subscale"].astype(str).value_counts()
        text += " (" + ", ".join(f"{level} {count}" for level, count in counts.items()) + ")"
    return text + "."


def _notes(frame: pd.DataFrame, specification: Specification, coding: Coding) -> tuple[str, ...]:
    notes = []
    named = {quantity.name for quantity in coding.quantities if quantity.role == "mean"}
    for order in specification.location.orders:
        absent = [part.strip() for part in order.split(">") if part.strip() not in named]
        if absent:
            notes.append(
                f"The order {order} is left out: the model has no mean named "
                f"{' or '.join(absent)} (it has {', '.join(sorted(named))})."
            )
    samples, k = frame["sample"].nunique(), len(frame)
    levels = specification.heterogeneity
    if samples < FEW_SAMPLES and (levels.sample or levels.effect):
        notes.append(
            f"Only {samples} sample{'s' if samples > 1 else ''}: the priors on tau largely decide "
            "how wide the intervals are. Vary them before you report."
        )
    if samples == k and levels.sample and levels.effect and levels.structure == "common" and k > 1:
        notes.append(
            "Every sample has one effect size: tau_sample and tau_effect are not identified apart, "
            "their priors decide the split (their total is identified). The model two_level has "
            "one heterogeneity only."
        )
    if "subscale" in frame:
        stacked = [
            sample
            for sample, scales in frame.dropna(subset="subscale").groupby("sample")["subscale"]
            if "total" in (named := set(scales.astype(str).str.lower())) and len(named) > 1
        ]
        if stacked:
            notes.append(
                f"{len(stacked)} {'samples give' if len(stacked) > 1 else 'sample gives'} a total "
                "score beside its scales: the total repeats them. Here both count as separate "
                "effect sizes."
            )
    notes += _dependence(frame, specification)
    return tuple(notes)


def _dependence(frame: pd.DataFrame, specification: Specification) -> list[str]:
    """Effects of one sample share people; say so where their errors are taken as independent."""
    sizes = frame["sample"].value_counts()
    several = int((sizes > 1).sum())
    known = frame["n"].notna().any()
    if not several or not known or specification.sampling.within_sample != "independent":
        return []
    return [
        f"{several} sample{'s give' if several > 1 else ' gives'} several effect sizes, and their "
        "sampling errors are taken as independent. Effects that share people have correlated "
        "errors: differences between them are then known better and tau_effect is larger than it "
        "seems. Compare --set sampling.within_sample=constant --set sampling.rho=0.6."
    ]
