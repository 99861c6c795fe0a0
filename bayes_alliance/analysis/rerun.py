"""Repeat the fit of a folder and compare every number."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.fit import fit as run_fit
from bayes_alliance.analysis.folder import ANSWERS_FILE, MARKER
from bayes_alliance.analysis.origin import ENVIRONMENT_FILE, SPECIFICATION_FILE
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.lossless import REPORTED_FILE, TABLE_FILE, load_effects, table_hashes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.environment import environment, environment_differences
from bayes_alliance.report.comparison import Comparison, compare_records
from bayes_alliance.report.reproduction import (
    comparison_frame,
    comparison_record,
    comparison_text,
    verdict,
)
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import Specification

__all__ = ["Rerun", "compare_answers", "rerun"]

#: Largest difference, in posterior sds, of posteriors that are computed and not drawn.
COMPUTED: Final = 0.001
#: Of drawn ones, times the root of the number of draws: four standard errors of the difference of
#: two quantiles at 2.5 % (sqrt(2 p (1 - p)) / density = 3.8 sds).
DRAWN: Final = 15.0


@dataclass(frozen=True, slots=True, repr=False)
class Rerun:
    """A fit that was repeated, and how every number compares.

    Parameters
    ----------
    folder : Path
        Where the first fit is.
    fit : Fit
        The fit now.
    comparison : Comparison
        Every value stored and now.
    environment : tuple of str
        What differs between the environments of the two.
    """

    folder: Path
    fit: Fit
    comparison: Comparison
    environment: tuple[str, ...] = field(default=())

    @property
    def same(self) -> bool:
        """Whether every number (and every name and verdict) was reproduced."""
        return self.comparison.same

    @property
    def frame(self) -> pd.DataFrame:
        """Every number: group, name, stored, now, difference, scale, in_scales, verdict."""
        return comparison_frame(self.comparison)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison, ready for JSON.

        Returns
        -------
        dict
            See `bayes_alliance.report.reproduction.comparison_record`.
        """
        return comparison_record(self.comparison, title=self._title, environment=self.environment)

    @property
    def _title(self) -> str:
        names = f"{self.fit.specification.name!r}, {self.fit.effects.name!r}"
        return f"Rerun of {self.folder} ({names}, by {self.fit.posterior.provenance.engine})"

    def __str__(self) -> str:
        caution = self.fit.caution
        told = [
            text for text in (self.fit.effects.notice, caution and f"CAUTION {caution}") if text
        ]
        return comparison_text(
            self.comparison, title=self._title, told=told, environment=self.environment
        )

    def __repr__(self) -> str:
        return "\n".join(
            [self._title, f"  {verdict(self.comparison)}", "  next: print(rerun), rerun.frame"]
        )


def rerun(
    folder: str | Path,
    *,
    strict: bool = False,
    tolerance: float | None = None,
    cores: int | None = None,
    progress: bool | None = None,
) -> Rerun:
    """Repeat the fit of a folder from its table and specification, and compare every number.

    Parameters
    ----------
    folder : str or Path
        A folder written by `Fit.write` or ``bayes-alliance fit --out``.
    strict, tolerance
        As for `compare_answers`.
    cores : int, optional
        Processor cores to be used; they change no number.
    progress : bool, optional
        Whether to show progress; by default on a terminal only.

    Returns
    -------
    Rerun
        `same`, `frame` with every number, the `fit`; printed, it tells number by number.

    Raises
    ------
    InputError
        If this is no folder of a fit, or what it holds is not what was fitted.

    Examples
    --------
    >>> import tempfile
    >>> import bayes_alliance as ba
    >>> short = {"run.draws": 100, "run.chains": 2}
    >>> fit = ba.fit("crede2010", "common_effect", changes=short)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = ba.rerun(fit.write(folder + "/results"))
    >>> again.same, bool((again.frame["stored"] == again.frame["now"]).all())
    (True, True)
    """
    place = Path(folder)
    stored = _stored_answers(place)
    effects, specification = _what_went_in(place, stored)
    again = run_fit(effects, specification, cores=cores, progress=progress)
    return compare_answers(place, again, strict=strict, tolerance=tolerance)


def compare_answers(
    folder: str | Path, fit: Fit, *, strict: bool = False, tolerance: float | None = None
) -> Rerun:
    """Compare every number of a fit with those that a folder has stored.

    Parameters
    ----------
    folder : str or Path
        A folder written by `Fit.write` or ``bayes-alliance fit --out``.
    fit : Fit
        The fit now.
    strict : bool
        Whether only equal numbers are the same, whatever the versions.
    tolerance : float, optional
        Where versions, platform or linear algebra are others than in the first run: the largest
        difference, in posterior standard deviations, that counts as the same. By default .001
        for a posterior that is computed, 15 / sqrt(draws) for one that is drawn.

    Returns
    -------
    Rerun
        Every number stored and now.

    Raises
    ------
    InputError
        If the folder has no answers of a fit.

    Examples
    --------
    >>> import tempfile
    >>> import bayes_alliance as ba
    >>> fit = ba.fit("crede2010", "common_effect", changes={"run.draws": 100, "run.chains": 2})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ba.compare_answers(fit.write(folder + "/results"), fit).same
    True
    """
    place = Path(folder)
    stored = _stored_answers(place)
    now = json.loads(json.dumps(fit.to_dict()))
    differences = _differences(place, stored, now)
    newer = _version(stored) != _version(now)
    found = compare_records(
        stored,
        now,
        exact=strict or not differences,
        tolerance=_default_tolerance(fit) if tolerance is None else tolerance,
        fields_added=newer,
    )
    return Rerun(place, fit, found, differences)


def _default_tolerance(fit: Fit) -> float:
    posterior = fit.posterior
    if posterior.has_exact_densities:
        return COMPUTED
    sizes = posterior.tree["posterior"].sizes
    return DRAWN / math.sqrt(sizes["chain"] * sizes["draw"])


def _differences(
    folder: Path, stored: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[str, ...]:
    """What may move last digits: the environment of the folder, and the versions of its fit."""
    try:
        then = json.loads((folder / ENVIRONMENT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        then = None
    if not isinstance(then, dict):
        told: tuple[str, ...] = (f"{ENVIRONMENT_FILE} cannot be read: what was used is not known",)
    else:
        told = environment_differences(then, environment())
    used, present = (record["engine"].get("versions") for record in (stored, now))
    versions = environment_differences({"packages": used}, {"packages": present})
    return tuple(dict.fromkeys((*told, *versions)))


def _version(record: Mapping[str, Any]) -> object:
    versions = record["engine"].get("versions")
    return versions.get("bayes-alliance") if isinstance(versions, dict) else None


def _stored_answers(folder: Path) -> dict[str, Any]:
    """The answers of a folder of a fit."""
    # Unlike Path.is_dir, os.path.isdir does not raise on a name that is too long.
    if not os.path.isdir(folder):  # noqa: PTH112
        raise _no_fit(folder, "there is no such folder")
    path = folder / ANSWERS_FILE
    try:
        answers = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise _no_fit(folder, _other_folder(folder)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _no_fit(path, f"this is no JSON ({error})") from None
    if isinstance(answers, dict) and isinstance(answers.get("what"), str):
        raise _no_fit(folder, f"this is a sensitivity analysis ({answers['what'][:80]}), no fit")
    parts = ("data", "model", "engine")
    if not isinstance(answers, dict) or not all(isinstance(answers.get(p), dict) for p in parts):
        raise _no_fit(path, f"these are not the answers of a fit (no {', '.join(parts)})")
    return answers


def _other_folder(folder: Path) -> str:
    fits = sorted(entry.parent.name for entry in folder.glob(f"*/{MARKER}"))
    if fits:
        return f"the fits are in the folders below it: {', '.join(fits[:20])}"
    return f"there is no {ANSWERS_FILE} in it"


def _no_fit(place: Path, what: str) -> InputError:
    return InputError(
        Problem(
            what=what,
            where=str(place),
            cure="Give a folder written by `bayes-alliance fit --out` or `Fit.write`",
            code="no_fit_folder",
        )
    )


def _what_went_in(folder: Path, stored: Mapping[str, Any]) -> tuple[EffectSizes, Specification]:
    """Table and specification of a folder, if they are those that its answers name."""
    missing = [n for n in (TABLE_FILE, SPECIFICATION_FILE) if not (folder / n).is_file()]
    if missing:
        raise InputError(
            Problem(
                what=f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
                where=str(folder),
                cure="Restore the files. If an older version wrote the folder, write it anew: "
                f"bayes_alliance.load_fit({str(folder)!r}).write(NEW_FOLDER)",
                code="nothing_to_rerun",
            )
        )
    effects = load_effects(folder)
    specification = read_specification(folder / SPECIFICATION_FILE)
    problems = []
    table, reported = table_hashes(effects)
    named, claimed = stored["data"], stored["model"]
    for name, found, written in (
        (TABLE_FILE, table, named.get("table_sha256")),
        (REPORTED_FILE, reported, named.get("correlations_sha256")),
        (SPECIFICATION_FILE, specification.sha256, claimed.get("sha256")),
    ):
        if found != written:
            problems.append(
                Problem(
                    what="this is not what was fitted: its content has the hash "
                    f"{str(found)[:12]}..., {ANSWERS_FILE} names {str(written)[:12]}...",
                    where=str(folder / name),
                    cure="Restore the file; fit.nc has it as it was (`load_fit`). If the change "
                    "is meant, it is another analysis: use `bayes-alliance fit`",
                    code="altered_input",
                )
            )
    if problems:
        raise InputError(problems)
    return effects, specification
