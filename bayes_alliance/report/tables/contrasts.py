"""Differences between levels, and the orders of levels."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.report.contrasts import contrast_cells, prior_of_contrasts
from bayes_alliance.report.frames import contrast_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, percent
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    scale_note,
)
from bayes_alliance.report.tables.table import Column, Table

__all__ = ["contrasts_table", "orders_table"]


def contrasts_table(material: Material) -> Table | None:
    """Write the differences between levels.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``contrasts``; None without contrasts.
    """
    answers = material.answers
    if not answers.contrasts:
        return None
    width = correlation(answers.rope_difference)
    evidence = any(c.prior_sd is not None for c in answers.contrasts)
    equivalence = answers.scale.has_r
    headings = [f"difference of {answers.scale.symbol}", f"{level_of(answers)} interval", "P(> 0)"]
    headings += [f"P(|d| < {width})"] if equivalence else []
    headings += ["BF01"] if evidence else []
    notes = [
        scale_note(answers),
        "The difference is the posterior median of the difference of median true correlations, "
        "taken draw by draw on r."
        if answers.scale.has_r
        else "The difference is the posterior median.",
        interval_note(answers),
        "P(> 0) = posterior probability that the first is larger.",
        f"P(|d| < {width}) = that the two differ by less than {width} in r." if equivalence else "",
        prior_of_contrasts(answers) if evidence else "",
        "A contrast of a slope compares one unit above the centre with the centre."
        if any(term.kind == "continuous" for term in material.fitted.design.terms)
        else "",
    ]
    rows = []
    for c in answers.contrasts:
        name, *cells = contrast_cells(c, evidence=evidence)
        rows.append([name, *(cells if equivalence else [*cells[:3], *cells[4:]])])
    frame = contrast_frame(answers).loc[[c.name for c in answers.contrasts]]
    return finished(
        material,
        "contrasts",
        "Differences Between Levels",
        [Column("Contrast", numeric=False), *map(Column, headings)],
        rows,
        notes,
        frame.dropna(axis="columns", how="all"),
    )


def orders_table(material: Material) -> Table | None:
    """Write the probabilities of orders.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``orders``; None where no order was asked for.
    """
    orders = material.answers.orders
    if not orders:
        return None
    frame = pd.DataFrame(
        {
            "name": [order.name for order in orders],
            "probability": [order.probability for order in orders],
            "prior": [order.prior for order in orders],
        }
    )
    return finished(
        material,
        "orders",
        "Probabilities of Orders of the Means",
        (Column("Order", numeric=False), Column("posterior"), Column("prior")),
        [[order.name, percent(order.probability), percent(order.prior)] for order in orders],
        [
            "Posterior and prior probability that the means stand in the order, the largest first."
            " Before the data all orders are equally probable."
        ],
        frame.set_index("name"),
    )
