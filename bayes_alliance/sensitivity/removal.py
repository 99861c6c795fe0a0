r"""Which samples would have to be absent for a conclusion to change.

Single samples are all tried. Where none changes a conclusion, samples are removed one
after another, at each step the one that brings the conclusion nearest to a limit; larger sets are
found so in the way of Broderick, Giordano & Meager (2020), but every posterior is exact. The step
is chosen by the posterior means and covariance of the coefficients (their normal approximation, and
where rho is estimated, at its posterior median); whether the conclusion then changes is read off
the answers without them. Intervals, signs and largest means are exact, so that the set is one that
changes the conclusion; a smaller one of at least two samples may exist. A conclusion that rests on
draws (the region of a difference on r, a benchmark) counts as changed only beyond two Monte Carlo
standard errors (`bayes_alliance.sensitivity.conclusions`); a change within them is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import norm

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.omission import leave_samples_out, needed_sample
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.conclusions import Conclusion, conclusions, joined
from bayes_alliance.sensitivity.divergence import Moments, moments_of
from bayes_alliance.sensitivity.exact_answers import answer_weights, answered, exact_posterior
from bayes_alliance.sensitivity.omission import Omission
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.benchmarks import benchmark_on_z
from bayes_alliance.summaries.scale import Scale

__all__ = ["MOST", "Change", "absences", "changes_frame"]

#: Samples that are removed together, at most; so many must stay.
MOST, STAY = 4, 2
#: Samples that a sentence names.
NAMED = 6

#: A number that a conclusion hangs on, from means and covariance of the coefficients.
Score = Callable[[Moments], float]


@dataclass(frozen=True, slots=True)
class Change:
    """What would have to be absent for one conclusion to change.

    Parameters
    ----------
    conclusion : Conclusion
        With everything.
    singles : tuple of (str, str)
        Units that change it alone, each with the state it then has.
    together : tuple of str
        Samples that change it when they are all absent, where no single one does; empty if none
        were found.
    state : str
        The state it then has.
    tried : int
        Samples that were removed together, at most.
    unit : {"sample", "effect"}
        What was left out.
    """

    conclusion: Conclusion
    singles: tuple[tuple[str, str], ...]
    together: tuple[str, ...] = ()
    state: str = ""
    tried: int = 0
    unit: str = "sample"

    @property
    def changes(self) -> bool:
        """Whether anything was found that changes it."""
        return bool(self.singles or self.together)

    @property
    def sentence(self) -> str:
        """The same in words."""
        head = self.conclusion.sentence
        unit = "sample" if self.unit == "sample" else "effect size"
        if self.singles:
            by_state: dict[str, list[str]] = {}
            for label, state in self.singles:
                by_state.setdefault(state, []).append(label)
            told = [f"without {_either(labels)} it {s}" for s, labels in by_state.items()]
            return f"{head}; {', '.join(told)}."
        if self.together:
            bound = "" if len(self.together) == 2 else "; a smaller set may exist"
            return (
                f"{head}: no single {unit} changes that; without {joined(list(self.together))} "
                f"together it {self.state} (removed one after another{bound})."
            )
        if self.tried > 1:
            return (
                f"{head}: no single {unit} changes that, nor do up to {self.tried} removed one "
                "after another (other sets were not tried)."
            )
        return f"{head}: no single {unit} changes that."


def _either(labels: list[str]) -> str:
    if len(labels) > NAMED + 1:
        labels = [*labels[:NAMED], f"{len(labels) - NAMED} others"]
    return f"{'any one of ' if len(labels) > 2 else ''}{joined(labels, 'or')}"


def absences(omission: Omission, *, most: int = MOST) -> tuple[Change, ...]:
    """Find what would have to be absent for each conclusion to change.

    Parameters
    ----------
    omission : Omission
        The analysis without each sample or effect size.
    most : int
        Samples that are removed together, at most; 1: none. Effect sizes are left out alone.

    Returns
    -------
    tuple of Change
        One a conclusion; changes within Monte Carlo error are not among them.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.omission import leave_each_out
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> print(absences(leave_each_out(fitted))[1].sentence)
    P(overall > 0) is above .95; without 18 or 27 it is between .05 and .95.
    """
    fitted, rope = omission.fitted, omission.fitted.specification.rope
    drawn = conclusions(omission.baseline, fitted.design, rope, probability=omission.probability)
    without = [
        conclusions(left.answers, fitted.design, rope, probability=omission.probability)
        for left in omission.left
    ]
    limit = min(most, len(fitted.design.sample_ids) - STAY) if omission.unit == "sample" else 1
    search = _Search(omission, limit)
    changes = []
    for key, one in drawn.items():
        singles = tuple(
            (left.label, other[key].state)
            for left, other in zip(omission.left, without, strict=True)
            if key in other and other[key].differs(one)
        )
        together, state = ((), "") if singles else search.together(one)
        changes.append(Change(one, singles, together, state, max(limit, 1), omission.unit))
    return tuple(changes)


def changes_frame(changes: Sequence[Change]) -> pd.DataFrame:
    """What would have to be absent, one row a conclusion.

    Parameters
    ----------
    changes : sequence of Change
        What `absences` returned.

    Returns
    -------
    pandas.DataFrame
        Index: ``answer``. ``kind``, ``state``; ``left_out``, the units with semicolons;
        ``together``, whether all of them must be absent; ``becomes``; ``sentence``.
    """
    rows = [
        {
            "answer": c.conclusion.name,
            "kind": c.conclusion.kind,
            "state": c.conclusion.state,
            "left_out": "; ".join(c.together or (label for label, _ in c.singles)),
            "together": bool(c.together),
            "becomes": "; ".join(dict.fromkeys([c.state] if c.together else
                                               [state for _, state in c.singles])),
            "sentence": c.sentence,
        }
        for c in changes
    ]  # fmt: skip
    return pd.DataFrame(rows).set_index("answer")


@dataclass
class _Search:
    """Removes samples one after another; what it has computed serves every conclusion."""

    omission: Omission
    most: int
    paths: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)
    removals: dict[frozenset[int], dict[int, Moments]] = field(default_factory=dict)
    known: dict[frozenset[int], dict[tuple[str, str], Conclusion]] = field(default_factory=dict)

    @property
    def fitted(self) -> Fitted:
        return self.omission.fitted

    def together(self, one: Conclusion) -> tuple[tuple[str, ...], str]:
        """The first set of two or more samples on either path that changes a conclusion."""
        score = _score(one, self.fitted)
        ids = self.fitted.design.sample_ids
        for size in range(2, self.most + 1):
            for sign in (-1, 1):
                path = self._path(one, score, sign, size)
                if len(path) < size:
                    continue
                found = self._conclusions(frozenset(path))[one.key]
                if found.differs(one):
                    return tuple(ids[i] for i in path), found.state
        return (), ""

    def _path(self, one: Conclusion, score: Score, sign: int, size: int) -> list[int]:
        """Samples removed one after another, each time the one that moves the score most."""
        # The interval and the sign of an answer hang on the same number.
        path = self.paths.setdefault(
            ("sign" if one.kind in ("interval", "positive") else one.kind, one.name, sign), []
        )
        while len(path) < size:
            left = self._removed(frozenset(path))
            if not left:
                break
            scores = {i: sign * score(moments) for i, moments in left.items()}
            path.append(max(scores, key=scores.__getitem__))
        return path[:size]

    def _removed(self, gone: frozenset[int]) -> dict[int, Moments]:
        """Moments without some samples and each of the others."""
        if not gone:
            return {i: left.moments for i, left in enumerate(self.omission.left)}
        if gone not in self.removals:
            design = self._kept(gone)
            if self.fitted.typical_rho is not None:
                design = design.with_rho(self.fitted.typical_rho)
            found: dict[int, Moments] = {}
            if needed_sample(design) is None:
                places = [i for i in range(len(self.fitted.design.sample_ids)) if i not in gone]
                lefts = leave_samples_out(design, ExactEngine().solve(design))
                found = {i: moments_of(one.grid) for i, one in zip(places, lefts, strict=True)}
            self.removals[gone] = found
        return self.removals[gone]

    def _kept(self, gone: frozenset[int]) -> Design:
        design = self.fitted.design
        return design.keep(~np.isin(design.sample_index, list(gone)))

    def _conclusions(self, gone: frozenset[int]) -> dict[tuple[str, str], Conclusion]:
        if gone not in self.known:
            design, level = self._kept(gone), self.omission.probability
            posterior = exact_posterior(self.fitted, design)
            answers = answered(self.fitted, design, posterior, probability=level)
            rope = self.fitted.specification.rope
            self.known[gone] = dict(conclusions(answers, design, rope, probability=level))
        return self.known[gone]


def _score(one: Conclusion, fitted: Fitted) -> Score:
    design = fitted.design
    weights = answer_weights(design)
    if one.kind == "largest":
        return _gap(list(_means_of(one, design)))
    if one.kind == "benchmark":
        named = {f"{b.coefficient}: {b.name}": b for b in fitted.benchmarks}
        benchmark = named[one.name]
        at, error = benchmark_on_z(benchmark)
        return lambda m: _z(m, weights[benchmark.coefficient], at, error)
    if one.kind == "rope":
        rope, scale = fitted.specification.rope, Scale(design.measure)
        width = (
            rope.effect_r if one.name in {q.name for q in design.quantities} else rope.difference_r
        )
        bound = float(scale.from_r(width))
        return lambda m: _inside(m, weights[one.name], bound)
    return lambda m: _z(m, weights[one.name], 0.0, 0.0)


def _z(m: Moments, w: Array, at: float, error: float) -> float:
    return float((w @ m.mean - at) / np.sqrt(w @ m.covariance @ w + error**2))


def _inside(m: Moments, w: Array, bound: float) -> float:
    mean, sd = float(w @ m.mean), float(np.sqrt(w @ m.covariance @ w))
    return float(norm.cdf((bound - mean) / sd) - norm.cdf((-bound - mean) / sd))


def _means_of(one: Conclusion, design: Design) -> Iterator[Array]:
    """Weights of the means of a term, the largest first."""
    term = next(t for t in design.terms if t.name == one.name)
    alone = len(design.terms) == 1
    named = {q.name: q.weights for q in design.quantities}
    levels = sorted(term.levels, key=lambda level: one.state != f"is {level}")
    for level in levels:
        name = level if alone else f"{term.name}[{level}]"
        if name in named:
            yield named[name]


def _gap(means: list[Array]) -> Score:
    """Distance of the first mean from the largest of the others."""

    def value(m: Moments) -> float:
        return float(means[0] @ m.mean - max((w @ m.mean for w in means[1:]), default=-np.inf))

    return value
