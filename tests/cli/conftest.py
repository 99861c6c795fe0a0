"""The command line as a user runs it, in this process, with and without a sampler."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from made_fits import scattered

from bayes_alliance.analysis import fit as fitting
from bayes_alliance.cli.main import run
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.spec.specification import Specification


@dataclass(frozen=True)
class Done:
    """What a command left."""

    status: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> Command:
    """Run `bayes-alliance` with arguments in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def execute(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["bayes-alliance", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            run()
        code = caught.value.code
        told = capsys.readouterr()
        return Done(code if isinstance(code, int) else 0, told.out, told.err)

    return execute


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Specification]:
    """Replace the sampler by made-up draws; the list gets every specification that was run."""
    seen: list[Specification] = []

    def planted_run(effects: EffectSizes, spec: Specification, **options: Any) -> Fitted:
        seen.append(spec)
        made = scattered(effects, spec).fitted
        provenance = replace(made.posterior.provenance, seed=spec.run.seed)
        return replace(made, posterior=replace(made.posterior, provenance=provenance))

    monkeypatch.setattr(fitting, "run_analysis", planted_run)
    return seen
