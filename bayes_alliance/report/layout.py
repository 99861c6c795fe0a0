"""Plain text at 80 columns: tables, paragraphs, lists of names."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

__all__ = ["WIDTH", "aligned", "listing", "wrapped"]

WIDTH = 80


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], *, width: int = WIDTH) -> str:
    """Lay out a table; the first column is text on the left, the others are right-aligned.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
        Cells as text.
    width : int
        Columns of the terminal; long labels are wrapped within.

    Returns
    -------
    str
        The table, two blanks indented.
    """
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="", padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", no_wrap=bool(i), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(Padding(table, (0, 0, 0, 2)))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def wrapped(text: str, *, bullet: str = "") -> str:
    """Fill a paragraph, two blanks indented.

    Parameters
    ----------
    text : str
        The paragraph.
    bullet : str
        What stands before its first line.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    return textwrap.fill(
        text, WIDTH, initial_indent=f"  {bullet}", subsequent_indent="  " + " " * len(bullet)
    )


def listing(rows: Sequence[tuple[str, str, str]]) -> str:
    """Lay out names with a title and an explanation each.

    Parameters
    ----------
    rows : sequence of (name, title, explanation)
        What is listed.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    width = max(len(name) for name, _, _ in rows) + 2
    lines = []
    for name, title, explanation in rows:
        lines.append(textwrap.fill(title, WIDTH, initial_indent=name.ljust(width),
                                   subsequent_indent=" " * width))  # fmt: skip
        if explanation:
            indent = " " * width
            lines.append(textwrap.fill(explanation, WIDTH, initial_indent=indent,
                                       subsequent_indent=indent))  # fmt: skip
    return "\n".join(lines)
