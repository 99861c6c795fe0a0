"""What a result was computed on."""

from __future__ import annotations

import getpass
import json
import platform
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from bayes_alliance.posterior.environment import environment, environment_differences


def test_versions_and_platform_are_told_and_nothing_private() -> None:
    found = environment("bayes-alliance fit x")
    assert found["packages"]["numpy"] == version("numpy")
    assert found["python"].endswith(platform.python_version())
    assert found["command"] == "bayes-alliance fit x"
    assert found["cores"] >= 1
    text = json.dumps(environment())
    assert platform.node() not in text or len(platform.node()) < 3
    assert str(Path.home()) not in text
    assert f"/{getpass.getuser()}/" not in text


def test_everything_the_package_asks_for_is_named() -> None:
    project = tomllib.loads(
        (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    )["project"]
    asked = {re.split(r"[^\w.-]", text)[0] for text in project["dependencies"]}
    assert asked <= set(environment()["packages"])


def test_differences_name_both_sides() -> None:
    now = environment()
    assert environment_differences(now, now) == ()
    other = now | {
        "python": "CPython 3.99",
        "cores": 512,
        "command": "another",
        "packages": now["packages"] | {"numpy": "1.0", "gone": "3"},
    }
    told = environment_differences(other, now)
    assert told[0] == f"python: CPython 3.99, now {now['python']}"
    assert f"numpy 1.0, now {version('numpy')}" in told
    assert "gone 3, now not installed" in told
    assert len(told) == 3
    assert environment_differences({"packages": "broken"}, now)
