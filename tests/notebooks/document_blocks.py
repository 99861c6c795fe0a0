"""Read code blocks out of a page, and compare what is printed with what is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Stands for lines that a page leaves out.
ELLIPSIS: Final = "…"
NUMBER: Final = re.compile(
    r"(?<![\w.])[-−]?(?:\d+(?:\.\d+)?e[-+]\d+|\d+\.\d+|\.\d+|\d+)(?![\w]|\.\d)"
)
FENCE: Final = re.compile(
    r"(?:<!-- (?P<key>[\w ]+): (?P<value>[\w. ]+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```",
    flags=re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: its language, its text and the remark before it, if there is one."""

    language: str
    text: str
    key: str = ""
    value: str = ""


def blocks_of(path: Path) -> tuple[Block, ...]:
    """All code blocks of a page, in order."""
    return tuple(
        Block(found["language"], found["text"], found["key"] or "", found["value"] or "")
        for found in FENCE.finditer(path.read_text(encoding="utf-8"))
    )


def sessions_of(text: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the lines shown below it."""
    sessions: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            sessions.append((line[2:], []))
        else:
            sessions[-1][1].append(line)
    return sessions


def same_line(shown: str, printed: str) -> bool:
    """Whether two lines have the same words, and numbers within the error of the sampler.

    Whole numbers are equal, percentages within 5, and numbers with a point within .02 and a tenth:
    another processor may draw other numbers, and a page is no more exact than that. Numbers in
    scientific notation, as errors and p values are, agree within a factor of ten.
    """
    if skeleton(shown) != skeleton(printed):
        return False
    pairs = zip(NUMBER.finditer(shown), NUMBER.finditer(printed), strict=True)
    return all(_close(a, b, shown) for a, b in pairs)


def skeleton(line: str) -> list[str]:
    """The words of a line with # for every number."""
    return NUMBER.sub("#", line).split()


def _close(a: re.Match[str], b: re.Match[str], line: str) -> bool:
    first, second = (float(found[0].replace("−", "-")) for found in (a, b))
    if "e" in a[0] and "e" in b[0]:
        return first * second > 0 and 0.1 <= first / second <= 10
    if re.match(r"\s?%", line[a.end() :]) and "interval" not in line:
        return abs(first - second) <= 5
    if "." in a[0] or "." in b[0]:
        return abs(first - second) <= 0.02 + 0.1 * abs(first)
    return first == second


def first_difference(shown: Sequence[str], printed: Sequence[str]) -> str:
    """The first line that is shown and was not printed where it should be; empty if none.

    Lines between two marks of omission stand together in the output, and in this order.
    """
    rest = [line for line in printed if line.strip()]
    for piece in _pieces([line for line in shown if line.strip()]):
        at = next(
            (i for i in range(len(rest) - len(piece.lines) + 1) if _stands(piece.lines, rest, i)),
            None,
        )
        if at is None or (piece.follows and at > 0):
            return next(
                (line for line in piece.lines if not any(same_line(line, p) for p in rest)),
                piece.lines[0],
            )
        rest = rest[at + len(piece.lines) :]
    return ""


@dataclass(frozen=True, slots=True)
class _Piece:
    lines: tuple[str, ...]
    follows: bool


def _pieces(shown: Sequence[str]) -> list[_Piece]:
    pieces: list[_Piece] = []
    lines: list[str] = []
    follows = True
    for line in [*shown, ELLIPSIS]:
        if line.strip() != ELLIPSIS:
            lines.append(line)
            continue
        if lines:
            pieces.append(_Piece(tuple(lines), follows))
        lines, follows = [], False
    return pieces


def _stands(piece: Sequence[str], printed: Sequence[str], at: int) -> bool:
    return all(same_line(line, printed[at + i]) for i, line in enumerate(piece))
