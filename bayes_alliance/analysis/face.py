"""A fit: the face that binds the verbs and computes nothing itself."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd

from bayes_alliance.analysis.archive import read_archive
from bayes_alliance.analysis.variations import Variations
from bayes_alliance.analysis.verbs.checklists import ChecklistVerbs
from bayes_alliance.analysis.verbs.distribution_figures import DistributionFigures
from bayes_alliance.analysis.verbs.figures import FigureVerbs
from bayes_alliance.analysis.verbs.heterogeneity_figures import HeterogeneityFigures
from bayes_alliance.analysis.verbs.manuscript import ManuscriptVerbs
from bayes_alliance.analysis.verbs.report import ReportVerbs
from bayes_alliance.analysis.verbs.tables import TableVerbs
from bayes_alliance.analysis.verbs.writing import WritingVerbs
from bayes_alliance.checks.check import check
from bayes_alliance.checks.result import caution_of
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin import frequentist_twin
from bayes_alliance.report import frames
from bayes_alliance.report.layout import WIDTH
from bayes_alliance.report.record import fit_record
from bayes_alliance.report.text import fit_text
from bayes_alliance.report.words import sentences
from bayes_alliance.summaries.answers import Answers, answer
from bayes_alliance.summaries.samples import sample_effects

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.data.effects import EffectSizes
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.posterior.posterior import Posterior
    from bayes_alliance.spec.design import Design
    from bayes_alliance.spec.specification import Specification

__all__ = ["Fit", "load_fit"]


class Fit(
    FigureVerbs,
    DistributionFigures,
    HeterogeneityFigures,
    TableVerbs,
    ManuscriptVerbs,
    ChecklistVerbs,
    ReportVerbs,
    WritingVerbs,
    Variations,
):
    """A finished analysis and what can be asked of it.

    Parameters
    ----------
    fitted : Fitted
        Table, specification, design and posterior.
    """

    def __init__(self, fitted: Fitted) -> None:
        self.fitted = fitted

    @property
    def effects(self) -> EffectSizes:
        """The table of effect sizes."""
        return self.fitted.effects

    @property
    def specification(self) -> Specification:
        """What was claimed."""
        return self.fitted.specification

    @property
    def design(self) -> Design:
        """The arrays the engine read."""
        return self.fitted.design

    @property
    def posterior(self) -> Posterior:
        """The posterior; ``posterior.tree`` is an ordinary DataTree."""
        return self.fitted.posterior

    @cached_property
    def answers(self) -> Answers:
        """All answers as records, made when first asked for."""
        spec = self.specification
        return answer(
            self.posterior,
            self.design,
            benchmarks=self.fitted.benchmarks,
            orders=spec.location.orders,
            rope_effect=spec.rope.effect_r,
            rope_difference=spec.rope.difference_r,
        )

    @cached_property
    def checks(self) -> tuple[CheckResult, ...]:
        """All checks, made when first asked for."""
        return check(self.fitted)

    @cached_property
    def twin(self) -> Twin:
        """The same model by REML with CR2 standard errors, made when first asked for."""
        return frequentist_twin(self.design, rho=self.fitted.typical_rho)

    def frequentist(self) -> pd.DataFrame:
        """The frequentist twin: REML estimates with z, t and cluster-robust CR2 intervals.

        Returns
        -------
        pandas.DataFrame
            Index: name, coefficients first, then contrasts; on the analysis scale. Empty where
            ``fit.twin.unavailable`` says why there is no REML fit.
        """
        return frames.twin_frame(self.twin)

    def summary(self) -> pd.DataFrame:
        """Coefficients: correlations, intervals, probabilities and predictions.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.report.frames.coefficient_frame`.
        """
        return frames.coefficient_frame(self.answers)

    def contrasts(self) -> pd.DataFrame:
        """Differences between levels, and orders.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.report.frames.contrast_frame`.
        """
        return frames.contrast_frame(self.answers)

    def heterogeneity(self) -> pd.DataFrame:
        """Heterogeneity of both levels with I^2, and what the terms explain.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.report.frames.heterogeneity_frame`.
        """
        return frames.heterogeneity_frame(self.answers)

    def benchmark(self) -> pd.DataFrame:
        """The posterior against published correlations.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.report.frames.benchmark_frame`.
        """
        return frames.benchmark_frame(self.answers)

    def predict(self) -> pd.DataFrame:
        """True means of the observed samples, shrunken, and a new effect in each.

        Predictions for new samples stand in `summary`.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.summaries.samples.sample_effects`.
        """
        return sample_effects(self.posterior, self.answers.scale)

    def left_out(self) -> pd.DataFrame:
        """Rows of the table that this model does not use, and why.

        Returns
        -------
        pandas.DataFrame
            ``row``, ``sample``, ``effect``, ``reason``.
        """
        return frames.left_out_frame(self.design.left_out)

    def check(self) -> pd.DataFrame:
        """Whether the posterior was computed well and the model fits, in words.

        Returns
        -------
        pandas.DataFrame
            ``passed`` and ``text`` by check.
        """
        return frames.check_frame(self.checks)

    def sentences(self) -> tuple[str, ...]:
        """The main answers in words.

        Returns
        -------
        tuple of str
            Means, orders, differences, heterogeneity, benchmarks.
        """
        return sentences(self.answers, synthetic=self.effects.synthetic)

    def to_dict(self) -> dict[str, Any]:
        """Everything found, ready for JSON (schema 1).

        Returns
        -------
        dict
            See `bayes_alliance.report.record.fit_record`.
        """
        return fit_record(self.fitted, self.answers, self.checks, self.twin)

    @property
    def caution(self) -> str:
        """What every output of this fit says if a check failed; empty if none did."""
        return caution_of(self.checks)

    def __str__(self) -> str:
        return fit_text(self.fitted, self.answers, self.checks, self.twin)

    def __repr__(self) -> str:
        told = self.sentences()[:2]
        provenance = self.posterior.provenance
        head = f"Fit of {self.specification.name!r} to {self.effects.name!r} by {provenance.engine}"
        notice = [f"  {self.effects.notice}"] if self.effects.notice else []
        ask = "  next: print(fit), fit.summary(), fit.contrasts(), fit.check(), fit.plot_forest()"
        caution = [f"  CAUTION {self.caution}"] if self.caution else []
        lines = [head, *notice, *caution, *(f"  {line}" for line in told), ask]
        return "\n".join(fill(line, WIDTH, subsequent_indent="    ") for line in lines)

    def _repr_html_(self) -> str:
        from html import escape

        head = "<br>".join(escape(line.strip()) for line in repr(self).splitlines()[:-1])
        return f"<p>{head}</p>{self.summary().to_html(float_format='{:.3f}'.format, escape=True)}"


def load_fit(path: str | Path) -> Fit:
    """Read a fit that was saved.

    Parameters
    ----------
    path : str or Path
        A file written by `Fit.save`, or a folder written by `Fit.write`.

    Returns
    -------
    Fit
        The same table, specification, draws and provenance.

    Raises
    ------
    InputError
        If the file is not a saved fit or has an unknown version.
    """
    return Fit(read_archive(Path(path)))
