"""Time and memory of an exact posterior against the number of effects, each in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bayes_alliance.engines.exact.draws import draw
from bayes_alliance.engines.exact.solve import solve
from benchmarks.cases import grown

__all__ = ["SIZES", "draw_plot", "measure", "run_growth"]

SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
DRAWS = 4_000


STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _memory(entry: str) -> float:
    """Resident memory of this process, MiB: ``VmRSS`` now, ``VmHWM`` at its peak (Linux)."""
    line = next(row for row in STATUS.read_text().splitlines() if row.startswith(entry))
    return int(line.split()[1]) / 1024


def measure(effects: int) -> dict[str, float]:
    """Solve and draw beta and the taus once compiled code is loaded.

    Parameters
    ----------
    effects : int
        Number of effects.

    Returns
    -------
    dict
        Seconds, peak memory of the process and what the call added to it (MiB), reported error.
    """
    rng = np.random.default_rng(1)
    small = grown(100)
    draw(small, small.blocks(), solve(small), DRAWS, rng)
    FORGET.write_text("5")  # the peak counts from here
    before, times = _memory("VmRSS"), []
    design = grown(effects)
    for _ in range(3 if effects > 10_000 else 7):
        began = time.perf_counter()
        blocks = design.blocks()
        grid = solve(design, blocks=blocks)
        draw(design, blocks, grid, DRAWS, rng)
        times.append(time.perf_counter() - began)
    return {
        "effects": effects,
        "samples": len(design.sample_ids),
        "seconds": float(np.median(times)),
        "peak_mib": _memory("VmHWM"),
        "added_mib": _memory("VmHWM") - before,
        "reported_error": grid.error,
        "nodes": grid.log_values.size,
    }


def run_growth() -> list[dict[str, float]]:
    """Measure every size in a process of its own."""
    found = []
    for size in SIZES:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.growth", str(size)],
            cwd=Path(__file__).resolve().parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return found


def draw_plot(growth: list[dict[str, Any]], path: Path) -> None:
    """Draw both curves on logarithmic axes, each beside a line of slope 1."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    effects = np.array([row["effects"] for row in growth], float)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    columns = (
        ("seconds", "seconds", "Time: solve and 4,000 draws", "measured"),
        ("added_mib", "MiB", "Memory", "added by table and fit"),
    )
    for ax, (key, unit, title, label) in zip(axes, columns, strict=True):
        values = np.array([row[key] for row in growth])
        ax.loglog(effects, values, marker="o", color="#1b5e8c", label=label)
        ax.loglog(
            effects, values[-1] * effects / effects[-1], color="0.6", ls="--", label="slope 1"
        )
        ax.set(xlabel="effects", ylabel=unit, title=title)
        if key == "added_mib":
            peaks = [row["peak_mib"] for row in growth]
            ax.loglog(effects, peaks, marker=".", color="#b5651d", label="peak of the process")
        ax.legend(frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
