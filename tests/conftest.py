"""What holds for every test: quiet figures, repeatable properties, and no pass by skipping."""

from __future__ import annotations

import os
from typing import Final

import hypothesis
import matplotlib as mpl
import pytest

#: Tests that may be skipped under CI: node id to the reason, since a skip is not a pass.
ALLOWED_SKIPS: Final[dict[str, str]] = {
    "tests/report/test_table_writers.py::test_latex_compiles": "pdflatex is no Python package",
}

mpl.use("Agg")

# The same examples in every run: a property that fails once fails again, and CI never by chance.
hypothesis.settings.register_profile(
    "repeatable",
    derandomize=True,
    max_examples=50,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# For a search by hand: HYPOTHESIS_PROFILE=search python -m pytest tests/...
hypothesis.settings.register_profile("search", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


class SkipGuard:
    """Fails a session under CI in which a test was skipped that is not on the list."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def _record(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        expected_failure = hasattr(report, "wasxfail")
        if report.skipped and not expected_failure and report.nodeid not in ALLOWED_SKIPS:
            self.skipped.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._record(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._record(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("a skip is not a pass", red=True)
            for nodeid in self.skipped:
                terminalreporter.write_line(nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Guard against skips where a green run is taken as proof."""
    if os.environ.get("CI"):
        config.pluginmanager.register(SkipGuard(), "skip-guard")
