"""One call from a table to a sensitivity analysis: text, JSON, tables and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from bayes_alliance.analysis.folder import new_folder, write_answers
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.variations import (
    curve_record,
    curve_text,
    omission_record,
    omission_text,
)
from bayes_alliance.sensitivity.correlation import over_rho
from bayes_alliance.sensitivity.omission import leave_one_out, refuse_omission
from bayes_alliance.sensitivity.pattern import refuse_rho
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.headline import headline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KINDS", "Sensitivity", "sensitivity"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A finished sensitivity analysis.

    Parameters
    ----------
    what : str
        What was varied, one of `KINDS`.
    text : str
        Lines of at most 80 columns.
    record : dict
        The same as JSON: what, baseline{choices, answers}, rows[{label, choices, answers}],
        changes, sentences, notes.
    tables : mapping of str to DataFrame
        By file name.
    figures : mapping of str to callable
        By file name; each makes its figure.
    """

    what: str
    text: str
    record: dict[str, Any] = field(repr=False)
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    figures: Mapping[str, Callable[[], Figure]] = field(repr=False)

    def write(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a folder with text, JSON, tables and figures.

        Parameters
        ----------
        folder : str or Path
            Folder to be made.
        overwrite : bool
            Whether results written before may be replaced.

        Returns
        -------
        Path
            The folder.
        """
        from bayes_alliance.plots.style import save

        with new_folder(Path(folder), "sensitivity", overwrite=overwrite) as partial:
            write_answers(partial, self.record, self.text, self.tables)
            for name, draw in self.figures.items():
                save(draw(), partial / "figures" / f"{name}.png")
        return Path(folder)


def _over_rho(fitted: Fitted) -> Sensitivity:
    from bayes_alliance.plots.correlation import correlation

    curve = over_rho(fitted)
    return Sensitivity(
        "rho",
        curve_text(fitted, curve),
        curve_record(fitted, curve),
        {"rho": curve.table, "changes": curve.changes.set_index("answer")},
        {"rho": lambda: correlation(fitted, curve)},
    )


def _leave_one_out(fitted: Fitted) -> Sensitivity:
    spec, table = fitted.specification, leave_one_out(fitted)
    whole = headline(
        fitted.posterior,
        fitted.design,
        orders=spec.location.orders,
        rope_effect=spec.rope.effect_r,
        rope_difference=spec.rope.difference_r,
    )
    return Sensitivity(
        "leave-one-out",
        omission_text(fitted, table),
        omission_record(fitted, table, whole),
        {"leave_one_out": table},
        {},
    )


_Refusal = Callable[[Design, Specification], None]

#: What can be varied: what refuses a design, and what runs on a fit.
_RUNS: Final[dict[str, tuple[_Refusal, Callable[[Fitted], Sensitivity]]]] = {
    "rho": (refuse_rho, _over_rho),
    "leave-one-out": (refuse_omission, _leave_one_out),
}
KINDS: Final = tuple(_RUNS)


def sensitivity(effects: EffectSizes, specification: Specification, what: str) -> Sensitivity:
    """Run an analysis exactly and vary something about it.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What is claimed about it.
    what : {"rho", "leave-one-out"}
        What is varied.

    Returns
    -------
    Sensitivity
        Text, JSON, tables and figures.

    Raises
    ------
    InputError
        If `what` is not known, or this analysis cannot be varied so; before anything is computed.
    """
    if what not in _RUNS:
        raise InputError(
            Problem(
                what=f"{what!r} is nothing that can be varied",
                where="--what",
                cure=f"Choose one of {', '.join(KINDS)}",
                code="unknown_sensitivity",
            )
        )
    refuse, run = _RUNS[what]
    exact = specification.with_changes({"run.engine": "exact"})
    refuse(compile_design(effects, exact), exact)
    return run(run_analysis(effects, exact))
