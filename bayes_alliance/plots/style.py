"""One place for what figures look like and how they are written to disk.

Figures are made without pyplot: no window, no backend and no global state are needed. Matplotlib is
imported when a figure is made and not before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bayes_alliance.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FORMATS",
    "ONE_COLUMN",
    "TWO_COLUMNS",
    "figure_bytes",
    "figure_of",
    "figure_style",
    "font_families",
    "new_figure",
    "placed_axes",
    "save",
]

#: Widths of journal figures, in inches.
ONE_COLUMN: Final = 3.35
TWO_COLUMNS: Final = 7.0

#: Sizes of text, in points.
SMALL: Final = 7.0
MEDIUM: Final = 7.5
LARGE: Final = 8.5

#: Height of a row of text and of a line of a footer, in inches.
ROW: Final = 0.165
LINE: Final = 0.125
#: Free margin around every figure, in inches.
MARGIN: Final = 0.08

INK: Final = "#1f1f1f"
GREY: Final = "#757575"
LIGHT: Final = "#d4d4d4"
PAPER: Final = "#ffffff"
CAUTION: Final = "#b00020"
#: What is estimated, where no level gives it a colour.
ESTIMATE: Final = "#0b5a8a"
#: Prior densities.
PRIOR: Final = "#b0601a"

#: Okabe and Ito's colours (2008, Color Universal Design), ordered so that neighbours differ in
#: lightness too and a grey print keeps them apart; the shape of the marker says the same again.
LEVEL_COLOURS: Final = ("#0072b2", "#e69f00", "#007a5a", "#cc79a7", "#333333", "#d55e00", "#56b4e9")
LEVEL_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
#: Dashes of benchmarks, in the order of the specification.
DASHES: Final[tuple[Any, ...]] = ((0, (4, 2)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (2, 1)))

FORMATS: Final = ("png", "svg", "pdf")

#: Comes with matplotlib: the same figure on every machine.
FONT: Final = "DejaVu Sans"
#: Asked for letters that it does not have, where one of them is installed.
OTHER_SCRIPTS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Arial Unicode MS",
)

_SETTINGS: Final[dict[str, Any]] = {
    "font.size": MEDIUM,
    "axes.labelsize": MEDIUM,
    "axes.titlesize": LARGE,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 100,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "butt",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "savefig.dpi": 300,
    "svg.fonttype": "path",  # text stands where it was measured, whatever fonts a reader has
    "svg.hashsalt": "bayes_alliance",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
#: No dates and no versions: the same figure gives the same file.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw in the style of the package; whatever the user has set is back afterwards.

    Yields
    ------
    None
        Figures made and saved inside have the style.

    Examples
    --------
    >>> from bayes_alliance.plots.style import figure_style, new_figure
    >>> with figure_style():
    ...     figure = new_figure(3.35, 2.0)
    >>> figure.get_size_inches().tolist()
    [3.35, 2.0]
    """
    from matplotlib import style

    with style.context(["default", {**_SETTINGS, "font.family": font_families()}]):
        yield


@cache
def font_families() -> list[str]:
    """Fonts in the order in which a letter is looked for.

    Returns
    -------
    list of str
        DejaVu Sans, then installed fonts with the letters of East Asia.
    """
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return [FONT, *(font for font in OTHER_SCRIPTS if font in installed)]


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure that pyplot knows nothing about.

    Parameters
    ----------
    width, height : float
        In inches.

    Returns
    -------
    matplotlib.figure.Figure
        With a canvas that can draw without a display; a notebook shows it by itself.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from bayes_alliance.plots.shown import ShownFigure

    figure = ShownFigure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def figure_of(ax: Axes) -> Figure:
    """Figure that axes belong to, also from inside a subfigure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.

    Returns
    -------
    matplotlib.figure.Figure
        The whole figure.

    Raises
    ------
    ValueError
        If the axes were removed from their figure.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes belong to no figure any more")
    return figure


def placed_axes(figure: Figure, *, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes at a place given in inches from the lower left corner of the figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    left, bottom, width, height : float
        In inches.

    Returns
    -------
    matplotlib.axes.Axes
        The new axes.
    """
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def figure_bytes(figure: Figure, file_format: str) -> bytes:
    """Write a figure to memory, for a page that carries its figures with it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    file_format : {"png", "svg", "pdf"}
        PNG has 300 dots an inch; PDF carries its fonts (TrueType); SVG has its text as outlines.

    Returns
    -------
    bytes
        The file. The same figure gives the same bytes: there is no date in it.

    Raises
    ------
    InputError
        If the format is none of the three.
    """
    if file_format not in FORMATS:
        raise InputError(
            Problem(
                what=f"figures are not written as {file_format!r}",
                cure=f"Choose one of {', '.join(FORMATS)}",
                code="figure_format",
            )
        )
    buffer = BytesIO()
    with figure_style(), warnings.catch_warnings():
        # Scripts that no font here has are drawn as boxes, which tell so by themselves.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
        figure.savefig(buffer, format=file_format, metadata=_METADATA[file_format])
    return buffer.getvalue()


def save(figure: Figure, path: str | Path) -> tuple[Path, ...]:
    """Write a figure to disk.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure (``axes.figure`` of what the drawing functions return).
    path : str or Path
        With the ending .png, .svg or .pdf: that file. Without an ending: all three. Folders that
        are missing are made.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        If the ending is none of the three.
    """
    target = Path(path)
    endings = (target.suffix[1:].lower(),) if target.suffix else FORMATS
    contents = [figure_bytes(figure, ending) for ending in endings]
    target.parent.mkdir(parents=True, exist_ok=True)
    written = tuple(target if target.suffix else target.with_suffix(f".{e}") for e in endings)
    for file, content in zip(written, contents, strict=True):
        file.write_bytes(content)
    return written
