"""Nested tables as the text of a TOML file that the reader of specifications takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["MOST_DOTS_OF_A_LINE", "toml_text"]

#: Lines with more are refused: the parser needs memory with the square of the parts of a dotted
#: key, and which dots are in a text is known only after parsing.
MOST_DOTS_OF_A_LINE = 1_000


def toml_text(tables: Mapping[str, Any]) -> str:
    """Write nested tables as TOML.

    Parameters
    ----------
    tables : mapping
        Texts, numbers, truth values, lists and tables, without None.

    Returns
    -------
    str
        The text; floats have all their digits.
    """
    import tomli_w

    text = tomli_w.dumps(tables)
    # No key has that many dots, so they are in a text, where a dot may be written as its code.
    return "".join(
        line.replace(".", "\\u002E") if line.count(".") > MOST_DOTS_OF_A_LINE else line
        for line in text.splitlines(keepends=True)
    )
