"""Traces and ranks."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from drawn_analyses import analysis, table
from matplotlib import pyplot

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.chains import chains_data, ranks, traces
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.spec.specification import Specification


def test_every_parameter_has_its_draws(overall: Fitted) -> None:
    data = chains_data(overall)
    assert data.parameters == ("overall", "tau_sample", "tau_effect")
    assert not data.of_chains  # no sampler left statistics
    assert data.footer.data.endswith("Independent draws on the analysis scale.")
    np.testing.assert_array_equal(
        data.tree["posterior"]["p1"], overall.posterior.tree["posterior"]["tau_sample"]
    )


def test_independent_draws_are_cut_into_parts() -> None:
    fitted = analysis(table([2, 2]), chains=1, draws=402)
    data = chains_data(fitted)
    assert not data.of_chains
    shown = data.tree["posterior"]["p0"].to_numpy()
    assert shown.shape == (4, 100)
    np.testing.assert_array_equal(shown.ravel(), fitted.posterior.draws("beta")[:400, 0])
    legend = traces(fitted).axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [f"Part {i}" for i in (1, 2, 3, 4)]


@pytest.mark.parametrize("draw", [traces, ranks])
def test_panels_are_named_and_noticed(draw, overall: Fitted) -> None:
    before = pyplot.get_fignums()
    figure = draw(overall, caution="careful")
    assert [ax.get_title("left") for ax in figure.axes] == ["overall", "tau_sample", "tau_effect"]
    footer = [t.get_text() for t in figure.texts if t.get_gid() == FOOTER_ID]
    assert "careful" in footer
    assert "Synthetic data: no evidence about therapy." in footer
    assert pyplot.get_fignums() == before
    figure.canvas.draw()


def test_traces_show_the_draws(overall: Fitted) -> None:
    ax = traces(overall).axes[1]
    tau = overall.posterior.tree["posterior"]["tau_sample"].to_numpy()
    for chain, line in enumerate(ax.lines[:2]):
        np.testing.assert_allclose(np.asarray(line.get_ydata()), tau[chain])


def test_ranks_tell_a_chain_that_is_elsewhere() -> None:
    fitted = analysis(table([2, 2]), draws=300)
    tau = fitted.posterior.tree["posterior"]["tau_sample"]
    tau[1] += 0.05
    good, bad = (next(t.get_text() for t in ranks(fitted).axes[i].texts) for i in (0, 1))
    assert bad.startswith("p=0.00")
    assert not good.startswith("p=0.00")


def test_divergent_transitions_are_marked() -> None:
    fitted = analysis(table([2, 2]))
    plain = len(traces(fitted).axes[0].lines) + len(traces(fitted).axes[0].collections)
    diverging = np.zeros((2, 200), dtype=bool)
    diverging[0, [3, 50]] = True
    statistics = xr.Dataset({"diverging": (("chain", "draw"), diverging)})
    add_group(fitted.posterior.tree, "sample_stats", statistics)
    data = chains_data(fitted)
    assert data.of_chains
    assert data.footer.data.endswith(" Draws on the analysis scale.")
    ax = traces(fitted).axes[0]
    assert len(ax.lines) + len(ax.collections) > plain


def test_any_name_of_a_coefficient_can_be_drawn() -> None:
    arms = ["mixed/other", "$x_1$", "_a b", "~not"] * 3
    effects = table([3, 3, 3, 3], arm=arms)
    figure = traces(analysis(effects, Specification().with_terms("arm"), draws=50))
    titles = [ax.get_title("left") for ax in figure.axes]
    assert set(titles[:4]) == {"mixed/other", r"\$x_1\$", "_a b", "~not"}
    figure.canvas.draw()
