"""Works that a manuscript may cite, in one place: ``works.json`` holds them as CSL-JSON.

A work stands there only with what is known for certain about it; a DOI that is not certain is left
out. Data sets of the package that were not published elsewhere are works of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from bayes_alliance.data.bundled import datasets
from bayes_alliance.report.prose.paragraph import Reference

__all__ = ["in_text", "library", "mentioned", "narrative", "sources_of"]

SOFTWARE: Final = "bayes_alliance"
DISTRIBUTION: Final = "bayes-alliance"
#: More authors are cited in the text by the first one.
MOST_NAMED: Final = 2


@cache
def library() -> Mapping[str, Reference]:
    """Every work that paragraphs may cite.

    Returns
    -------
    mapping of str to Reference
        By key; the key is also the field ``id`` of CSL-JSON.

    Examples
    --------
    >>> dict(library()["higgins2002"].csl)["DOI"]
    '10.1002/sim.1186'
    """
    text = (files("bayes_alliance.report.prose") / "works.json").read_text(encoding="utf-8")
    works = [_with_version(work) for work in json.loads(text)]
    known = {str(work["DOI"]) for work in works if "DOI" in work}
    works += [
        {
            "id": f"dataset_{info.name}",
            "type": "dataset",
            "title": f"{info.name}: {info.title}",
            "publisher": SOFTWARE,
            "note": info.citation,
        }
        for info in datasets()
        if info.synthetic or not any(doi in info.citation for doi in known)
    ]
    return MappingProxyType({w["id"]: Reference(w["id"], tuple(w.items())) for w in works})


def _with_version(work: dict[str, Any]) -> dict[str, Any]:
    if work["id"] != SOFTWARE:
        return work
    try:
        return {**work, "version": version(DISTRIBUTION)}
    except PackageNotFoundError:
        return work


def narrative(key: str) -> str:
    """Cite a work as a part of a sentence.

    Parameters
    ----------
    key : str
        Key of the work.

    Returns
    -------
    str
        As in ``Kass and Raftery (1995)``.

    Examples
    --------
    >>> narrative("kass1995"), narrative("vehtari2021")
    ('Kass and Raftery (1995)', 'Vehtari et al. (2021)')
    """
    return f"{_names(key, 'and')} ({_year(key)})"


def in_text(keys: Sequence[str]) -> str:
    """Cite works in parentheses, in alphabetical order.

    Parameters
    ----------
    keys : sequence of str
        Keys of the works.

    Returns
    -------
    str
        As in ``(Kass & Raftery, 1995; Vehtari et al., 2021)``.

    Examples
    --------
    >>> in_text(["vehtari2021", "kass1995"])
    '(Kass & Raftery, 1995; Vehtari et al., 2021)'
    """
    return f"({'; '.join(sorted(f'{_names(key, "&")}, {_year(key)}' for key in keys))})"


def mentioned(text: str) -> tuple[str, ...]:
    """Works that a text of the user names, by author and year or by DOI.

    Parameters
    ----------
    text : str
        For example the reason of a prior or the source of a benchmark.

    Returns
    -------
    tuple of str
        Their keys.

    Examples
    --------
    >>> mentioned("Gamma(2, .1) as in Juárez & Steel (2010)")
    ('juarez2010',)
    """
    plain = text.replace(",", "").replace("(", "").replace(")", "")
    found = []
    for key, work in library().items():
        doi = str(dict(work.csl).get("DOI", ""))
        named = any(f"{_names(key, word)} {_year(key)}" in plain for word in ("&", "and"))
        if named or (doi and doi in text):
            found.append(key)
    return tuple(found)


def sources_of(name: str, citation: str) -> tuple[str, ...]:
    """Works that a data set comes from.

    Parameters
    ----------
    name : str
        Name of the data set.
    citation : str
        Where it says that its numbers come from.

    Returns
    -------
    tuple of str
        Keys: the data set itself where it is a work of its own, and what its citation names.
    """
    own = f"dataset_{name}"
    return ((own,) if citation and own in library() else ()) + mentioned(citation)


def _names(key: str, word: str) -> str:
    work: dict[str, Any] = dict(library()[key].csl)
    if "author" not in work:
        return str(work["title"]).split(":")[0]
    names = [str(one.get("literal", one.get("family"))) for one in work["author"]]
    if len(names) > MOST_NAMED or "et al." in names:
        return f"{names[0]} et al."
    return f" {word} ".join(names)


def _year(key: str) -> str:
    issued = dict(library()[key].csl).get("issued")
    return str(issued["date-parts"][0][0]) if isinstance(issued, dict) else "n.d."
