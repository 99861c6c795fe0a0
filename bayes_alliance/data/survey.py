"""What a table of effect sizes contains, in numbers that can be printed or written as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.names import ALLIANCE_SCALES, TOTAL_SCALE

__all__ = ["SCALE_COLUMN", "survey"]

#: The label that names the scale of an effect size.
SCALE_COLUMN = "subscale"


def survey(effects: EffectSizes) -> dict[str, Any]:
    """Count what is in a table.

    Parameters
    ----------
    effects : EffectSizes
        The table, k rows.

    Returns
    -------
    dict
        Ready for JSON: effects, samples, participants, measure, small_sample, effects_per_sample
        (minimum, median, maximum), statistics, turned, not_significant, scales (counts, or None
        without a column subscale), totals (effects, and samples_beside_scales that give one beside
        its scales; or None) and moderators (name, kind, missing, and levels or minimum, median and
        maximum).

    Examples
    --------
    >>> import pandas as pd
    >>> from bayes_alliance.data.readers import read_effects
    >>> effects = read_effects(pd.DataFrame({"sample": ["A", "B"], "r": [0.2, 0.3], "n": [50, 80]}))
    >>> survey(effects)["participants"]
    130
    """
    frame = effects.frame
    sizes = frame.groupby("sample", sort=False).size().to_numpy()
    moderators = [_moderator(name, frame[name]) for name in effects.labels]
    scales = next((m["levels"] for m in moderators if m["name"] == SCALE_COLUMN), None)
    return {
        "effects": len(frame),
        "samples": len(sizes),
        "participants": effects.participants,
        "measure": effects.measure,
        "small_sample": effects.small_sample,
        "effects_per_sample": {
            "minimum": int(sizes.min()),
            "median": float(np.median(sizes)),
            "maximum": int(sizes.max()),
        },
        "statistics": dict(Counter(frame["statistic"].tolist())),
        "turned": int(frame["turned"].sum()),
        "not_significant": int(frame["not_significant"].sum()),
        "scales": None if scales is None else _in_order(scales),
        "totals": None if scales is None else _totals(frame),
        "moderators": [m for m in moderators if m["name"] != SCALE_COLUMN],
    }


def _in_order(scales: dict[str, int]) -> dict[str, int]:
    """The scales of the alliance in their usual order, others after them."""
    order = {scale: i for i, scale in enumerate(ALLIANCE_SCALES)}
    return dict(sorted(scales.items(), key=lambda item: order.get(item[0], len(order))))


def _totals(frame: pd.DataFrame) -> dict[str, int]:
    """Total scores, and the samples in which they stand beside scales."""
    text = frame[SCALE_COLUMN].astype("string").str.strip().str.casefold()
    total = (text == TOTAL_SCALE).fillna(False).to_numpy(bool)
    scale = ~total & text.notna().to_numpy(bool)
    beside = set(frame["sample"][total]) & set(frame["sample"][scale])
    return {"effects": int(total.sum()), "samples_beside_scales": len(beside)}


def _moderator(name: str, column: pd.Series[Any]) -> dict[str, Any]:
    """Levels of a categorical column, or range of a numeric one."""
    missing = int(column.isna().sum())
    known = column.dropna()
    if column.dtype.kind in "if" and len(known):
        values = known.to_numpy(dtype=np.float64)
        return {
            "name": name,
            "kind": "numeric",
            "missing": missing,
            "minimum": float(values.min()),
            "median": float(np.median(values)),
            "maximum": float(values.max()),
        }
    counts = Counter(str(value) for value in known.tolist())
    return {
        "name": name,
        "kind": "categorical" if len(known) else "empty",
        "missing": missing,
        "levels": dict(counts.most_common()),
    }
