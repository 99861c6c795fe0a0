"""The figure: length, coverage and power of intervals of differences in every cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["draw"]

#: Analyses that are drawn: name in the results, legend, colour, marker, vertical shift.
DRAWN = (
    ("naive", "taken as independent", "#b5651d", "o", -0.21),
    ("known", "rho known", "#333333", "D", -0.07),
    ("beta", "rho estimated, Beta(14, 6)", "#1b5e8c", "s", 0.07),
    ("uniform", "rho estimated, uniform(0, .95)", "#6aa7cf", "^", 0.21),
)
PANELS = (
    ("task - bond", "length_ratio", "task - bond: length relative\nto rho known", 1.0),
    ("task - bond", "coverage", "task - bond: coverage\nof the 95 % interval", 0.95),
    ("task - goal", "power", "task - goal: share of intervals\nthat exclude 0", None),
)


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw three panels, a row a cell; bars are 95 % Monte Carlo intervals.

    Parameters
    ----------
    result : dict
        What ``results.json`` holds.
    path : Path
        The picture.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    cells = result["cells"]
    rows = np.arange(len(cells))
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 5.2), sharey=True, layout="constrained")
    for ax, (contrast, key, title, line) in zip(axes, PANELS, strict=True):
        for name, label, colour, marker, shift in DRAWN:
            found = [cell["analyses"][name][contrast][key] for cell in cells.values()]
            values = np.array([each["value"] for each in found])
            reach = 1.96 * np.array([each["error"] for each in found])
            # A share ends at 1.
            above = reach if key == "length_ratio" else np.minimum(reach, 1 - values)
            ax.errorbar(
                values,
                rows + shift,
                xerr=np.array([reach, above]),
                ls="",
                marker=marker,
                ms=5,
                color=colour,
                label=label,
            )
        if line is not None:
            ax.axvline(line, color="0.7", lw=1, zorder=0)
        ax.set_title(title, fontsize=10)
        ax.spines[["top", "right"]].set_visible(False)
        for row in rows[1:]:
            ax.axhline(row - 0.5, color="0.92", lw=0.8, zorder=0)
    axes[0].set_yticks(rows, list(cells))
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
