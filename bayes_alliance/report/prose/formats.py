"""References as they are handed on: APA 7, BibTeX, CSL-JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from bayes_alliance.report.prose.paragraph import Reference

__all__ = ["apa", "bibtex", "csl_json"]

#: APA 7: of more authors the first 19 and the last are listed.
MOST_AUTHORS: Final = 20
ENTRIES: Final = {"article-journal": "article", "book": "book", "chapter": "incollection"}
ESCAPES: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "“": "``", "”": "''", "–": "--", **{c: f"\\{c}" for c in "&%$#_"},
}  # fmt: skip
KINDS: Final = {"dataset": "Data set", "software": "Computer software"}
ORDINALS: Final = {"1": "1st", "2": "2nd", "3": "3rd"}


def apa(reference: Reference) -> str:
    """Write a reference in APA style (7th edition), without italics.

    Parameters
    ----------
    reference : Reference
        The work.

    Returns
    -------
    str
        One paragraph of a list of references.

    Examples
    --------
    >>> from bayes_alliance.report.prose.library import library
    >>> print(apa(library()["higgins2002"]))
    Higgins, J. P. T., & Thompson, S. G. (2002). Quantifying heterogeneity in a meta-analysis. \
Statistics in Medicine, 21(11), 1539–1558. https://doi.org/10.1002/sim.1186
    """
    work: dict[str, Any] = dict(reference.csl)
    year, title = f"({_year(work) or 'n.d.'})", _apa_title(work)
    authors = _apa_authors(work["author"]).rstrip(".") if "author" in work else ""
    head = [f"{authors}. {year}", title] if authors else [f"{title}. {year}"]
    parts = [*head, _apa_from(work)]
    text = " ".join(f"{part.rstrip('.')}." for part in parts if part)
    if work["type"] == "dataset" and work.get("note"):
        text = f"{text} {work['note']}"
    return f"{text} https://doi.org/{work['DOI']}" if "DOI" in work else text


def _year(work: dict[str, Any]) -> str:
    return str(work["issued"]["date-parts"][0][0]) if "issued" in work else ""


def _apa_authors(authors: list[dict[str, str]]) -> str:
    names = [one.get("literal") or f"{one['family']}, {_initials(one['given'])}" for one in authors]
    if names[-1] == "et al.":
        return ", ".join(names)
    if len(names) > MOST_AUTHORS:
        return f"{', '.join(names[: MOST_AUTHORS - 1])}, . . . {names[-1]}"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"


def _initials(given: str) -> str:
    """``Paul-Christian`` is P.-C., ``Bruce E.`` is B. E."""
    return " ".join(
        "-".join(f"{piece[0].upper()}." for piece in word.split("-") if piece)
        for word in given.split()
    )


def _apa_title(work: dict[str, Any]) -> str:
    title = str(work.get("title", ""))
    told = []
    if "edition" in work:
        told.append(f"{ORDINALS.get(work['edition'], work['edition'] + 'th')} ed.")
    if "version" in work:
        told.append(f"Version {work['version']}")
    title += f" ({', '.join(told)})" if told else ""
    return title + (f" [{KINDS[work['type']]}]" if work["type"] in KINDS else "")


def _apa_from(work: dict[str, Any]) -> str:
    """Journal, book or publisher."""
    page, inside = str(work.get("page", "")).replace("-", "–"), work.get("container-title", "")
    if work["type"] == "chapter":
        editors = [f"{_initials(e['given'])} {e['family']}" for e in work["editor"]]
        title = "Ed." if len(editors) == 1 else "Eds."
        pages = f" (pp. {page})" if page else ""
        return f"In {' & '.join(editors)} ({title}), {inside}{pages}. {work['publisher']}"
    if not inside:
        return str(work.get("publisher", ""))
    issue = f"({work['issue']})" if "issue" in work else ""
    volume = f"{work.get('volume', '')}{issue}"
    last = page or (f"Article {work['number']}" if "number" in work else "")
    return ", ".join(piece for piece in (inside, volume, last) if piece)


def bibtex(references: Sequence[Reference]) -> str:
    """Write references as a BibTeX file (UTF-8; LaTeX specials are escaped).

    Parameters
    ----------
    references : sequence of Reference
        The works.

    Returns
    -------
    str
        One entry a work, empty lines between; empty for none.
    """
    return "\n\n".join(_entry(one) for one in references) + ("\n" if references else "")


def _entry(reference: Reference) -> str:
    work: dict[str, Any] = dict(reference.csl)
    kind = ENTRIES.get(work["type"], "misc")
    inside = {"article": "journal", "incollection": "booktitle"}.get(kind, "howpublished")
    publisher = "howpublished" if kind == "misc" else "publisher"
    note = KINDS.get(work["type"], "")
    if note and "version" in work:
        note += f", Version {work['version']}"
    fields: dict[str, str] = {
        "author": _bibtex_names(work.get("author", [])),
        "editor": _bibtex_names(work.get("editor", [])),
        "title": f"{{{_escaped(work['title'])}}}" if "title" in work else "",
        inside: _escaped(work.get("container-title", "")),
        "year": _year(work),
        "edition": _escaped(work.get("edition", "")),
        "volume": _escaped(work.get("volume", "")),
        "number": _escaped(work.get("issue", "")),
        "pages": _escaped(work.get("page", work.get("number", ""))).replace("-", "--"),
        "note": _escaped(". ".join(filter(None, (note, work.get("note", ""))))),
        "doi": _escaped(work.get("DOI", "")),
    }
    fields[publisher] = _escaped(work.get("publisher", "")) or fields.get(publisher, "")
    key = re.sub(r"[^A-Za-z0-9_:-]", "", reference.key)
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"


def _bibtex_names(names: Sequence[dict[str, str]]) -> str:
    """Names between *and*; an organisation in braces is one name."""
    told = []
    for one in names:
        literal = one.get("literal")
        if literal == "et al.":
            told.append("others")
        elif literal:
            told.append(f"{{{_escaped(literal)}}}")
        else:
            told.append(f"{_escaped(one['family'])}, {_escaped(one['given'])}")
    return " and ".join(told)


def _escaped(text: object) -> str:
    """What LaTeX would read as commands is printed as it stands."""
    return "".join(ESCAPES.get(letter, letter) for letter in str(text))


def csl_json(references: Sequence[Reference]) -> str:
    """Write references as CSL-JSON, which reference managers read.

    Parameters
    ----------
    references : sequence of Reference
        The works.

    Returns
    -------
    str
        A JSON array of CSL items.
    """
    items = [{"id": one.key, **dict(one.csl)} for one in references]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"
