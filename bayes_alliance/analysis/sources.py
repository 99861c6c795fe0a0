"""Data by name, by file or by frame."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from bayes_alliance.data.bundled import datasets, load
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import InputError, Problem

__all__ = ["effects_from", "is_bare_name", "is_bundled"]


def effects_from(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    missing: Literal["refuse", "drop"] = "refuse",
    sheet: str | int | None = None,
    correlations: object = None,
) -> EffectSizes:
    """Effect sizes from a bundled data set, a file, a frame, or as they are.

    Parameters
    ----------
    source : str, path, frame or EffectSizes
        A name among `datasets`, a path, a pandas or polars frame, or a table that was read
        already.
    columns : mapping of str to str, optional
        Our names to the names of the source.
    missing : {"refuse", "drop"}
        What happens to rows without r or n.
    sheet : str or int, optional
        Sheet of a workbook.
    correlations : Correlations, path or frame, optional
        Reported correlations among the variables of the samples.

    Returns
    -------
    EffectSizes
        The checked table.

    Raises
    ------
    InputError
        As `read_effects` and `load`.
    """
    effects = _effects(source, columns, missing, sheet)
    return effects if correlations is None else effects.with_correlations(correlations)


def _effects(
    source: object,
    columns: Mapping[str, str] | None,
    missing: Literal["refuse", "drop"],
    sheet: str | int | None,
) -> EffectSizes:
    if isinstance(source, EffectSizes):
        return source
    if is_bundled(source) or is_bare_name(source):
        loaded = load(str(source))
        return _relabelled(loaded, columns) if columns else loaded
    return read_effects(source, columns, missing=missing, sheet=sheet)


def _relabelled(effects: EffectSizes, columns: Mapping[str, str]) -> EffectSizes:
    """A bundled table is read already; only its labels can get other names."""
    problems = [
        Problem(
            what=f"{effects.name} is read already, and {theirs!r} is none of its labels",
            where=f"column {ours}",
            cure=f"Labels that can be renamed: {', '.join(effects.labels)}",
            code="unknown_label",
        )
        for ours, theirs in columns.items()
        if theirs not in effects.labels
    ]
    problems += [
        Problem(
            what=f"{effects.name} has a column {ours!r} already",
            where=f"column {ours}",
            cure="Choose another name",
            code="label_taken",
        )
        for ours, theirs in columns.items()
        if ours != theirs and ours in effects.frame.columns
    ]
    if problems:
        raise InputError(problems)
    frame = effects.to_frame().rename(columns={theirs: ours for ours, theirs in columns.items()})
    return replace(effects, frame=frame)


def is_bundled(source: object) -> bool:
    """Whether a source is the name of a bundled data set.

    Parameters
    ----------
    source : object
        What the user named.

    Returns
    -------
    bool
        True for a known name (a file that can be read has an ending, such a name has none).
    """
    return isinstance(source, str) and source in {info.name for info in datasets()}


def is_bare_name(source: object) -> bool:
    """Whether a text is neither a file nor looks like one: a misspelt data set.

    Parameters
    ----------
    source : object
        What the user named.

    Returns
    -------
    bool
        True for a text without an ending that names nothing here.
    """
    if not isinstance(source, str) or Path(source).suffix:
        return False
    return not os.path.lexists(source)  # Path.exists raises on a name that is too long
