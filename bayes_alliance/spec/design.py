"""A table and a specification compiled to arrays: all that an engine may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space

from bayes_alliance.algebra.blocks import Array, rotate
from bayes_alliance.algebra.kinds import samples_of
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.algebra.scaled import scaled_samples
from bayes_alliance.names import Measure
from bayes_alliance.spec.coding import CodedTerm, Contrast, Quantity
from bayes_alliance.spec.dependence import Dependence
from bayes_alliance.spec.groups import SampleGroups, Units
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.scale_terms import ScaleCoding
from bayes_alliance.spec.scales import ScaleEffects

__all__ = ["Design", "LeftOut"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An effect size that this model does not use.

    Parameters
    ----------
    row : int
        Line of the source.
    sample, effect : str
        Its labels.
    reason : str
        Why it is left out.
    """

    row: int
    sample: str
    effect: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} ({self.sample}, {self.effect}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Design:
    """Arrays of one analysis: k effects in S samples, p coefficients.

    Rows are sorted so that the effects of a sample are contiguous; samples keep their order.

    Parameters
    ----------
    y : ndarray, shape (k,)
        Effect sizes on the analysis scale; at a censored row the value that was imputed as 0.
    X : ndarray, shape (k, p)
        Design matrix.
    coefficients : tuple of str
        Names of its columns.
    sample_ids, effect_ids : tuple of str
        Labels of the S samples and of the k effects (``sample: effect``).
    starts : ndarray of int, shape (S,)
        First row of each sample.
    variances : ndarray, shape (k,)
        Sampling variances.
    covariances : tuple of ndarray or None
        Sampling covariance of each sample, None where all errors are independent; where rho is
        estimated, the one at the median of its prior.
    rows : ndarray of int, shape (k,)
        Position of each effect in the table it came from.
    measure : {"ZCOR", "COR", "GEN"}
        Analysis scale.
    prior_mean : ndarray, shape (p,)
        Prior mean of the coefficients.
    prior_location : ndarray, shape (p,)
        Prior factor A (see `bayes_alliance.spec.coding`), scaled by the sd of the location.
    prior_differences : ndarray, shape (p, q)
        Prior factor C, scaled by the sd of differences.
    flat : tuple of str
        Which of ``location`` and ``differences`` have a flat prior; their factor is then without
        scale, and there is no marginal likelihood.
    tau_sample, tau_effect : Prior or None
        Priors of the two standard deviations; None: no heterogeneity at that level.
    tau_total, share : Prior or None
        Priors of the total standard deviation and of the share of its square between samples,
        where these were declared in place of two independent priors; `tau_sample` and `tau_effect`
        are then what they imply for each level alone.
    shrinkage : Prior or None
        Prior of a factor on all differences; None: the factor is 1.
    censored_at : ndarray, shape (k,)
        Critical |z| of effects reported only as not significant; NaN elsewhere.
    terms, quantities, contrasts
        What was coded and what is reported.
    left_out : tuple of LeftOut
        Rows of the table that this model does not use.
    dependence : Dependence or None
        How the covariances depend on rho, where it is estimated.
    scales : ScaleEffects or None
        Scales that have sample effects of their own, in place of one `tau_sample`.
    df : Prior or None
        Prior of the degrees of freedom of sample effects that follow a t, a point where they are
        fixed; None: the sample effects are normal.
    scale_sample, scale_effect : ScaleCoding or None
        Terms of the log of a standard deviation; None where it is the same everywhere.
    groups : SampleGroups or None
        Groups that the samples lie in and that have effects of their own.
    notes : tuple of str
        What a reader of the results has to know.
    estimand : str
        What the overall mean averages.
    """

    y: Array
    X: Array
    coefficients: tuple[str, ...]
    sample_ids: tuple[str, ...]
    effect_ids: tuple[str, ...]
    starts: NDArray[np.intp]
    variances: Array
    covariances: tuple[Array, ...] | None
    rows: NDArray[np.intp]
    measure: Measure
    prior_mean: Array
    prior_location: Array
    prior_differences: Array
    tau_sample: Prior | None
    tau_effect: Prior | None
    shrinkage: Prior | None
    censored_at: Array
    terms: tuple[CodedTerm, ...]
    quantities: tuple[Quantity, ...]
    contrasts: tuple[Contrast, ...]
    left_out: tuple[LeftOut, ...] = ()
    tau_total: Prior | None = None
    share: Prior | None = None
    dependence: Dependence | None = None
    scales: ScaleEffects | None = None
    df: Prior | None = None
    scale_sample: ScaleCoding | None = None
    scale_effect: ScaleCoding | None = None
    groups: SampleGroups | None = None
    flat: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    estimand: str = ""

    @property
    def is_correlation(self) -> bool:
        """Whether results have a meaning in r."""
        return self.measure in ("ZCOR", "COR")

    @property
    def scale_models(self) -> tuple[ScaleCoding, ...]:
        """Terms of the standard deviations, of those that have any."""
        return tuple(s for s in (self.scale_sample, self.scale_effect) if s is not None)

    @property
    def censored(self) -> NDArray[np.bool_]:
        """Which effects are known only to be not significant, shape (k,)."""
        return np.isfinite(self.censored_at)

    @property
    def sample_index(self) -> NDArray[np.intp]:
        """Index of the sample of each effect, shape (k,)."""
        sizes = np.diff(self.starts, append=len(self.y))
        return np.repeat(np.arange(len(self.starts)), sizes)

    @property
    def units(self) -> Units:
        """What is independent given the parameters: samples, groups of them, or components."""
        if self.groups is None:
            return Units.samples(self.sample_ids, self.sample_index)
        return self.groups.units()

    def prior_covariance(self, shrinkage: float = 1.0) -> Array:
        """Prior covariance of the coefficients.

        Parameters
        ----------
        shrinkage : float
            Factor on the sd of all differences.

        Returns
        -------
        ndarray, shape (p, p)
            A A' + shrinkage^2 C C'.

        Raises
        ------
        ValueError
            If a prior is flat.
        """
        if self.flat:
            raise ValueError("a flat prior has no covariance")
        A, C = self.prior_location[:, None], shrinkage * self.prior_differences
        return np.asarray(A @ A.T + C @ C.T)

    @property
    def normal_prior(self) -> tuple[Array, Array] | None:
        """Mean and covariance of the coefficients' prior; None where it is flat or is shrunken."""
        if self.flat or self.shrinkage is not None:
            return None
        return self.prior_mean, self.prior_covariance()

    def prior_precision(self) -> Array:
        """Prior precision of the coefficients.

        A flat prior is the limit of ever larger standard deviations: what it leaves free has no
        precision, the rest keeps its own. With N an orthonormal basis of what the flat factor
        leaves out and K the other factor it is N (N' K K' N)^-1 N'.

        Returns
        -------
        ndarray, shape (p, p)
            The inverse of the covariance; singular where a prior is flat.
        """
        if not self.flat:
            return np.asarray(np.linalg.inv(self.prior_covariance()))
        p = len(self.prior_mean)
        if len(self.flat) == 2:
            return np.zeros((p, p))
        A, C = self.prior_location[:, None], self.prior_differences
        free, kept = (A, C) if "location" in self.flat else (C, A)
        N = null_space(free.T) if free.size else np.eye(p)
        if not N.size:
            return np.zeros((p, p))
        return np.asarray(N @ np.linalg.inv(N.T @ kept @ kept.T @ N) @ N.T)

    def identified_by(self, X: Array) -> bool:
        """Whether rows of a design matrix leave no coefficient without information.

        Parameters
        ----------
        X : ndarray, shape (rows, p)
            The rows.

        Returns
        -------
        bool
            True wherever the prior is proper.
        """
        if not self.flat:
            return True
        stacked = np.vstack([X, self.prior_precision()])
        return bool(np.linalg.matrix_rank(stacked) == len(self.prior_mean))

    def with_rho(self, rho: float) -> Design:
        """Return the design with the correlation of sampling errors known.

        Parameters
        ----------
        rho : float
            Its value.

        Returns
        -------
        Design
            A copy with these covariances and no `dependence`; itself if rho is not estimated.
        """
        if self.dependence is None:
            return self
        return replace(self, covariances=self.dependence.covariances(rho), dependence=None)

    def without_sample(self, i: int) -> Design:
        """Return the design without one sample.

        Parameters
        ----------
        i : int
            Position of the sample.

        Returns
        -------
        Design
            A copy without its rows.
        """
        return self.keep(self.sample_index != i)

    def without_effect(self, i: int) -> Design:
        """Return the design without one effect size.

        Parameters
        ----------
        i : int
            Its row.

        Returns
        -------
        Design
            A copy without it; a sample that has no other effect goes with it.
        """
        return self.keep(np.arange(len(self.y)) != i)

    def keep(self, rows: NDArray[np.bool_]) -> Design:
        """Return the design of some of the effects, coded as with all of them.

        Parameters
        ----------
        rows : ndarray of bool, shape (k,)
            Which effects stay.

        Returns
        -------
        Design
            A copy without the other rows, the samples that have none left, and their groups.
        """
        index = self.sample_index
        samples, sizes = np.unique(index[rows], return_counts=True)

        def parts(matrices: tuple[Array, ...] | None) -> Any:
            """Rows and columns that stay of one matrix a sample."""
            if matrices is None:
                return None
            own = (rows[index == s] for s in samples)
            return tuple(matrices[s][np.ix_(o, o)] for s, o in zip(samples, own, strict=True))

        given, scales, groups = self.dependence, self.scales, self.groups
        of_sample, of_effect = self.scale_sample, self.scale_effect
        if given is not None:
            given = replace(given, fixed=parts(given.fixed), pattern=parts(given.pattern))
        names = ("y", "X", "variances", "rows", "censored_at")
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in names},
            sample_ids=tuple(self.sample_ids[s] for s in samples),
            effect_ids=tuple(e for e, k in zip(self.effect_ids, rows, strict=True) if k),
            starts=(np.cumsum(sizes) - sizes).astype(np.intp),
            covariances=parts(self.covariances),
            dependence=given,
            groups=None if groups is None else groups.keep(rows, index),
            scales=None if scales is None else replace(scales, level=scales.level[rows]),
            scale_sample=of_sample and replace(of_sample, Z=of_sample.Z[samples]),
            scale_effect=of_effect and replace(of_effect, Z=of_effect.Z[rows]),
        )

    def blocks(self) -> Samples:
        """Rotate the data by the eigenvectors of each sample's sampling covariance.

        Returns
        -------
        Samples
            What the algebra of the model takes. Where rho is estimated, the rotation is that at
            the centre of its prior, and whatever is asked given draws uses the rho of each draw.
        """
        rotated = rotate(
            y=self.y,
            X=self.X,
            variances=self.variances,
            starts=self.starts,
            covariances=self.covariances,
        )
        if self.scale_models:
            sample, effect = (
                None if s is None else s.Z for s in (self.scale_sample, self.scale_effect)
            )
            return scaled_samples(rotated, sample, effect)
        given = self.dependence
        return samples_of(
            rotated,
            dependence=None if given is None else (given.fixed, given.pattern),
            level=None if self.scales is None else self.scales.level,
            groups=None if self.groups is None else (self.groups.index, self.groups.component),
        )
