"""The figures that go into the folder of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.engines.fitted import Fitted

__all__ = ["write_figures"]


def write_figures(fitted: Fitted, checks: Sequence[CheckResult], folder: Path) -> None:
    """Draw and write the figures of a fit.

    Parameters
    ----------
    fitted : Fitted
        The fit.
    checks : sequence of CheckResult
        Its checks; a failed one is said on every figure.
    folder : Path
        Where the files go.
    """
    folder.mkdir(parents=True, exist_ok=True)
