"""Compile a table of effect sizes and a specification to a `Design`."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.data.conversion import with_measure
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import Coding, code_location
from bayes_alliance.spec.correlated import LevelPrior
from bayes_alliance.spec.design import Design, LeftOut
from bayes_alliance.spec.groups import group_notes, groups_of, refuse_missing_groups
from bayes_alliance.spec.known import Known, known_correlations
from bayes_alliance.spec.notes import design_notes, estimand_of
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.rows import is_total, used_rows
from bayes_alliance.spec.sampling import Errors, errors_of_samples
from bayes_alliance.spec.scale_terms import code_scales
from bayes_alliance.spec.scales import identification_notes, refuse_missing_scales, scale_effects
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Effect
from bayes_alliance.spec.totals import Composite, code_composite, composite_of

__all__ = ["compile_design", "heterogeneity_of"]


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
    refuse_missing_groups(specification, effects.labels)
    _refuse_idle_keys(specification)
    measured = _measured(effects, specification.effect)
    frame, censored_at, left_out = used_rows(measured, specification)
    starts = np.flatnonzero(~frame["sample"].duplicated().to_numpy())
    known = _known(frame, starts, specification, measured)
    composite = None
    if known is not None and specification.effect.totals == "composite":
        composite = composite_of(frame, known, specification.effect.scale_column, measured.measure)
        _refuse_censored_totals(composite, censored_at.loc[frame.index])
    coding = _coding(frame, specification, composite)
    errors = errors_of_samples(
        frame,
        starts,
        specification=specification,
        measure=measured.measure,
        reported=measured.correlations,
        known=known,
    )
    design = _design(
        measured, specification, frame, coding, starts, censored_at, left_out, errors, composite
    )
    _refuse_flat_priors_without_data(design)
    return design


def _refuse_flat_priors_without_data(design: Design) -> None:
    if design.identified_by(design.X):
        return
    raise InputError(
        Problem(
            what="with a flat prior the data must inform every coefficient; they do not tell "
            f"{', '.join(design.coefficients)} apart",
            where=f"key priors.{design.flat[0]}",
            cure='Give a normal prior (family = "normal"), or leave out terms that repeat others',
            code="flat_prior_without_data",
        )
    )


def _known(
    frame: pd.DataFrame,
    starts: np.ndarray,
    specification: Specification,
    measured: EffectSizes,
) -> Known | None:
    """Correlations between variables, where anything depends on them."""
    effect, sampling = specification.effect, specification.sampling
    composite = effect.totals == "composite" and bool(is_total(frame, effect.scale_column).any())
    if composite and specification.heterogeneity.structure != "common":
        raise InputError(
            Problem(
                what="a total that is the sum of its scales has no sample effect of its own",
                where='effect.totals = "composite", heterogeneity.structure = '
                f'"{specification.heterogeneity.structure}"',
                cure='Set effect.totals = "scales" or "all", or heterogeneity.structure = "common"',
                code="composite_by_scale",
            )
        )
    if composite and measured.measure == "GEN":
        raise InputError(
            Problem(
                what="a total is the sum of its scales for correlations; these effect sizes are "
                "given ready (yi with vi)",
                where='effect.totals = "composite"',
                cure='Set effect.totals = "all", "only" or "scales"',
                code="composite_of_gen",
            )
        )
    several = sampling.within_sample in ("interscale", "estimated") and len(starts) < len(frame)
    if measured.measure == "GEN" or not (composite or several):
        return None
    return known_correlations(frame, starts, sampling, measured.correlations)


def _refuse_censored_totals(composite: Composite | None, censored_at: pd.Series[float]) -> None:
    if composite is None or np.isnan(censored_at.to_numpy()[composite.rows]).all():
        return
    raise InputError(
        Problem(
            what="a total that is known only to be not significant cannot be the sum of its scales",
            where='effect.totals = "composite", effect.not_significant = "censored"',
            cure='Set effect.not_significant = "leave_out", or effect.totals = "scales"',
            code="censored_total",
        )
    )


def _coding(
    frame: pd.DataFrame, specification: Specification, composite: Composite | None
) -> Coding:
    location = specification.location

    def code(rows: pd.DataFrame) -> Coding:
        return code_location(
            rows,
            location.terms,
            categorical=location.categorical,
            units=location.units,
            contrasts=location.contrasts,
        )

    return code(frame) if composite is None else code_composite(code, frame, composite)


def _design(
    measured: EffectSizes,
    specification: Specification,
    frame: pd.DataFrame,
    coding: Coding,
    starts: np.ndarray,
    censored_at: pd.Series[float],
    left_out: tuple[LeftOut, ...],
    errors: Errors,
    composite: Composite | None,
) -> Design:
    priors, heterogeneity = specification.priors, heterogeneity_of(specification, frame)
    groups = groups_of(frame, starts, specification)
    variances = frame["vi"].to_numpy(float)
    samples = tuple(str(s) for s in pd.unique(frame["sample"]))
    location, differences = priors.location.parameters, priors.differences.parameters
    flat = tuple(n for n in ("location", "differences") if getattr(priors, n).family == "flat")
    y = frame["yi"].to_numpy(float)
    return Design(
        y=y if composite is None else composite.shifted(y),
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
        prior_mean=location.get("mean", 0.0) * coding.location,
        prior_location=location.get("sd", 1.0) * coding.location,
        prior_differences=differences.get("sd", 1.0) * coding.differences,
        flat=flat if coding.differences.shape[1] else tuple(n for n in flat if n == "location"),
        **heterogeneity,
        **code_scales(frame, specification, diagonal=errors.covariances is None),
        groups=groups,
        shrinkage=priors.shrinkage if coding.differences.shape[1] else None,
        censored_at=np.asarray(censored_at.loc[frame.index], dtype=np.float64),
        terms=coding.terms,
        quantities=coding.quantities,
        contrasts=coding.contrasts,
        left_out=left_out,
        notes=(
            *design_notes(frame, specification, coding),
            *(() if composite is None else (composite.note,)),
            *errors.notes,
            *identification_notes(heterogeneity.get("scales"), starts, heterogeneity["tau_effect"]),
            *group_notes(groups, starts, sample=heterogeneity["tau_sample"] is not None),
        ),
        estimand=estimand_of(frame, coding, specification.effect, composite),
    )


def heterogeneity_of(specification: Specification, frame: pd.DataFrame) -> dict[str, Any]:
    """Priors of both levels: independent, from a total and a share, or of samples by scale.

    Parameters
    ----------
    specification : Specification
        Its levels of heterogeneity and their priors.
    frame : pandas.DataFrame
        The k rows; read only where scales have sample effects of their own.

    Returns
    -------
    dict
        Fields of the design.

    Raises
    ------
    InputError
        If the priors do not go with the levels.
    """
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
    levels = specification.heterogeneity
    asked = [(term, "location.terms") for term in specification.location.terms]
    asked += [(term, "heterogeneity.sample_terms") for term in levels.sample_terms]
    asked += [(term, "heterogeneity.effect_terms") for term in levels.effect_terms]
    for term, where in asked:
        if term in columns:
            continue
        near = get_close_matches(term, columns, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        problems.append(
            Problem(
                what=f"the table has no column {term!r}",
                where=where,
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
