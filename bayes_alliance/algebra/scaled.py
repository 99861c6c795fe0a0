"""Samples whose heterogeneity depends on moderators."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.normal import columns
from bayes_alliance.algebra.samples import Draws, Samples, normal_parameters
from bayes_alliance.names import GAMMA_EFFECT, GAMMA_SAMPLE, TAU_EFFECT, TAU_SAMPLE

__all__ = ["ScaledSamples", "scaled_samples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledSamples(Samples):
    """Samples with tau_sample exp(Z gamma_sample) and tau_effect exp(Z gamma_effect).

    Where the data are rotated, Z_effect is constant within each sample, so that the effect level
    stays a multiple of the identity there.

    Parameters
    ----------
    Z_sample : ndarray, shape (S, q) or None
        Terms of log tau_sample.
    Z_effect : ndarray, shape (k, q) or None
        Terms of log tau_effect.
    starts, eigenvalues, ones, y, X, vectors
        See `bayes_alliance.algebra.blocks.RotatedBlocks`.
    """

    Z_sample: Array | None = None
    Z_effect: Array | None = None

    def scales(self, draws: Draws) -> dict[str, Array]:
        """As `Samples.scales`, with the standard deviation of each sample and effect.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, ``gamma_sample`` and ``gamma_effect`` (D, q) among them.

        Returns
        -------
        dict of str to ndarray
            ``beta`` (D, p), ``tau_sample`` (D, S) and ``tau_effect`` (D, k), or (D,) where a
            level has no terms.
        """
        given = normal_parameters(draws)
        if self.Z_sample is not None:
            ratio = np.exp(draws[GAMMA_SAMPLE] @ self.Z_sample.T)
            given[TAU_SAMPLE] = given[TAU_SAMPLE][:, None] * ratio
        if self.Z_effect is not None:
            ratio = np.exp(draws[GAMMA_EFFECT] @ self.Z_effect.T)
            given[TAU_EFFECT] = given[TAU_EFFECT][:, None] * ratio
        return given

    def between_variances(self, draws: Draws) -> Array:
        """As `Samples.between_variances`, with the standard deviation of each sample.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        ndarray, shape (D, k) or (D, 1)
            One variance a draw and effect, or one a draw.
        """
        given = self.scales(draws)
        variance = np.square(columns(given[TAU_SAMPLE], given["beta"]))
        return variance if self.Z_sample is None else variance[:, self.sample_index]

    def marginal_covariance(self, sample: int, draws: Draws) -> Array:
        """As `Samples.marginal_covariance`, with the standard deviations of this sample.

        Parameters
        ----------
        sample : int
            Its position.
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        ndarray, shape (D, m, m)
            One matrix a draw.
        """
        given = self.scales(draws)
        V = self.sampling_covariance(sample)
        between = columns(given[TAU_SAMPLE], given["beta"])
        within = columns(given[TAU_EFFECT], given["beta"])
        if self.Z_sample is not None:
            between = between[:, [sample]]
        if self.Z_effect is not None:
            start = self.starts[sample]
            within = within[:, start : start + self.sizes[sample]]
        te2 = np.square(within)[:, :, None] * np.eye(len(V))
        return np.asarray(V + te2 + np.square(between)[:, :, None])


def scaled_samples(
    blocks: RotatedBlocks, Z_sample: Array | None, Z_effect: Array | None
) -> ScaledSamples:
    """Join rotated data with the terms of the heterogeneity.

    Parameters
    ----------
    blocks : RotatedBlocks
        From `bayes_alliance.algebra.blocks.rotate`.
    Z_sample : ndarray, shape (S, q) or None
        Terms of log tau_sample.
    Z_effect : ndarray, shape (k, q) or None
        Terms of log tau_effect.

    Returns
    -------
    ScaledSamples
        What answers questions about draws.
    """
    given = {field.name: getattr(blocks, field.name) for field in fields(RotatedBlocks)}
    return ScaledSamples(**given, Z_sample=Z_sample, Z_effect=Z_effect)
