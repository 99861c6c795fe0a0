"""The commands that would do what was not done."""

from __future__ import annotations

import shlex
from typing import Final

from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.report.material import Material

__all__ = ["refit_command", "refusal", "sensitivity_command"]

FIT: Final = ("bayes-alliance", "fit")
#: Options of ``fit`` that ``sensitivity`` does not take: with a value, and alone.
VALUED: Final = frozenset({"--engine", "--draws", "--chains", "--cores", "--out", "-o"})
ALONE: Final = frozenset({"--strict", "--json", "--overwrite"})
#: Written otherwise there.
SEED: Final = "--seed"


def sensitivity_command(material: Material, what: str) -> str:
    """Write the command that varies something about this analysis.

    Parameters
    ----------
    material : Material
        The analysis; the command that made it is taken over, as far as it is known.
    what : str
        What is varied.

    Returns
    -------
    str
        For example ``bayes-alliance sensitivity ibi_synthetic --model overall --what priors``.
    """
    words = _words_of_fit(material.command) or _named(material)
    return shlex.join(["bayes-alliance", "sensitivity", *words, "--what", what])


def refusal(material: Material, what: str) -> str | None:
    """Return why something cannot be varied about this analysis.

    Parameters
    ----------
    material : Material
        The analysis.
    what : str
        What would be varied.

    Returns
    -------
    str or None
        The reason, as it was told or because exact fits are needed; None if it can be varied.
    """
    if what in material.declined:
        return material.declined[what]
    reason = ExactEngine().declines(material.fitted.design)
    return (
        None if reason is None else f"it needs exact fits, and the exact engine declines: {reason}"
    )


def refit_command(material: Material, *more: str) -> str:
    """Write the command that fits this analysis again with other options.

    Parameters
    ----------
    material : Material
        The analysis.
    *more : str
        The options.

    Returns
    -------
    str
        The command.
    """
    given = shlex.split(material.command) if _is_fit(material.command) else []
    words = given[2:] if given else _named(material)
    return shlex.join([*FIT, *words, *more])


def _is_fit(command: str) -> bool:
    return tuple(command.split()[:2]) == FIT


def _named(material: Material) -> list[str]:
    """Data and model by name, and the column where the file of the model leaves it open."""
    spec = material.fitted.specification
    words = [material.fitted.effects.name, "--model", spec.name]
    if spec.aliases and spec.name not in spec.aliases and spec.location.terms:
        words += ["--moderator", spec.location.terms[0]]
    return words


def _words_of_fit(command: str) -> list[str]:
    """What follows ``fit`` in a command, without what a sensitivity analysis does not take."""
    if not _is_fit(command):
        return []
    kept: list[str] = []
    words = iter(shlex.split(command)[2:])
    for word in words:
        name, _, value = word.partition("=")
        if name in VALUED:
            if not value:
                next(words, None)
        elif name == SEED:
            kept += ["--set", f"run.seed={value or next(words, '')}"]
        elif word not in ALONE:
            kept.append(word)
    return kept
