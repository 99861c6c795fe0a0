"""How figures look and how they are written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.plots.forest import forest
from bayes_alliance.plots.rows import axis_limits, level_style
from bayes_alliance.plots.scales import scales
from bayes_alliance.plots.style import (
    FORMATS,
    figure_bytes,
    figure_of,
    figure_style,
    new_figure,
    save,
)


def test_figures_are_repeated_byte_for_byte(overall: Fitted) -> None:
    for ending in FORMATS:
        first, second = (figure_bytes(figure_of(scales(overall)), ending) for _ in range(2))
        assert first == second
        assert b"Date" not in first


def test_pdf_carries_truetype_fonts_and_svg_outlines(overall: Fitted) -> None:
    figure = figure_of(scales(overall))
    assert b"/FontFile2" in figure_bytes(figure, "pdf")
    svg = figure_bytes(figure, "svg").decode()
    assert "<text" not in svg
    assert "font-family" not in svg


def test_png_has_300_dots_an_inch(overall: Fitted) -> None:
    content = figure_bytes(figure_of(scales(overall)), "png")
    assert int.from_bytes(content[16:20], "big") == 2100  # 7 inches


def test_save_writes_one_or_all_formats(tmp_path: Path, overall: Fitted) -> None:
    figure = figure_of(scales(overall))
    assert save(figure, tmp_path / "new" / "one.svg") == (tmp_path / "new" / "one.svg",)
    written = save(figure, tmp_path / "all")
    assert [path.name for path in written] == ["all.png", "all.svg", "all.pdf"]
    assert all(path.stat().st_size > 1_000 for path in written)
    with pytest.raises(InputError, match="png, svg, pdf"):
        save(figure, tmp_path / "figure.gif")
    assert not (tmp_path / "figure.gif").exists()


def test_the_users_settings_come_back_and_do_not_show(overall: Fitted) -> None:
    plain = figure_bytes(figure_of(scales(overall)), "png")
    with mpl.rc_context({"font.size": 23, "axes.facecolor": "black", "lines.linewidth": 9}):
        assert figure_bytes(figure_of(scales(overall)), "png") == plain
        assert mpl.rcParams["font.size"] == 23
    before = dict(mpl.rcParams)
    with figure_style():
        assert mpl.rcParams["pdf.fonttype"] == 42
    assert dict(mpl.rcParams) == before


def test_drawing_needs_no_pyplot_and_importing_no_matplotlib() -> None:
    modules = ("forest", "scales", "priors", "moderators", "chains", "style")
    imports = "\n".join(f"import bayes_alliance.plots.{module}" for module in modules)
    code = f"import sys\n{imports}\nassert 'matplotlib' not in sys.modules\n"
    code += (
        "from bayes_alliance.plots.style import *\nwith figure_style(): figure = new_figure(2, 1)\n"
        "figure_bytes(figure, 'png')\nassert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_forests_are_as_high_as_their_rows(overall: Fitted) -> None:
    whole, collapsed = (
        figure_of(forest(overall, collapse=c)).get_size_inches() for c in (False, True)
    )
    assert whole[0] == collapsed[0] == 7.0
    assert whole[1] > collapsed[1] + 0.165 * 5


def test_sixty_three_levels_are_told_apart() -> None:
    assert len({level_style(i) for i in range(63)}) == 63


def test_axes_are_generous_to_reported_values_but_not_without_end() -> None:
    low, high = axis_limits([-0.2, 0.8], [0.9, 50.0, -0.3], is_r=False)
    assert -0.4 < low < -0.3
    assert 0.9 < high < 1.3
    assert axis_limits([0.9], [], is_r=True)[1] <= 1.0
    assert axis_limits([float("nan"), 0.4], [], is_r=True)[0] < 0


def test_a_notebook_shows_a_figure_by_itself() -> None:
    figure = new_figure(2, 1)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_script_without_a_font_is_drawn_without_a_warning() -> None:
    with figure_style():
        figure = new_figure(2, 2)
        figure.text(0.1, 0.5, "\U00012000")
    assert [len(figure_bytes(figure, kind)) > 0 for kind in ("png", "svg", "pdf")] == [True] * 3
