"""Specification files that are meant to break the reader get a short message and no traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.errors import InputError
from bayes_alliance.spec.library import LARGEST_FILE, read_specification
from bayes_alliance.spec.specification import Specification

PRIOR = b"[priors.tau_sample]\nfamily = 'half_normal'\n"

HOSTILE = {
    "binary": bytes(range(256)),
    "not utf-8": "name = 'Flückiger'".encode("latin-1"),
    "utf-16": "name = 'x'".encode("utf-16"),
    "byte order mark and nothing": b"\xef\xbb\xbf",
    "no toml": b"this is no specification",
    "unfinished": b"[run\nseed = 1",
    "deep arrays": b"a = " + b"[" * 100_000,
    "deep tables": b"a = " + b"{a=" * 50_000,
    "deep dotted key": b"a" + b".a" * 100_000 + b" = 1",
    "deep dotted key of a prior": PRIOR + b"scale" + b".a" * 900 + b" = 1",
    "deep dotted key of a change": b"[[alternatives]]\nname = 'x'\nchange.a" + b".a" * 900 + b"=1",
    "deep header": b"[a" + b".a" * 100_000 + b"]",
    "long key": b"a" * 900_000 + b" = 1",
    "long text": b"name = '" + b"a" * 900_000 + b"'",
    "long list": b"[location]\nterms = [" + b"'a'," * 200_000 + b"]",
    "list of lists": b"[location]\nterms = " + b"[" * 300 + b"]" * 300,
    "many keys": b"\n".join(b"k%d = 1" % i for i in range(60_000)),
    "large": b"#" * (LARGEST_FILE + 1),
    "whole number of 400 digits": PRIOR + b"scale = 1" + b"0" * 400,
    "whole number of 5000 digits": b"[run]\nseed = 1" + b"0" * 5_000,
    "infinite": PRIOR + b"scale = inf",
    "no number": b"[sampling]\nwithin_sample = 'constant'\nrho = nan",
    "date": b"[run]\nseed = 2020-01-01",
    "table for a number": b"[run]\nseed = {a = 1}",
    "number for a table": b"run = 1",
    "list for a table": b"run = [1]",
    "python": b"[location]\nterms = __import__('os').listdir()",
    "key self": PRIOR + b"scale = 1\nself = 1",
    "repeated key": b"[run]\nseed = 1\nseed = 2",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_gets_a_message(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "hostile.toml"
    path.write_bytes(raw)
    began = time.perf_counter()
    if raw == b"\xef\xbb\xbf":
        with pytest.raises(InputError, match="not a TOML file"):
            read_specification(path)
        return
    with pytest.raises(InputError) as caught:
        read_specification(path)
    assert time.perf_counter() - began < 5
    assert all("hostile.toml" in problem.where for problem in caught.value.problems)
    assert len(caught.value.problems) <= 101
    assert all(len(str(problem)) < 2_000 for problem in caught.value.problems)


@pytest.mark.parametrize(
    "name",
    ["a" * 300, "a" * 300 + ".toml", "a\0", "a\0.toml", "", ".", "..", "../overall", "no/such.toml",
     "overall.toml", "~", "models", "overall\n"],
)  # fmt: skip
def test_a_hostile_name_gets_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        read_specification(name)


def test_a_folder_with_the_name_of_a_file_gets_a_message(tmp_path: Path) -> None:
    (tmp_path / "x.toml").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_specification(tmp_path / "x.toml")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    [*Specification.model_fields, "seed", "tau_sample", "family", "scale", "terms", "rho", "name"]
)
TABLES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3)
)


@given(st.dictionaries(KEYS, TABLES, max_size=4))
def test_any_nested_tables_give_a_specification_or_a_message(tables: dict[str, object]) -> None:
    try:
        spec = Specification.from_dict(tables)
    except InputError:
        return
    assert Specification.from_dict(spec.to_dict()) == spec
