"""What stands under every figure: whose data, what must be said about them, what to beware of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.style import CAUTION, GREY, INK, LINE, MARGIN, SMALL
from bayes_alliance.plots.wording import escape, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Footer", "footer_height", "footer_of", "hang_footer", "place_footer"]

#: Marks the texts of a footer, so that a test or a page can find them in a figure.
FOOTER_ID: Final = "footer"
#: Said of simulated data that bring no notice of their own.
SIMULATED: Final = "Simulated data: these numbers are no evidence."


@dataclass(frozen=True, slots=True)
class Footer:
    """The lines under a figure.

    Parameters
    ----------
    data : str
        Name and size of the data set, and what this model leaves out.
    notice : str
        What must be shown with every result of these data ("" if nothing).
    caution : str
        What the reader must beware of, for example checks that failed ("" if nothing); in red.
    note : str
        What a column of the figure is ("" if nothing), below the data.
    """

    data: str
    notice: str = ""
    caution: str = ""
    note: str = ""

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Texts with their colours, from top to bottom, empty ones left out.

        Returns
        -------
        tuple of (str, str)
            Text and colour.
        """
        parts = (
            (self.caution, CAUTION),
            (self.notice, INK),
            (self.data, GREY),
            (self.note, GREY),
        )
        return tuple((text, colour) for text, colour in parts if text)


def footer_of(fitted: Fitted, *, caution: str = "", also: str = "") -> Footer:
    """Footer of a figure of an analysis.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of.
    also : str
        One more sentence about the figure, put behind the data.

    Returns
    -------
    Footer
        With the notice of the data set.
    """
    design = fitted.design
    k, samples = len(design.y), len(design.sample_ids)
    data = (
        f"Data: {fitted.effects.name}, {k} effect size{'' if k == 1 else 's'} "
        f"in {samples} sample{'' if samples == 1 else 's'}."
    )
    if design.left_out:
        data += f" Not in this model: {len(design.left_out)} of {len(fitted.effects)}."
    notice = fitted.effects.notice or (SIMULATED if fitted.effects.synthetic else "")
    return Footer(f"{data} {also}".strip(), notice, caution)


def _lines(footer: Footer, width: float) -> list[tuple[str, str]]:
    return [
        (line, colour) for text, colour in footer.parts() for line in wrap(text, width, size=SMALL)
    ]


def footer_height(footer: Footer, width: float) -> float:
    """Height that a footer needs.

    Parameters
    ----------
    footer : Footer
        The footer.
    width : float
        Width of its lines, in inches.

    Returns
    -------
    float
        In inches.
    """
    return len(_lines(footer, width)) * LINE


def place_footer(figure: Figure, footer: Footer) -> None:
    """Write a footer at the lower edge of a figure that has left room for it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure of ours; see `footer_height` for the room.
    footer : Footer
        The footer.
    """
    across, up = figure.get_size_inches()
    lines = _lines(footer, across - 2 * MARGIN)
    for number, (line, colour) in enumerate(reversed(lines)):
        figure.text(
            MARGIN / across,
            (MARGIN + number * LINE) / up,
            escape(line),
            color=colour,
            fontsize=SMALL,
            va="bottom",
            gid=FOOTER_ID,
        )


def hang_footer(ax: Axes, footer: Footer, *, below: float, width: float, left: float = 0.0) -> None:
    """Write a footer under axes that belong to someone else's figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes; layout engines see the texts and make room.
    footer : Footer
        The footer.
    below : float
        Distance from the lower edge of the axes, in inches.
    width : float
        Width of the lines, in inches.
    left : float
        How far left of the axes the lines begin, in inches.
    """
    for number, (line, colour) in enumerate(_lines(footer, width)):
        ax.annotate(
            escape(line),
            xy=(0, 0),
            xycoords="axes fraction",
            xytext=(-72 * left, -72 * (below + number * LINE)),
            textcoords="offset points",
            color=colour,
            fontsize=SMALL,
            va="top",
            annotation_clip=False,
            gid=FOOTER_ID,
        )
