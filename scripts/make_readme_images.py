"""Draw the images of README.md into docs/images: python scripts/make_readme_images.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")

import bayes_alliance as ba

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST_FILE = 150_000


def main() -> None:
    """Fit two models to crede2010 and draw them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    effects = ba.load("crede2010")
    # The ten studies that report both criteria: few enough for a page, and more than one effect
    # in each, so that both levels can be seen.
    both = effects.to_frame().groupby("sample")["criterion"].transform("nunique") == 2
    save(ba.fit(effects.keep(both), "three_level").plot_forest(), "forest.png")
    save(ba.fit(effects, "three_level").plot_taus(width=5.7), "taus.png")
    by_criterion = ba.fit(effects, "moderator", moderator="criterion")
    save(by_criterion.plot_scales(), "criterion.png")


def save(axes: Axes, name: str) -> None:
    """Write the figure of some axes, small enough for a page on the web."""
    path = FOLDER / name
    # Without the metadata, the same numbers give the same bytes under any version of matplotlib.
    axes.figure.savefig(path, dpi=110, metadata={"Software": None})
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise SystemExit(f"{name} has {size:,} bytes; {LARGEST_FILE:,} are allowed")
    print(f"{name}: {size:,} bytes")


if __name__ == "__main__":
    main()
