r"""A table as LaTeX with booktabs; what is long goes over pages, what is wide on a page turned.

All that LaTeX reads as a command is escaped. Letters stay UTF-8; pdfLaTeX has Latin letters, and
prints the code point of any other in a small box (the file says so), where LuaLaTeX prints it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from bayes_alliance.report.tables.plain_table import PlainTable
from bayes_alliance.report.tables.typography import (
    HEADING,
    is_wide,
    long_columns,
    runs,
    spanners,
    typeset,
    widths,
)

__all__ = ["latex_document", "latex_text", "table_latex"]

SPECIAL: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%",
    "#": r"\#", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "[": "{[}", "*": "{*}",
    # A hyphen and a comma join with their like.
    "-": "-{}", ",": ",{}", "\N{MINUS SIGN}": r"\ensuremath{-}", "\N{EM DASH}": "---",
    "\N{EN DASH}": "--", "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "τ": r"\ensuremath{\tau}", "ρ": r"\ensuremath{\rho}", "μ": r"\ensuremath{\mu}",
    "≥": r"\ensuremath{\geq}", "≤": r"\ensuremath{\leq}", "²": r"\textsuperscript{2}",
}  # fmt: skip
ESCAPES: Final = str.maketrans(SPECIAL)
#: Last letter of Latin Extended-A, which the fonts of pdfLaTeX have.
LATIN: Final = 0x17F
#: Letters of a line at the two sizes, upright; and on a page on its side.
SMALL, FOOTNOTE, TURNED = 95, 112, 155
#: A word longer than this may be broken anywhere.
WORD: Final = 18
#: A table of more lines goes over pages.
MOST_LINES: Final = 30


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bayes_alliance.report.tables"),
        undefined=StrictUndefined,
        autoescape=False,
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="((",
        variable_end_string="))",
        comment_start_string="((#",
        comment_end_string="#))",
        trim_blocks=True,
    )


def latex_text(text: str) -> str:
    r"""Write any text for LaTeX.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    str
        What LaTeX prints as that text; long words may be broken.

    Examples
    --------
    >>> latex_text("a & b_c")
    'a \\& b\\_c'
    """
    return " ".join(
        r"\hspace{0pt}".join(
            word[i : i + WORD].translate(ESCAPES) for i in range(0, len(word), WORD)
        )
        for word in text.split(" ")
    )


def table_latex(table: PlainTable) -> str:
    r"""Write a table as LaTeX.

    Parameters
    ----------
    table : PlainTable
        The table.

    Returns
    -------
    str
        An environment with ``\caption`` and ``\label{tab:NAME}``; the packages that it needs
        stand in its first line.
    """
    printed = typeset(table)
    wide, letters = is_wide(printed), sum(widths(printed))
    room = TURNED if wide else SMALL if letters <= SMALL else FOOTNOTE
    return _environment().get_template("table.tex.jinja").render(
        wide=wide,
        long=_lines(printed, room) > MOST_LINES,
        size=r"\small" if room == SMALL else r"\footnotesize",
        letters=_unknown(printed),
        columns="".join(_specifications(printed, room)),
        count=len(printed.columns),
        title=latex_text(printed.title),
        label=f"tab:{printed.name}",
        head="\n".join(_head(printed)),
        body="\n".join(_body(printed)),
        note=_symbols(" ".join(printed.notes)),
    )  # fmt: skip


def latex_document(tables: Sequence[PlainTable]) -> str:
    """A document that holds tables, to look at them.

    Parameters
    ----------
    tables : sequence of PlainTable
        The tables.

    Returns
    -------
    str
        LaTeX for any of its engines.
    """
    return _environment().get_template("document.tex.jinja").render(
        tables=[table_latex(table) for table in tables]
    )  # fmt: skip


def _symbols(text: str) -> str:
    return "".join(
        rf"\textit{{{latex_text(piece)}}}" if italic else latex_text(piece)
        for piece, italic in runs(text)
    )


def _shares(table: PlainTable, room: int) -> dict[int, float]:
    """Shares of the line that columns of long text have."""
    letters, long = widths(table, most_text=48), long_columns(table)
    left = max(room - sum(w for i, w in enumerate(letters) if i not in long), 20 * len(long))
    wanted = sum(letters[i] for i in long)
    return {i: left * letters[i] / wanted / room for i in long}


def _specifications(table: PlainTable, room: int) -> Iterator[str]:
    shares = _shares(table, room)
    yield "@{}"
    for i, column in enumerate(table.columns):
        if i in shares:
            yield rf">{{\raggedright\arraybackslash}}p{{{0.96 * shares[i]:.3f}\linewidth}}"
        else:
            yield "r" if column.numeric else "l"
    yield "@{}"


def _lines(table: PlainTable, room: int) -> int:
    """Lines that the rows take, wrapped text counted as often as it is broken."""
    shares = _shares(table, room)
    return len(table.sections) + sum(
        max([1, *(-(-len(row[i]) // round(room * share)) for i, share in shares.items())])
        for row in table.rows
    )


def _head(table: PlainTable) -> Iterator[str]:
    groups = spanners(table.columns)
    if groups:
        cells, rules, first = [], [], 1
        for text, count in groups:
            cells.append(rf"\multicolumn{{{count}}}{{c}}{{{_symbols(text)}}}" if text else "")
            if text:
                rules.append(rf"\cmidrule(lr){{{first}-{first + count - 1}}}")
            first += count
        yield " & ".join(cells) + r" \\"
        yield "".join(rules)
    yield " & ".join(
        _heading(column.heading, "r" if column.numeric else "l") for column in table.columns
    ) + r" \\"  # fmt: skip


def _heading(text: str, side: str) -> str:
    lines = [_symbols(line) for line in textwrap.wrap(text, HEADING)]
    if len(lines) < 2:
        return "".join(lines)
    return rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{r'\\'.join(lines)}\end{{tabular}}"


def _body(table: PlainTable) -> Iterator[str]:
    count = len(table.columns)
    for heading, rows in table.bodies():
        if heading:
            yield rf"\multicolumn{{{count}}}{{@{{}}l}}{{\textit{{{latex_text(heading)}}}}} \\"
        for row in rows:
            yield " & ".join(map(latex_text, row)) + r" \\"


def _unknown(table: PlainTable) -> list[tuple[str, str]]:
    """Letters that pdfLaTeX may lack, with their code points."""
    texts = (
        table.title,
        *(text for c in table.columns for text in (c.heading, c.spanner)),
        *(cell for row in table.rows for cell in row),
        *table.notes,
        *(text for _, text in table.sections),
    )
    found = {c for c in "".join(texts) if ord(c) > LATIN and c not in SPECIAL}
    return [(c, f"{ord(c):04X}") for c in sorted(found)]
