"""The table of effect sizes that everything else reads.

One row is one effect size. Rows keep the order of the file; ``row`` says where a row came from, so
that every later message can name the line the user sees in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.data.correlations import Correlations, read_correlations, unmatched
from bayes_alliance.data.notes import Note
from bayes_alliance.data.table import cell_of, text_of
from bayes_alliance.names import Measure

__all__ = ["RESERVED_COLUMNS", "EffectSizes", "Note"]

#: Columns with a fixed meaning, present in every table; all others are labels or moderators.
RESERVED_COLUMNS: Final = (
    "row",  # int: line of the source (the header is line 1); for a frame, position + 1
    "sample",  # str: label of the independent sample
    "effect",  # str: label of the effect size, unique within its sample
    "yi",  # float: effect size on the analysis scale; NaN where `not_significant`
    "vi",  # float: its sampling variance
    "r",  # float: the correlation behind yi, after turning; NaN if the measure is "GEN"
    "n",  # float: participants behind it; NaN if unknown
    "statistic",  # str: pearson, partial, spearman, t, F, d, chi2 or given (yi with vi)
    "covariates",  # int: covariates partialled out
    "turned",  # bool: the sign was turned by a `direction` of -1
    "not_significant",  # bool: printed as "n.s." only; `r` and `yi` are NaN
)


@dataclass(frozen=True, slots=True, repr=False)
class EffectSizes:
    """A checked, frozen table of effect sizes.

    Parameters
    ----------
    frame : pandas.DataFrame
        k rows with the columns of `RESERVED_COLUMNS` and any labels; do not change it, ask for
        `to_frame` instead.
    measure : {"ZCOR", "COR", "GEN"}
        What `yi` is: Fisher's z, raw r, or anything given ready with its variance.
    name : str
        Name of the data set or file.
    sha256 : str
        Hash of the source as it was read.
    citation, notice : str
        Where the numbers come from; a sentence that must be shown with every result ("" if none).
    notes : tuple of Note
        Warnings, derivations, turned signs and rows left out.
    topic : str
        What the correlations are about ("" if unknown); a benchmark about something else is left
        out.
    synthetic : bool
        Whether the numbers are simulated; every result then says that it is no evidence.
    small_sample : bool
        Whether z carries the small-sample correction z - r / (2 (n - 1)).
    correlations : Correlations or None
        Reported correlations among the variables themselves (scales, raters, outcomes), from which
        the dependence of sampling errors follows.
    """

    frame: pd.DataFrame = field(compare=False)
    measure: Measure
    name: str = "data"
    sha256: str = ""
    citation: str = ""
    notice: str = ""
    topic: str = ""
    notes: tuple[Note, ...] = ()
    synthetic: bool = False
    small_sample: bool = False
    correlations: Correlations | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table that may be changed freely.

        Returns
        -------
        pandas.DataFrame
            k rows; the columns of `RESERVED_COLUMNS` first, then labels and moderators.
        """
        return self.frame.copy(deep=True)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns that are labels or moderators, in the order of the file."""
        return tuple(str(c) for c in self.frame.columns if c not in RESERVED_COLUMNS)

    @property
    def samples(self) -> tuple[str, ...]:
        """Labels of the independent samples, in order of first appearance."""
        return tuple(str(s) for s in pd.unique(self.frame["sample"]))

    @property
    def participants(self) -> int | None:
        """Participants, each sample counted once with its largest n; None if no n is known."""
        largest = self.frame.groupby("sample", sort=False)["n"].max()
        return None if largest.isna().all() else int(np.nansum(largest.to_numpy()))

    @property
    def warnings(self) -> tuple[Note, ...]:
        """The notes that are warnings."""
        return tuple(note for note in self.notes if note.kind == "warning")

    def keep(self, rows: Sequence[bool] | np.ndarray) -> EffectSizes:
        """Return a copy with some of the rows.

        Parameters
        ----------
        rows : sequence of bool, shape (k,)
            Which rows stay, in the order of `frame`.

        Returns
        -------
        EffectSizes
            The same table without the other rows.
        """
        mask = np.asarray(rows, dtype=bool)
        return replace(self, frame=self.frame.loc[mask].reset_index(drop=True))

    def with_correlations(self, source: object) -> EffectSizes:
        """Return a copy with the correlations among the variables of its samples.

        Parameters
        ----------
        source : Correlations, path or frame
            What `read_correlations` reads, or has read.

        Returns
        -------
        EffectSizes
            The copy. A name of a variable that is nowhere in the labels becomes a warning.

        Raises
        ------
        InputError
            If the table is wrong, or names a sample that is not here (nearest one told).

        Examples
        --------
        >>> import pandas as pd
        >>> import bayes_alliance as ba
        >>> effects = ba.load("ibi_synthetic")
        >>> told = pd.DataFrame({"var1": ["task"], "var2": ["goal"], "r": [0.78]})
        >>> len(effects.with_correlations(told).correlations)
        1
        """
        table = source if isinstance(source, Correlations) else read_correlations(source)
        labels = {text for name in self.labels for text in _texts(self.frame[name])}
        warnings = unmatched(table, self.samples, labels)
        kept = (note for note in self.notes if note.problem.code != "unmatched_variable")
        return replace(self, correlations=table, notes=(*kept, *warnings))

    def __repr__(self) -> str:
        people = "" if self.participants is None else f", {self.participants:,} participants"
        lines = [
            f"EffectSizes {self.name!r}: {len(self)} effect sizes ({self.measure}) "
            f"in {len(self.samples)} samples{people}",
            f"  labels: {', '.join(self.labels) or 'none'}",
            f"  notes: {len(self.notes)}, of which {len(self.warnings)} warnings",
        ]
        if self.correlations is not None:
            lines.append(f"  {len(self.correlations)} reported correlations among variables")
        if self.notice:
            lines.append(f"  {self.notice}")
        lines.append("  next: bayes_alliance.fit(effects, 'overall')")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        head = "<br>".join(escape(line.strip()) for line in repr(self).splitlines()[:-1])
        return f"<p>{head}</p>{self.frame.head(8).to_html(index=False, escape=True)}"


def _texts(column: pd.Series) -> set[str]:
    """Levels of a label as text; numbers without needless decimals."""
    return {str(text_of(cell_of(value))) for value in column.dropna().unique()}
