"""Figures of a report, drawn once and written in every format that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bayes_alliance.errors import InputError
from bayes_alliance.plots.style import FORMATS, figure_bytes
from bayes_alliance.report.document.blocks import Drawing, Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Plate", "Sheet", "named_sheets", "plates_of"]

#: Dots of a screen to an inch, for the size that a page gives a figure.
SCREEN: Final = 96


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a drawn figure; long ones have several.

    Parameters
    ----------
    width, height : float
        In inches.
    files : mapping of str to bytes
        Its contents by format.
    """

    width: float
    height: float
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plate:
    """A drawn figure.

    Parameters
    ----------
    sheets : tuple of Sheet
        In order; none if it could not be drawn.
    refused : str
        Why it could not be drawn for this analysis.
    """

    sheets: tuple[Sheet, ...]
    refused: str = ""


def plates_of(report: Report, formats: Sequence[str] = FORMATS) -> dict[str, Plate]:
    """Draw all figures of a report.

    Parameters
    ----------
    report : Report
        The report.
    formats : sequence of str
        Among png, svg and pdf.

    Returns
    -------
    dict of str to Plate
        By name of the drawing. A figure that does not apply to the analysis says why.
    """
    return {
        block.name: _drawn(block, formats)
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Drawing)
    }


def _drawn(drawing: Drawing, formats: Sequence[str]) -> Plate:
    try:
        figures = drawing.draw()
    except InputError as error:
        return Plate((), " ".join(str(error).split()))
    return Plate(tuple(_sheet(figure, formats) for figure in figures))


def _sheet(figure: Figure, formats: Sequence[str]) -> Sheet:
    width, height = (float(side) for side in figure.get_size_inches())
    return Sheet(width, height, {name: figure_bytes(figure, name) for name in formats})


def named_sheets(plates: Mapping[str, Plate]) -> Iterator[tuple[str, Sheet]]:
    """Name every sheet of every figure: ``forest``, or ``forest_1`` and so on.

    Parameters
    ----------
    plates : mapping of str to Plate
        Drawn figures.

    Yields
    ------
    name : str
        File name without an ending.
    sheet : Sheet
        The sheet.
    """
    for name, plate in plates.items():
        for number, sheet in enumerate(plate.sheets, start=1):
            yield (name if len(plate.sheets) == 1 else f"{name}_{number}"), sheet
