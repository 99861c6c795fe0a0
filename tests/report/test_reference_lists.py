"""References: what stands in the library, and APA, BibTeX and CSL-JSON made of it."""

from __future__ import annotations

import json
import re

import pytest

from bayes_alliance.report.prose.formats import apa, bibtex, csl_json
from bayes_alliance.report.prose.library import in_text, library, mentioned, narrative, sources_of
from bayes_alliance.report.prose.paragraph import Reference

#: Types and fields of CSL 1.0.2 that the library uses.
TYPES = {"article", "article-journal", "book", "chapter", "dataset", "software"}
FIELDS = {
    "id", "type", "title", "author", "editor", "issued", "container-title", "volume", "issue",
    "page", "number", "DOI", "publisher", "edition", "version", "genre", "note",
}  # fmt: skip


def read_bibtex(text: str) -> dict[str, dict[str, str]]:
    """Entries by key, brace by brace, as BibTeX reads them."""
    entries, at = {}, 0
    while (start := text.find("@", at)) >= 0:
        depth = 0
        for end in range(text.index("{", start), len(text)):
            escaped = text[end - 1] == "\\"
            depth += (text[end] == "{" and not escaped) - (text[end] == "}" and not escaped)
            if not depth:
                break
        assert depth == 0, "braces do not balance"
        key, body = text[start:end].split("{", 1)[1].split(",", 1)
        found = re.findall(r"^  (\w+) = \{(.*)\},?$", body, flags=re.MULTILINE)
        assert len(found) == len(body.strip().splitlines())
        assert key not in entries
        entries[key] = dict(found)
        at = end
    return entries


def test_works_are_complete_and_dois_well_formed() -> None:
    for key, one in library().items():
        work = dict(one.csl)
        assert work["id"] == one.key == key
        assert work["type"] in TYPES
        assert set(work) <= FIELDS, key
        assert re.fullmatch(r"10\.\d{4,5}/\S+", str(work.get("DOI", "10.1000/x")))
        if work["type"] == "article-journal":
            assert {"author", "issued", "container-title", "volume"} <= set(work)
            assert {"page", "number"} & set(work)


def test_csl_is_json_with_people_and_dates() -> None:
    items = json.loads(csl_json(list(library().values())))
    assert [item["id"] for item in items] == list(library())
    for item in items:
        for person in item.get("author", []):
            assert set(person) in ({"family", "given"}, {"literal"})
        if "issued" in item:
            assert isinstance(item["issued"]["date-parts"][0][0], int)


def test_bibtex_balances_and_has_every_work() -> None:
    entries = read_bibtex(bibtex(list(library().values())))
    assert list(entries) == [re.sub(r"[^A-Za-z0-9_:-]", "", key) for key in library()]
    assert entries["vehtari2021"]["pages"] == "667--718"
    assert entries["vehtari2021"]["author"].endswith(" and Bürkner, Paul-Christian")
    assert entries["pustejovsky2018"]["journal"] == r"Journal of Business \& Economic Statistics"
    assert entries["flueckiger2026"]["author"].endswith("and others")
    assert bibtex([]) == ""


def test_bibtex_escapes_what_latex_would_read() -> None:
    title = r"50 % of $x_1$ & {y} #2 ~ ^ \input{z}"
    one = Reference("a b}", (("type", "book"), ("title", title), ("author", [{"literal": "R&D_"}])))
    text = bibtex([one])
    assert text.startswith("@book{ab,\n")
    found = read_bibtex(text)["ab"]
    assert found["author"] == r"{R\&D\_}"
    assert found["title"] == (
        r"{50 \% of \$x\_1\$ \& \{y\} \#2 \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}input\{z\}}"
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("kass1995", "Kass, R. E., & Raftery, A. E. (1995). Bayes factors. Journal of the American "
         "Statistical Association, 90(430), 773–795. "
         "https://doi.org/10.1080/01621459.1995.10476572"),
        ("jeffreys1961", "Jeffreys, H. (1961). Theory of probability (3rd ed.). Clarendon Press."),
        ("olkin1976", "Olkin, I., & Siotani, M. (1976). Asymptotic distribution of functions of a "
         "correlation matrix. In S. Ikeda (Ed.), Essays in probability and statistics (pp. "
         "235–251). Shinko Tsusho."),
        ("abrilpla2023", "Abril-Pla, O., Andreani, V., Carroll, C., Dong, L., Fonnesbeck, C. J., "
         "Kochurov, M., Kumar, R., Lao, J., Luhmann, C. C., Martin, O. A., Osthege, M., Vieira, "
         "R., Wiecki, T., & Zinkov, R. (2023). PyMC: A modern, and comprehensive probabilistic "
         "programming framework in Python. PeerJ Computer Science, 9, Article e1516. "
         "https://doi.org/10.7717/peerj-cs.1516"),
    ],
)  # fmt: skip
def test_apa(key: str, expected: str) -> None:
    assert apa(library()[key]) == expected


def test_apa_of_software_data_and_many_authors() -> None:
    software = apa(library()["bayes_alliance"])
    assert re.fullmatch(r"The bayes_alliance developers\. \(n\.d\.\)\. bayes_alliance: .*"
                        r" \(Version [\d.]+\) \[Computer software\]\.", software)  # fmt: skip
    data = apa(library()["dataset_ibi_synthetic"])
    assert data.startswith("ibi_synthetic: Alliance and outcome in internet-based interventions")
    assert " [Data set]. (n.d.). bayes_alliance. Simulated by" in data
    prisma = apa(library()["page2021"])
    assert "McDonald, S., . . . Moher, D. (2021)" in prisma


def test_citing_in_the_text() -> None:
    assert in_text(["viechtbauer2010b", "viechtbauer2010"]) == (
        "(Viechtbauer & Cheung, 2010; Viechtbauer, 2010)"
    )
    assert narrative("kruschke2018") == "Kruschke (2018)"
    assert in_text(["flueckiger2026"]) == "(Flückiger et al., 2026)"
    assert in_text(["dataset_ibi_synthetic"]) == "(ibi_synthetic, n.d.)"


def test_works_named_by_the_user_are_found() -> None:
    assert mentioned("face to face, Flückiger et al. 2018") == ("flueckiger2018",)
    assert mentioned("doi 10.1037/ccp0001005; interval not public") == ("flueckiger2026",)
    assert mentioned("my own view (1899)") == ()
    assert sources_of("ibi_synthetic", "") == ()
