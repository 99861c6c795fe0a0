"""What is possible but odd: each check looks at the finished table and warns, changing nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayes_alliance.data.labels import spelling_key
from bayes_alliance.data.messages import LIST_LIMIT, Places, list_names
from bayes_alliance.data.notes import Note
from bayes_alliance.errors import Problem
from bayes_alliance.names import Measure

__all__ = ["implausible", "odd_samples"]

#: A sample this many robust standard deviations off, which turning its sign brings within INLYING.
OUTLYING: Final = 3.5
INLYING: Final = 2.0
#: Fewest samples, or rows, among which one can be called odd.
FEWEST: Final = 5
HUGE_N: Final = 1e6
#: Variances further apart than this are in different units more often than not.
VARIANCE_RATIO: Final = 1e4


def implausible(
    frame: pd.DataFrame,
    measure: Measure,
    ready: npt.NDArray[np.bool_],
    names: Mapping[str, str],
) -> list[Note]:
    """Warnings about a table of possible numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        k rows with the fixed columns.
    measure : {"ZCOR", "COR", "GEN"}
        The scale of yi.
    ready : numpy.ndarray of bool, shape (k,)
        Rows whose vi is the source's own.
    names : mapping of str to str
        Our names to those of the source.

    Returns
    -------
    list of Note
        Warnings, each with rows, columns, samples and a cure.
    """
    places = Places(frame["row"].to_numpy(dtype=np.int64), frame["sample"].tolist())
    problems = [
        *_spellings(frame, places, names),
        *_participants(frame, places, names.get("n", "n")),
        *_variances(frame, measure, ready, places, names),
        *_signs(frame, places, measure, names),
    ]
    return [Note("warning", problem) for problem in problems]


def odd_samples(places: Places, n: npt.NDArray[np.float64], names: Mapping[str, str]) -> list[Note]:
    """Warnings that need labels and n only, for a table that has errors as well.

    Parameters
    ----------
    places : Places
        Rows and samples of the source.
    n : numpy.ndarray, shape (k,)
        Participants; NaN where unknown or unreadable.
    names : mapping of str to str
        Our names to those of the source.

    Returns
    -------
    list of Note
        Samples under two spellings, n that differs within a sample or is odd itself.
    """
    frame = pd.DataFrame({"row": places.rows, "sample": list(places.samples), "n": n})
    frame = frame[frame["sample"].notna()]
    kept = Places(frame["row"].to_numpy(dtype=np.int64), frame["sample"].tolist())
    problems = [
        *_spellings(frame, kept, names),
        *_participants(frame, kept, names.get("n", "n")),
    ]
    return [Note("warning", problem) for problem in problems]


def _spellings(frame: pd.DataFrame, places: Places, names: Mapping[str, str]) -> list[Problem]:
    groups: dict[str, list[str]] = {}
    for label in pd.unique(frame["sample"]):
        groups.setdefault(spelling_key(str(label)), []).append(str(label))
    doubtful = [labels for key, labels in groups.items() if key and len(labels) > 1]
    problems = []
    samples = frame["sample"].to_numpy(dtype=object)
    for labels in doubtful[:LIST_LIMIT]:
        rows = np.isin(samples.astype(str), labels)
        problems.append(
            Problem(
                f"probably one sample under {len(labels)} spellings: {list_names(labels)}",
                places.at(rows, names.get("sample", "sample")),
                "They count as different samples; spell them alike if they are one",
                "sample_spelling",
            )
        )
    more = len(doubtful) - len(problems)
    if more:
        what = f"{more:,} more samples are probably spelled in several ways"
        problems.append(Problem(what, "", "", "sample_spelling"))
    return problems


def _participants(frame: pd.DataFrame, places: Places, column: str) -> list[Problem]:
    n = frame["n"].to_numpy(dtype=np.float64)
    problems = []
    broken = np.isfinite(n) & (np.mod(n, 1) != 0)
    if broken.any():
        found = list_names(f"{v:g}" for v in n[broken]).replace('"', "")
        what = f"n is not a whole number; found {found}"
        cure = "Check n; it was used as it is"
        problems.append(Problem(what, places.at(broken, column), cure, "n_not_whole"))
    huge = n > HUGE_N
    if huge.any():
        what = "n is greater than a million"
        cure = "Check n: such a row outweighs all others"
        problems.append(Problem(what, places.at(huge, column), cure, "n_huge"))
    by_sample = frame.groupby("sample", sort=False)["n"]
    differs = (by_sample.transform("max") > by_sample.transform("min")).to_numpy()
    if differs.any():
        problems.append(
            Problem(
                "n differs within a sample",
                places.at(differs, column),
                "Right if participants are missing in some effect sizes; if the rows come from "
                "different people, give them different samples",
                "n_differs",
            )
        )
    return problems


def _variances(
    frame: pd.DataFrame,
    measure: Measure,
    ready: npt.NDArray[np.bool_],
    places: Places,
    names: Mapping[str, str],
) -> list[Problem]:
    vi = frame["vi"].to_numpy(dtype=np.float64)
    problems = []
    column = names.get("vi", names.get("sei", names.get("n", "n")))
    if len(vi) and vi.max() / vi.min() > VARIANCE_RATIO:
        ends = np.array([int(vi.argmin()), int(vi.argmax())])
        problems.append(
            Problem(
                f"variances are orders of magnitude apart, {vi.min():.2g} to {vi.max():.2g}",
                places.at(ends, column),
                "Check whether some are standard errors, or whether a decimal point is lost",
                "vi_spread",
            )
        )
    swapped = _swapped(frame, measure, ready)
    if swapped:
        given = "vi" if "vi" in names else "sei"
        other = "sei" if given == "vi" else "vi"
        if (swapped == "standard error") == (given == "vi"):
            noun = "standard errors" if given == "vi" else "variances"
            problems.append(
                Problem(
                    f"seen against n, {given} looks like {noun}",
                    places.at(ready, names[given]),
                    f"Map the column to {other} if it holds {noun}",
                    "vi_or_sei",
                )
            )
    return problems


def _swapped(frame: pd.DataFrame, measure: Measure, ready: npt.NDArray[np.bool_]) -> str | None:
    """Whether given variances run with n as standard errors or as squared variances would.

    On z a variance is 1 / (n - 3). For other measures its size is unknown, but its slope against
    n on the log scale is -1; that of a standard error is -1/2, that of a squared variance -2.
    """
    n = frame["n"].to_numpy(dtype=np.float64)
    usable = ready & np.isfinite(n) & (n > 3)
    if not usable.any():
        return None
    y, x = np.log(frame["vi"].to_numpy(dtype=np.float64)[usable]), np.log(n[usable] - 3)
    if measure == "ZCOR":
        if np.median(np.abs(y + x)) < np.log(1.5):
            return None
        if np.median(np.abs(y + x / 2)) < np.log(1.2):
            return "standard error"
        return "squared variance" if np.median(np.abs(y + 2 * x)) < np.log(1.4) else None
    if len(x) < FEWEST or np.std(x) < 0.3 or np.std(y) == 0:
        return None
    slope = float(np.polyfit(x, y, 1)[0])
    if float(np.corrcoef(x, y)[0, 1]) > -0.95:
        return None
    if abs(slope + 0.5) < 0.1:
        return "standard error"
    return "squared variance" if abs(slope + 2) < 0.3 else None


def _signs(
    frame: pd.DataFrame, places: Places, measure: Measure, names: Mapping[str, str]
) -> list[Problem]:
    """Samples that lie far on the other side of zero and would be ordinary with their sign turned.

    The distance is in robust standard deviations of the sample means (1.4826 times the median
    absolute deviation), to which the sampling variance of the sample itself is added.
    """
    known = frame.loc[frame["yi"].notna()]
    means = known.groupby("sample", sort=False)[["yi", "vi"]].mean()
    if len(means) < FEWEST:
        return []
    y = means["yi"].to_numpy(dtype=np.float64)
    middle = float(np.median(y))
    spread = 1.4826 * float(np.median(np.abs(y - middle)))
    scale = np.sqrt(spread**2 + means["vi"].to_numpy(dtype=np.float64))
    odd = (y * middle < 0) & (np.abs(y - middle) / scale > OUTLYING)
    odd &= np.abs(-y - middle) / scale < INLYING
    if not odd.any():
        return []
    labels = [str(label) for label in means.index[odd]]
    rows = np.isin(frame["sample"].to_numpy(dtype=object).astype(str), labels)
    values = np.tanh(y[odd]) if measure == "ZCOR" else y[odd]
    symbol = "yi" if measure == "GEN" else "r"
    found = list_names(f"{v:.2f}" for v in values).replace('"', "")
    return [
        Problem(
            f"the sign sets the sample apart from all others (mean {symbol} {found})",
            places.at(rows, names.get("r", names.get("yi", symbol))),
            "Check whether the outcome is scored the other way; if so, turn the sign by -1 in a "
            "column direction",
            "sign_outlier",
        )
    ]
