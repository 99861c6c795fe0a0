"""What a sensitivity analysis found, as a record that reports can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Variation"]


@dataclass(frozen=True, slots=True)
class Variation:
    """A finished sensitivity analysis.

    Parameters
    ----------
    what : str
        What was varied.
    text : str
        Lines of at most 80 columns.
    record : dict
        The same as JSON: what, baseline{choices, answers}, rows[{label, choices, answers}],
        sentences, notes; more by kind.
    tables : mapping of str to DataFrame
        By file name.
    figures : mapping of str to callable
        By file name; each makes its figure.
    unfinished : Path, optional
        Folder in which finished work was kept while it went on; removed when all is written.
    """

    what: str
    text: str
    record: dict[str, Any] = field(repr=False)
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    figures: Mapping[str, Callable[[], Figure]] = field(repr=False)
    unfinished: Path | None = None
