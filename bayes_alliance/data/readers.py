"""`read_effects`: from a file or a data frame to a checked table of effect sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bayes_alliance.data.assembly import (
    build_frame,
    effect_labels,
    label_columns,
    repeated_effects,
    repeated_rows,
)
from bayes_alliance.data.columns import ColumnMap, map_columns
from bayes_alliance.data.derive import Derived, choose_measure, derive
from bayes_alliance.data.effects import EffectSizes, Note
from bayes_alliance.data.ingredients import BoolArray, Ingredients, read_ingredients
from bayes_alliance.data.labels import sample_labels
from bayes_alliance.data.messages import LIST_LIMIT, Places
from bayes_alliance.data.plausibility import implausible, odd_samples
from bayes_alliance.data.requirements import (
    bad_options,
    blank_labels,
    filled_roles,
    missing_columns,
    roles_to_read,
)
from bayes_alliance.data.sources import read_source
from bayes_alliance.data.table import SourceTable
from bayes_alliance.data.validity import check_ranges, missing_values, unfinished
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Measure

__all__ = ["Examination", "examine", "read_effects"]


@dataclass(frozen=True, slots=True)
class Examination:
    """All that reading a source brought to light.

    Parameters
    ----------
    effects : EffectSizes or None
        The table; None if there are problems.
    problems : tuple of Problem
        What is wrong.
    notes : tuple of Note
        What a reader has to know.
    table : SourceTable or None
        The source as it was read; None if it could not be.
    roles : mapping of str to str
        Our names of the columns to those of the source.
    mark : str
        Decimal mark.
    """

    effects: EffectSizes | None
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...] = ()
    table: SourceTable | None = None
    roles: Mapping[str, str] | None = None
    mark: str = "."


def read_effects(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    measure: Measure | Literal["auto"] = "auto",
    small_sample: bool = False,
    missing: Literal["refuse", "drop"] = "refuse",
    sheet: str | int | None = None,
    name: str | None = None,
) -> EffectSizes:
    """Read effect sizes from a file or a data frame, and check them.

    Correlations are analysed on Fisher's z, z = atanh(r), with variance 1 / (n - 3 - covariates)
    (Spearman's rho: 1.06 times that; Fieller, Hartley & Pearson 1957). Where a row has no r, it is
    computed from t or F with df, d with n1 and n2, or chi squared (1 df) with n.

    Parameters
    ----------
    source : path, pandas.DataFrame, polars.DataFrame or anything with ``to_pandas``
        A .csv, .tsv or .txt file (comma, semicolon or tab; decimal comma or point; UTF-8, UTF-16
        or Windows-1252), a workbook (.xlsx, .xls, .ods), an SPSS file (.sav), or a frame.
    columns : mapping of str to str, optional
        Our names to the names of the source. Our names are sample, effect, r, n, yi, vi, sei,
        statistic, covariates, t, F, df, d, n1, n2, chi2 and direction; any other name is a label
        (``{"sample": "study_id", "subscale": "scale"}``). Without it, these names are found in any
        case, as are metafor's ri, ni, ti, fi, di, n1i and n2i; nothing else is guessed.
    measure : {"auto", "ZCOR", "COR", "GEN"}
        Scale of the analysis: Fisher's z, raw r (for sensitivity only), or yi with vi or sei taken
        as they are. "auto" is "ZCOR" if there are correlations with n, else "GEN".
    small_sample : bool
        Whether z - r / (2 (n - 1)) replaces z (Hotelling 1953; Hedges & Olkin 1985).
    missing : {"refuse", "drop"}
        Whether rows without r, n or what stands for them are an error or left out with a note.
    sheet : str or int, optional
        Sheet of a workbook, by name or by position from 1; the first if not given.
    name : str, optional
        Name of the data set; the file's name if not given.

    Returns
    -------
    EffectSizes
        k effect sizes in the order of the source, with notes on everything that was derived,
        turned, left out or looks odd.

    Raises
    ------
    InputError
        If anything is wrong; all problems are told at once.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"study": ["A", "A", "B"], "ri": [0.2, 0.3, 0.1], "ni": [50, 50, 80]})
    >>> effects = read_effects(table, columns={"sample": "study"})
    >>> len(effects), effects.samples, effects.measure
    (3, ('A', 'B'), 'ZCOR')
    """
    result = examine(
        source,
        columns,
        measure=measure,
        small_sample=small_sample,
        missing=missing,
        sheet=sheet,
        name=name,
    )
    if result.effects is None:
        raise InputError(result.problems)
    return result.effects


def examine(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    measure: str = "auto",
    small_sample: bool = False,
    missing: str = "refuse",
    sheet: str | int | None = None,
    name: str | None = None,
) -> Examination:
    """Read a source and keep all that was found, right or wrong.

    Parameters
    ----------
    source, columns, measure, small_sample, missing, sheet, name
        As for `read_effects`.

    Returns
    -------
    Examination
        The table or the problems, the notes, and what was understood of the source.
    """
    wrong = bad_options(measure, small_sample, missing)
    try:
        table = read_source(source, sheet=sheet, name=name)
    except InputError as error:
        return Examination(None, (*wrong, *error.problems))
    mapped = map_columns(table.names, columns)
    found = Examination(
        effects=None,
        problems=(*wrong, *table.problems, *mapped.problems),
        notes=(*table.notes, *mapped.notes),
        table=table,
        roles={role: table.names[j] for role, j in mapped.roles.items()},
    )
    if wrong:
        return found
    chosen = choose_measure(filled_roles(table, mapped), measure)
    absent = missing_columns(table, mapped, chosen)
    if table.problems:
        return replace(found, problems=(*found.problems, *absent))
    given, problems = _read_numbers(table, mapped, chosen)
    found = replace(found, problems=(*found.problems, *absent, *problems), mark=given.mark)
    if absent or not set(mapped.asked) <= {*mapped.roles, *mapped.labels}:
        return found
    with np.errstate(all="ignore"):
        derived = derive(given, chosen, measure, small_sample)
    found, rows = _settle_missing(found, table, given, derived, drop=missing == "drop")
    effects = effect_labels(table, mapped, given.places.samples)
    repeated = repeated_effects(given, effects, ~rows) if "effect" in mapped.roles else []
    found = replace(found, problems=(*found.problems, *repeated))
    if found.problems:  # what is odd is told beside what is wrong, not one after the other
        odd = odd_samples(given.places, given.numbers["n"], given.names)
        return replace(found, notes=(*found.notes, *odd))
    return _finish(found, table, mapped, given, derived, effects, ~rows, chosen, small_sample)


def _read_numbers(
    table: SourceTable, mapped: ColumnMap, measure: Measure
) -> tuple[Ingredients, list[Problem]]:
    """The columns with a meaning, and all that is wrong in single cells."""
    samples: list[str | None] = [None] * len(table.rows)
    if "sample" in mapped.roles:
        samples = sample_labels(table.cells[mapped.roles["sample"]])
    places = Places(table.rows, samples)
    roles = roles_to_read(table, mapped, measure)
    given, problems = read_ingredients(table, mapped, roles, places)
    problems += check_ranges(given, measure)
    return given, [*blank_labels(table, mapped, places), *problems]


def _settle_missing(
    found: Examination, table: SourceTable, given: Ingredients, derived: Derived, *, drop: bool
) -> tuple[Examination, BoolArray]:
    """Refuse rows that lack something, or note that they are left out."""
    problems = list(found.problems)
    if not given.unreadable.any():
        problems += derived.problems
    # Every row that is left out is named, however many there are.
    rows, lacking = missing_values(given, derived, limit=None if drop else LIST_LIMIT)
    if not problems:
        problems += unfinished(given, derived, ~rows)
    notes = [*found.notes, *derived.notes]
    if not drop:
        problems += lacking
    else:
        notes += [Note("left out", replace(problem, cure="")) for problem in lacking]
        if rows.all():
            cure = "Check that the columns are the right ones"
            problems.append(Problem("no row is left", table.source, cure, "nothing_left"))
    return replace(found, problems=tuple(problems), notes=tuple(notes)), rows


def _finish(
    found: Examination,
    table: SourceTable,
    mapped: ColumnMap,
    given: Ingredients,
    derived: Derived,
    effects: list[str],
    kept: BoolArray,
    measure: Measure,
    small_sample: bool,
) -> Examination:
    """Build the table and look at it as a whole."""
    labels, unused = label_columns(table, mapped, given, derived, measure)
    frame = build_frame(table, labels, given, derived, effects, kept)
    notes = [*found.notes, *unused]
    if "effect" not in mapped.roles:
        notes += repeated_rows(table, given, kept)
    notes += implausible(frame, measure, derived.ready[kept], given.names)
    result = EffectSizes(
        frame=frame,
        measure=measure,
        name=table.name,
        sha256=table.sha256,
        notes=tuple(notes),
        small_sample=small_sample,
    )
    return replace(found, effects=result, notes=tuple(notes))
