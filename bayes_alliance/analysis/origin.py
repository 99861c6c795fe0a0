"""What a result came from, in its folder: table, specification, environment, what was handed in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.lossless import (
    DESCRIPTION_FILE,
    REPORTED_FILE,
    TABLE_FILE,
    write_effects,
)
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.posterior.environment import environment
from bayes_alliance.report.readme import readme_text

__all__ = ["ORIGIN_FILES", "Made", "command_of", "write_origin"]

SPECIFICATION_FILE: Final = "specification.toml"
ENVIRONMENT_FILE: Final = "environment.json"
SCRIPT_FILE: Final = "rerun.py"
README_FILE: Final = "README.txt"
SOURCE_FOLDER: Final = "source"
#: Everything that `write_origin` may write.
ORIGIN_FILES: Final = frozenset(
    {
        TABLE_FILE,
        DESCRIPTION_FILE,
        REPORTED_FILE,
        SPECIFICATION_FILE,
        ENVIRONMENT_FILE,
        SCRIPT_FILE,
        README_FILE,
        SOURCE_FOLDER,
    }
)

_HEAD: Final = """\
# The complete specification of this analysis, every default written out.
# bayes-alliance fit DATA --model specification.toml

"""
_SCRIPT: Final = '''\
"""Repeat the fit of this folder and compare every number with answers.json.

Run it with a Python that has bayes_alliance: python rerun.py
(`bayes-alliance rerun FOLDER` does the same.)
"""

import sys
from pathlib import Path

import bayes_alliance as ba

HERE = Path(__file__).resolve().parent


def main() -> int:
    # The table as it was used: every digit, the same rows in the same order.
    effects = ba.load_effects(HERE / "data.csv")

    # What was claimed about it: terms, heterogeneity, dependence, priors with their reasons.
    specification = ba.read_specification(HERE / "specification.toml")

    # Engine, seed and draws stand under [run] of the specification.
    fit = ba.fit(effects, specification)

    # Every number that was stored beside the same number now.
    found = ba.compare_answers(HERE, fit)
    print(found)
    return 0 if found.same else 1


if __name__ == "__main__":  # samplers may start further processes, which read this file
    sys.exit(main())
'''


@dataclass(frozen=True, slots=True)
class Made:
    """How a result was made, as far as the fit itself does not know it.

    Parameters
    ----------
    sources : tuple of Path
        Files that were handed in; those that are still as they were read are kept.
    command : str
        The command; empty if there was none.
    """

    sources: tuple[Path, ...] = ()
    command: str = ""


def write_origin(
    fitted: Fitted, folder: Path, made: Made, *, what: str = "fit", caution: str = ""
) -> None:
    """Write what a result came from into its folder, after everything else.

    Parameters
    ----------
    fitted : Fitted
        The fit, or the one that was varied.
    folder : Path
        The folder, which has the results already: README.txt names them.
    made : Made
        Sources and command.
    what : str
        "fit", which gets a script that repeats it, or another kind of analysis.
    caution : str
        What every output must say if a check failed.
    """
    write_effects(fitted.effects, folder)
    specification = _HEAD + fitted.specification.to_toml()
    (folder / SPECIFICATION_FILE).write_bytes(specification.encode())
    used = json.dumps(environment(made.command), indent=2, ensure_ascii=False)
    (folder / ENVIRONMENT_FILE).write_text(used + "\n", encoding="utf-8")
    if what == "fit":
        (folder / SCRIPT_FILE).write_text(_SCRIPT, encoding="utf-8")
    lost = _keep_sources(fitted.effects, made.sources, folder / SOURCE_FOLDER)
    names = {entry.name for entry in folder.iterdir()}
    text = readme_text(fitted, names, what=what, command=made.command, caution=caution, lost=lost)
    (folder / README_FILE).write_text(text, encoding="utf-8")


def command_of(folder: Path) -> str:
    """The command that made a folder of results.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    str
        Empty where the folder does not tell.
    """
    try:
        told = json.loads((folder / ENVIRONMENT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    found = told.get("command") if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""


def _keep_sources(effects: EffectSizes, sources: Sequence[Path], folder: Path) -> list[str]:
    """Copy the files that were read; return the names of those that are others by now."""
    read = {effects.sha256}
    if effects.correlations is not None:
        read.add(effects.correlations.sha256)
    lost = []
    for source in sources:
        try:
            content = source.read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() not in read:
            lost.append(source.name)
            continue
        folder.mkdir(exist_ok=True)
        free = folder / source.name
        if free.exists():  # a table and its correlations may have one name in two folders
            free = folder / f"correlations_{source.name}"
        free.write_bytes(content)
    return lost
