r"""What small-study effects are regressed on, and a design with that column.

A regression for small-study effects adds one column x to the location model,

.. math:: E(y_{ij}) = x_{ij}'\beta + b\, s_{ij},

with s the standard error (PET; Egger et al. 1997) or its square (PEESE; Stanley & Doucouliagos
2014, doi 10.1002/jrsm.1095). The column is not centred: the other coefficients are means at s = 0,
of a study without sampling error. On Fisher's z the standard error of a correlation, 1/sqrt(n - 3),
is a function of n alone. Variances of z that were converted from d or given ready, and variances on
other measures, often depend on the effect itself, which makes a slope where there is no bias, so
that 1/sqrt(n) and 1/n stand in the place of s wherever all n are known. That unlinks the predictor;
the weights still depend on the effect, which can make a slope of its own: with the variance
(1 - r^2)^2/(n - 1) of raw r a test of the slope rejects too often even on 1/sqrt(n).

The prior of the slope is normal around 0. Its sd makes the shift b s of an effect with a typical
(median) s have a prior sd of one typical standard error: for s the standard error itself b ~ N(0,
1), whatever the scale of the effects. Where the true effect is 0 and nothing but one-sided p < .025
is published, the published mean is phi(1.96)/.025 = 2.34 standard errors: the prior gives .98 to
slopes less steep than this worst case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data import measures
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import Contrast, Quantity
from bayes_alliance.spec.design import Design

__all__ = [
    "PREDICTORS",
    "Column",
    "columns_of",
    "default_predictor",
    "link_note",
    "linked_rows",
    "with_column",
]

Form = Literal["PET", "PEESE"]
BoolArray = npt.NDArray[np.bool_]

#: Columns that each predictor stands for: name of the regression, label, power of the root.
PREDICTORS: Final[Mapping[str, tuple[tuple[Form, str], ...]]] = {
    "se": (("PET", "standard error"), ("PEESE", "sampling variance")),
    "n": (("PET", "1/sqrt(n)"), ("PEESE", "1/n")),
    "variance": (("PEESE", "sampling variance"),),
    "inverse_n": (("PEESE", "1/n"),),
}
#: Which of them need the number of participants.
NEED_N: Final = ("n", "inverse_n")
#: A column whose values differ by less than this share of its mean is constant.
CONSTANT: Final = 1e-9
#: Decimals to which a variance or standard error that was given ready may have been rounded.
DECIMALS: Final = range(3, 11)


@dataclass(frozen=True, slots=True)
class Column:
    """One predictor of small-study effects.

    Parameters
    ----------
    form : {"PET", "PEESE"}
        Linear in the standard error (or its n-based stand-in), or in its square.
    label : str
        What it is.
    values : ndarray, shape (k,)
        Uncentred.
    prior_sd : float
        Prior sd of its slope, per unit of the column, at a scale of 1.
    """

    form: Form
    label: str
    values: Array
    prior_sd: float

    @property
    def name(self) -> str:
        """Name of its coefficient."""
        return f"{self.form} slope"


def linked_rows(effects: EffectSizes, design: Design) -> BoolArray:
    """Effects whose sampling variance on Fisher's z does not follow from n alone.

    A correlation has the variance 1/(n - 3 - covariates), 1.06/(n - 3 - covariates) for Spearman's
    rho. Variances converted from d depend on d. Of variances that were given ready only those that
    agree with n are known not to depend on the effect; they may be rounded, as may their roots.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    design : Design
        The analysis, on z.

    Returns
    -------
    ndarray of bool, shape (k,)
        True where effect and standard error are, or may be, linked.
    """
    frame = effects.frame.iloc[design.rows]
    statistic = frame["statistic"].to_numpy(object)
    n = frame["n"].to_numpy(float)
    covariates = frame["covariates"].to_numpy(int)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = measures.z_variance(n, covariates, spearman=statistic == "spearman")
        follows = np.isclose(design.variances, expected, rtol=CONSTANT, atol=0)
        for found, of_n in (
            (design.variances, expected),
            (np.sqrt(design.variances), np.sqrt(expected)),
        ):
            for decimals in DECIMALS:
                follows |= np.isclose(found, np.round(of_n, decimals), rtol=CONSTANT, atol=0)
    return np.asarray((statistic == "d") | ~follows)


def default_predictor(effects: EffectSizes, design: Design) -> str:
    """Predictor that carries as little artefact as there is.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    design : Design
        The analysis.

    Returns
    -------
    str
        ``se`` on Fisher's z where every variance follows from n; otherwise ``n`` where every n is
        known, else ``se``, of which `link_note` then warns.
    """
    if design.measure == "ZCOR" and not linked_rows(effects, design).any():
        return "se"
    return "n" if _all_n_known(effects, design) else "se"


def link_note(effects: EffectSizes, design: Design, predictor: str) -> str:
    """What must be said about a predictor and the effects.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    design : Design
        The analysis.
    predictor : str
        A key of `PREDICTORS`.

    Returns
    -------
    str
        A warning where standard errors, or only the weights, may be functions of the effects; on
        Fisher's z with variances that follow from n, why they are not.
    """
    by_n, then = predictor in NEED_N, "then "
    if design.measure == "ZCOR":
        linked = int(linked_rows(effects, design).sum())
        if not linked:
            return (
                "On Fisher's z predictor and variances are functions of n (and of the number of "
                "covariates and the kind of correlation), not of the effect, so that the predictor "
                "carries no artefact."
            )
        which = (
            f"The variances of {linked} of the {len(design.y)} effects on Fisher's z do not follow "
            "from n (they were converted from d, on which they depend, or given ready, and may "
            "depend on the effect)"
        )
    elif design.measure == "COR":
        which = "The variance of a raw correlation, (1 - r^2)^2/(n - 1), depends on the correlation"
        then = ""
    else:
        which = "The variances of this measure may have been computed from the effects themselves"
    if by_n:
        consequence = (
            f"the predictor is a function of n alone, but {then}the weights of the effects are "
            "linked with them, and a slope can be found where there is no small-study effect"
        )
    else:
        consequence = (
            f"{then}effect and standard error are linked, and a slope can be found where there is "
            "no small-study effect"
        )
    return f"CAUTION {which}: {consequence}.{_way_out(effects, design, by_n=by_n)}"


def _way_out(effects: EffectSizes, design: Design, *, by_n: bool) -> str:
    """What avoids a link, or lessens it."""
    ways = ""
    if not by_n:
        known = _all_n_known(effects, design)
        ways = " Take --predictor n." if known else " Where n is known, take --predictor n."
    if design.measure != "ZCOR" and effects.measure != "GEN":
        ways += (
            " Fisher's z is free of such a link where its variance follows from n: --set "
            "effect.measure=ZCOR."
        )
    elif design.measure == "GEN":
        ways += " Of correlations, give r and n: Fisher's z is free of such a link."
    return ways


def columns_of(effects: EffectSizes, design: Design, predictor: str) -> tuple[Column, ...]:
    """Columns of a predictor for the effects of a design.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    design : Design
        The analysis.
    predictor : str
        ``se``: the standard error and the variance; ``n``: 1/sqrt(n) and 1/n; ``variance`` or
        ``inverse_n``: the square alone.

    Returns
    -------
    tuple of Column
        PET before PEESE.

    Raises
    ------
    InputError
        If the predictor is unknown, an n is missing, or the column is constant or a combination of
        the terms of the model.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> effects = ba.load("ibi_synthetic")
    >>> design = compile_design(effects, ba.read_specification("overall"))
    >>> [(c.form, c.label) for c in columns_of(effects, design, "se")]
    [('PET', 'standard error'), ('PEESE', 'sampling variance')]
    """
    if predictor not in PREDICTORS:
        raise InputError(
            Problem(
                what=f"{predictor!r} is no predictor of small-study effects",
                where="--predictor",
                cure=f"Choose one of {', '.join(PREDICTORS)}",
                code="unknown_predictor",
            )
        )
    root = np.sqrt(design.variances)
    typical = float(np.median(root))
    if predictor in NEED_N:
        root = 1 / np.sqrt(_known_participants(effects, design, predictor))
    found = []
    for form, label in PREDICTORS[predictor]:
        values = root if form == "PET" else np.square(root)
        _refuse_repeated(design, label, values, predictor)
        found.append(Column(form, label, values, typical / float(np.median(values))))
    return tuple(found)


def _all_n_known(effects: EffectSizes, design: Design) -> bool:
    return bool((_participants(effects, design) > 0).all())


def _participants(effects: EffectSizes, design: Design) -> Array:
    return np.asarray(effects.frame["n"].to_numpy(float)[design.rows])


def _known_participants(effects: EffectSizes, design: Design, predictor: str) -> Array:
    n = _participants(effects, design)
    missing = int((~(n > 0)).sum())
    if missing:
        raise InputError(
            Problem(
                what=f"n is not known for {missing} of the {len(n)} effects",
                where=f"--predictor {predictor}, column n",
                cure="Add the column n (number of participants) to the table, or take "
                "--predictor se and beware that effect and standard error may be linked",
                code="predictor_without_n",
            )
        )
    return n


def _refuse_repeated(design: Design, label: str, values: Array, predictor: str) -> None:
    where = f"--predictor {predictor}"
    if np.ptp(values) <= CONSTANT * float(values.mean()):
        raise InputError(
            Problem(
                what=f"the {label} is the same for all {len(values)} effects (all n are equal): "
                "there are no smaller studies to compare with larger ones",
                where=where,
                cure="Small-study effects cannot be told from such data; a selection model can be "
                "fitted in Python: fit_selection(design)",
                code="constant_predictor",
            )
        )
    columns = np.column_stack([design.X, values])
    columns = columns / np.linalg.norm(columns, axis=0)
    if np.linalg.matrix_rank(columns, tol=1e-8) < columns.shape[1]:
        raise InputError(
            Problem(
                what=f"the {label} can be computed from the terms of the model",
                where=where,
                cure="Take a model with fewer terms",
                code="repeated_predictor",
            )
        )


def with_column(design: Design, column: Column, scale: float = 1.0) -> Design:
    """Add a predictor of small-study effects to a design.

    Parameters
    ----------
    design : Design
        The analysis.
    column : Column
        The predictor, uncentred.
    scale : float
        Factor on the prior sd of its slope.

    Returns
    -------
    Design
        The same with one more coefficient, the last, independent of the others before the data. At
        slope 0 it is the design itself.
    """

    def padded(weights: Array) -> Array:
        return np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(0, 1)])

    p = len(design.coefficients)
    factor = np.pad(design.prior_differences, ((0, 1), (0, 1)))
    factor[-1, -1] = scale * column.prior_sd
    slope = Quantity(column.name, np.eye(p + 1)[-1], "difference")
    return replace(
        design,
        X=np.ascontiguousarray(np.column_stack([design.X, column.values])),
        coefficients=(*design.coefficients, column.name),
        prior_mean=padded(design.prior_mean),
        prior_location=padded(design.prior_location),
        prior_differences=factor,
        terms=(),
        quantities=(
            *(replace(q, weights=padded(q.weights)) for q in design.quantities),
            slope,
        ),
        contrasts=tuple(Contrast(c.name, padded(c.of), padded(c.minus)) for c in design.contrasts),
    )
