"""A table of effect sizes as plain values, for a file, and back without loss."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from bayes_alliance.data.correlations import Correlations
from bayes_alliance.data.effects import EffectSizes, Note
from bayes_alliance.errors import Problem

__all__ = ["effects_from_dict", "effects_to_dict"]

_DESCRIBED = (
    "measure",
    "name",
    "sha256",
    "citation",
    "notice",
    "topic",
    "synthetic",
    "small_sample",
)


def effects_to_dict(effects: EffectSizes) -> dict[str, Any]:
    """A table of effect sizes as nested plain values, ready for JSON.

    Parameters
    ----------
    effects : EffectSizes
        The table.

    Returns
    -------
    dict
        ``columns`` (name to values, None where missing) and ``dtypes`` of the table, what is known
        about it, its notes, and the same of its reported correlations, if any.
    """
    described = {name: getattr(effects, name) for name in _DESCRIBED}
    reported = effects.correlations
    return {
        **_frame_to_dict(effects.frame),
        "notes": [asdict(note) for note in effects.notes],
        "correlations": None
        if reported is None
        else {
            **_frame_to_dict(reported.frame),
            "notes": [asdict(note) for note in reported.notes],
            "name": reported.name,
            "sha256": reported.sha256,
        },
        **described,
    }


def effects_from_dict(stored: dict[str, Any]) -> EffectSizes:
    """Read what `effects_to_dict` made.

    Parameters
    ----------
    stored : dict
        Nested plain values.

    Returns
    -------
    EffectSizes
        The same table: values, types, order, notes.
    """
    reported = stored.get("correlations")
    correlations = None
    if reported is not None:
        correlations = Correlations(
            _frame_from_dict(reported),
            reported["name"],
            reported["sha256"],
            _notes_from(reported),
        )
    return EffectSizes(
        frame=_frame_from_dict(stored),
        notes=_notes_from(stored),
        correlations=correlations,
        **{name: stored[name] for name in _DESCRIBED},
    )


def _frame_to_dict(frame: pd.DataFrame) -> dict[str, Any]:
    missing = frame.isna()
    columns = {
        str(name): [
            None if gone else getattr(value, "item", lambda value=value: value)()
            for value, gone in zip(frame[name], missing[name], strict=True)
        ]
        for name in frame.columns
    }
    dtypes = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    return {"columns": columns, "dtypes": dtypes}


def _frame_from_dict(stored: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=stored["dtypes"][name])
            for name, values in stored["columns"].items()
        }
    )


def _notes_from(stored: dict[str, Any]) -> tuple[Note, ...]:
    return tuple(Note(note["kind"], Problem(**note["problem"])) for note in stored["notes"])
