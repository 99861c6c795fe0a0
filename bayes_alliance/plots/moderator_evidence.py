"""Evidence for and against each moderator, and its inclusion probability, one row a moderator.

The dot is the Bayes factor of the model with the moderator against the one without, small marks the
same at other prior sds of a difference, the diamond the inclusion Bayes factor of the average over
all models. Between 1/3 and 3 the data cannot tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import ARROW_ID, dress, left_text, right_text
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LIGHT,
    MARGIN,
    MEDIUM,
    PAPER,
    PRIOR,
    ROW,
    SMALL,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import probability_text, text_width
from bayes_alliance.sensitivity.model_average import ANY_LEVEL, ModelAverage
from bayes_alliance.sensitivity.moderator_evidence import ModeratorComparison
from bayes_alliance.summaries.evidence import TELLS, ratio_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ModeratorEvidenceData", "moderator_evidence", "moderator_evidence_data"]

#: Bayes factors that the axis shows as far as their numbers fit, the first first; where the axis
#: ends at least and at most.
TICKS: Final = (1, 3, 1 / 3, 10, 0.1, 100, 1e-2, 1e3, 1e-3)
LEAST: Final = 10.0
MOST: Final = 1e3
TALL: Final = 1.5
#: Most that labels may take of the figure.
LABELS: Final = 0.4
#: Figures narrower than this have panels below each other; axes, less words above; in inches.
STACKED, MIDDLE = 5.0, 2.2
WIDEST_LABEL: Final = 1.8
GUTTER: Final = 0.12
#: Width of the panel of inclusion probabilities, and room above the rows for headings; in inches.
INCLUSION: Final = 1.25
HEAD: Final = 0.2
#: Least distance of the numbers of the axis, in inches.
APART: Final = 0.05
#: How far under the dot the diamond stands, in rows.
LOWER: Final = 0.24
MARKS: Final = ("^", "s", "v", "P", "X")
DOT: Final[dict[str, Any]] = {
    "marker": "o",
    "color": ESTIMATE,
    "ms": 5.2,
    "mec": PAPER,
    "mew": 0.5,
    "zorder": 5,
}
DIAMOND: Final[dict[str, Any]] = {
    "marker": "D",
    "color": PAPER,
    "ms": 3.4,
    "mec": INK,
    "mew": 0.8,
    "zorder": 4,
}
OTHERS: Final = {
    ("heterogeneity", TAU_SAMPLE): "heterogeneity of samples",
    ("heterogeneity", TAU_EFFECT): "heterogeneity within",
    ("heterogeneity", ANY_LEVEL): "heterogeneity (any)",
    ("effect", "mean"): "a mean other than 0",
}


@dataclass(frozen=True, slots=True)
class ModeratorEvidenceData:
    """The numbers of the figure.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a moderator (and, with an average, heterogeneity and the mean): ``name``,
        ``log_bf10`` (NaN for these), ``log_inclusion_bf``, ``prior``, ``posterior`` (NaN
        without an average).
    marks : pandas.DataFrame
        ``name``, ``sd`` and ``log_bf10`` at other prior sds of a difference.
    sd : float
        The prior sd of the dots.
    footer : Footer
        What stands under the figure.
    """

    rows: pd.DataFrame
    marks: pd.DataFrame
    sd: float
    footer: Footer

    @property
    def averaged(self) -> bool:
        """Whether there are inclusion probabilities."""
        return bool(self.rows["posterior"].notna().any())


def moderator_evidence_data(
    fitted: Fitted,
    comparison: ModeratorComparison,
    average: ModelAverage | None = None,
    *,
    caution: str = "",
) -> ModeratorEvidenceData:
    """Arrange the evidence on moderators for its figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis without the moderators.
    comparison : ModeratorComparison
        Evidence on each moderator.
    average : ModelAverage, optional
        The average over the models.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    ModeratorEvidenceData
        In the order of the comparison, heterogeneity and the mean last.
    """
    nothing = {"log_inclusion_bf": np.nan, "prior": np.nan, "posterior": np.nan}
    inclusions = {
        (i.kind, i.name): {
            "log_inclusion_bf": i.factor.log_bf10,
            "prior": i.prior,
            "posterior": i.posterior,
        }
        for i in (() if average is None else average.inclusions)
    }
    rows = [
        {"name": one.name, "log_bf10": one.factor.log_bf10,
         **inclusions.get(("term", one.term.name), nothing)}
        for one in comparison.found
    ]  # fmt: skip
    rows += [
        {"name": words, "log_bf10": np.nan, **inclusions[level]}
        for level, words in OTHERS.items()
        if level in inclusions
    ]
    marks = [
        (one.name, sd, factor.log_bf10)
        for one in comparison.found
        for sd, factor in one.over_scales
        if not math.isclose(sd, comparison.sd)
    ]
    return ModeratorEvidenceData(
        rows=pd.DataFrame(rows),
        marks=pd.DataFrame(marks, columns=["name", "sd", "log_bf10"]),
        sd=comparison.sd,
        footer=footer_of(fitted, caution=caution, also=_compared_on(comparison)),
    )


def _compared_on(comparison: ModeratorComparison) -> str:
    sizes = sorted({one.effects for one in comparison.found})
    if len(sizes) > 1:
        return f"Each moderator compared on its own rows, {sizes[0]} to {sizes[-1]} effect sizes."
    left = len(comparison.left_out)
    out = f" (left out: {left})" if left else ""
    return f"Models with and without each moderator on the same {sizes[0]} effect sizes{out}."


def moderator_evidence(
    fitted: Fitted,
    comparison: ModeratorComparison,
    average: ModelAverage | None = None,
    *,
    caution: str = "",
    width: float = TWO_COLUMNS,
) -> Figure:
    """Draw the evidence for and against each moderator, and the inclusion probabilities.

    Parameters
    ----------
    fitted : Fitted
        The analysis without the moderators.
    comparison : ModeratorComparison
        Evidence on each moderator.
    average : ModelAverage, optional
        The average over the models; without it there is one panel.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.moderators import compare_moderators
    >>> from bayes_alliance.spec.library import read_specification
    >>> overall = read_specification("overall")
    >>> fitted = run_analysis(load("ibi_synthetic"), overall)
    >>> found = compare_moderators(fitted.effects, ["year", "country"], overall)
    >>> moderator_evidence(fitted, found).axes[0].get_xlabel()
    'Bayes factor of the moderator, BF10'
    """
    data = moderator_evidence_data(fitted, comparison, average, caution=caution)
    with figure_style():
        return _draw(data, width)


def _draw(data: ModeratorEvidenceData, width: float) -> Figure:
    inside, tall, key = width - 2 * MARGIN, TALL * ROW * len(data.rows), _key(data)
    widest = max(text_width(name) for name in data.rows["name"])
    labels = min(widest, WIDEST_LABEL, LABELS * width) + GUTTER
    numbers = GUTTER + max(text_width(ratio_text(_shown(row))) for row in _records(data))
    shares = GUTTER + text_width("> .999")
    beside = INCLUSION + shares + GUTTER if data.averaged and width > STACKED else 0.0
    across = inside - labels - numbers - beside
    lower = MARGIN + footer_height(data.footer, inside) + PAUSE + key_height(key, inside)
    lower += AXIS_LABEL
    stacked = data.averaged and not beside
    bottom = lower + (tall + AXIS_LABEL + HEAD) * stacked
    figure = new_figure(width, bottom + tall + HEAD + MARGIN)
    left = MARGIN + labels
    ax = placed_axes(figure, left=left, bottom=bottom, width=across, height=tall)
    _evidence_axis(ax, data, across)
    for y, row in enumerate(_records(data)):
        left_text(ax, y, row["name"], start=labels, width=labels - GUTTER)
        _draw_row(ax, y, row, data)
        right_text(ax, y, ratio_text(_shown(row)), at=numbers)
    _headings(ax, numbers, across)
    if data.averaged:
        start = left if stacked else left + across + numbers + 2 * GUTTER
        wide = inside - labels - shares if stacked else INCLUSION - GUTTER
        panel = placed_axes(figure, left=start, bottom=lower, width=wide, height=tall)
        _inclusion_panel(panel, data)
        for y, name in enumerate(data.rows["name"] if stacked else ()):
            left_text(panel, y, name, start=labels, width=labels - GUTTER)
    place_footer(figure, data.footer)
    hang_key(figure.axes[-1 if stacked else 0], key, below=AXIS_LABEL, width=inside, left=labels)
    return figure


def _records(data: ModeratorEvidenceData) -> list[dict[Any, Any]]:
    return data.rows.to_dict("records")


def _shown(row: dict[Any, Any]) -> float:
    """The log Bayes factor that is written beside a row."""
    own = row["log_bf10"]
    return float(own if math.isfinite(own) else row["log_inclusion_bf"])


def _limit(data: ModeratorEvidenceData) -> float:
    """Log Bayes factor at both ends of the axis: all moderators inside, up to 1,000."""
    values = np.concatenate([data.rows["log_bf10"], data.marks["log_bf10"]])
    reach = float(np.nanmax(np.abs(values)))
    return min(max(1.08 * reach, 1.15 * math.log(LEAST)), 1.05 * math.log(MOST))


def _evidence_axis(ax: Axes, data: ModeratorEvidenceData, across: float) -> None:
    end = _limit(data)
    ax.set_xlim(-end, end)
    ticks = _ticks(end, across)
    ax.set_xticks([math.log(tick) for tick in ticks], [_tick_text(tick) for tick in ticks])
    ax.set_xlabel("Bayes factor of the moderator, BF10", fontsize=MEDIUM, color=INK)
    dress(ax)
    ax.set_ylim(len(data.rows) - 0.4, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axvspan(-math.log(TELLS), math.log(TELLS), color=LIGHT, alpha=0.45, lw=0, zorder=0)
    ax.axvline(0, color=GREY, lw=0.6, zorder=0.5)


def _ticks(end: float, across: float) -> list[float]:
    """Bayes factors whose numbers stand side by side on an axis of so many inches."""
    kept: list[float] = []
    for tick in TICKS:
        room = [
            abs(math.log(tick / other)) * across / (2 * end)
            - (text_width(_tick_text(tick)) + text_width(_tick_text(other))) / 2
            for other in kept
        ]
        if abs(math.log(tick)) < end and min(room, default=1.0) > APART:
            kept.append(tick)
    return kept


def _tick_text(value: float) -> str:
    if value < 1:
        return f"1/{1 / value:,.0f}"
    return f"{value:,.0f}"


def _headings(ax: Axes, numbers: float, across: float) -> None:
    """Above the rows: what either side means, the band, and the column of numbers."""
    end = ax.get_xlim()[1]
    middle = "the data cannot tell" if across > MIDDLE else ""
    texts = ((-end, "left", "against"), (0.0, "center", middle), (end, "right", "for"))
    for x, ha, text in texts:
        ax.annotate(
            text, xy=(x, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), ha=ha,
            textcoords="offset points", va="bottom", fontsize=SMALL, color=INK,
            annotation_clip=False,
        )  # fmt: skip
    ax.annotate(
        "BF10", xy=(1.0, 1.0), xycoords="axes fraction", xytext=(72 * numbers, 3),
        textcoords="offset points", ha="right", va="bottom", fontsize=SMALL, weight="bold",
        annotation_clip=False,
    )  # fmt: skip


def _draw_row(ax: Axes, y: int, row: dict[Any, Any], data: ModeratorEvidenceData) -> None:
    own = data.marks.loc[data.marks["name"] == row["name"]]
    whole = np.append(own["log_bf10"].to_numpy(float), row["log_bf10"])
    if np.isfinite(whole).all():
        end = ax.get_xlim()[1]
        ends = np.clip([whole.min(), whole.max()], -end, end)
        ax.plot(ends, [y, y], color=ESTIMATE, lw=0.8, alpha=0.5, zorder=2)
    for mark, log_bf in zip(own["sd"], own["log_bf10"], strict=True):
        _point(ax, y, log_bf, _mark_look(data, mark))
    below = y + LOWER if math.isfinite(row["log_bf10"]) else y  # or the dot would hide it
    _point(ax, below, row["log_inclusion_bf"], DIAMOND)
    _point(ax, y, row["log_bf10"], DOT)


def _mark_look(data: ModeratorEvidenceData, sd: float) -> dict[str, Any]:
    position = sorted(data.marks["sd"].unique()).index(sd)
    return {"marker": MARKS[position % len(MARKS)], "color": ESTIMATE, "ms": 3.4, "mew": 0,
            "alpha": 0.75, "zorder": 3}  # fmt: skip


def _point(ax: Axes, y: float, x: float, look: dict[str, Any]) -> None:
    """A mark, or an arrow at the end of the axis where it lies beyond."""
    if not math.isfinite(x):
        return
    low, high = ax.get_xlim()
    if low <= x <= high:
        ax.plot([x], [y], lw=0, **look)
        return
    ax.plot(
        [high if x > high else low], [y], marker=">" if x > high else "<", ms=4, mew=0,
        color=look.get("mec", INK) if look["color"] == PAPER else look["color"], clip_on=False,
        zorder=6, gid=ARROW_ID,
    )  # fmt: skip


def _inclusion_panel(ax: Axes, data: ModeratorEvidenceData) -> None:
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    ax.set_xlabel("Inclusion probability", fontsize=MEDIUM, color=INK)
    dress(ax)
    ax.set_ylim(len(data.rows) - 0.4, -0.6)
    ax.set_yticks([])
    for y, row in enumerate(data.rows.to_dict("records")):
        if not math.isfinite(row["posterior"]):
            continue
        ax.barh(y, row["posterior"], height=0.5, color=ESTIMATE, alpha=0.45, lw=0, zorder=2)
        ax.plot([row["prior"]] * 2, [y - 0.36, y + 0.36], color=PRIOR, lw=1.4, zorder=3)
        right_text(ax, y, probability_text(row["posterior"]), at=GUTTER + text_width("> .999"))


def _key(data: ModeratorEvidenceData) -> list[KeyEntry]:
    entries = [KeyEntry(f"BF10, prior sd of a difference {data.sd:g}", {"lw": 0, **_bare(DOT)})]
    for sd in sorted(data.marks["sd"].unique()):
        entries.append(KeyEntry(f"at sd {sd:g}", {"lw": 0, **_bare(_mark_look(data, sd))}))
    if data.averaged:
        entries.append(KeyEntry("Inclusion BF10 (average over models)",
                                {"lw": 0, **_bare(DIAMOND)}))  # fmt: skip
        entries.append(KeyEntry("Prior inclusion probability", {"color": PRIOR, "lw": 1.4}))
    band: dict[str, Any] = {"patch": True, "facecolor": LIGHT, "alpha": 0.45, "edgecolor": "none"}
    return [*entries, KeyEntry("1/3 to 3: the data cannot tell", band)]


def _bare(look: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in look.items() if name != "zorder"}
