"""The wheel, installed where nothing of the checkout is in reach, does what the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that has the wheel, and an empty folder to work in."""

    binaries: Path
    folder: Path

    def run(self, *command: str) -> str:
        """Run a program of the environment in the folder and return what it prints."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            [self.binaries / command[0], *command[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def pip(*arguments: str | Path) -> None:
    """Run pip without asking any index."""
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        cwd=ROOT,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A new environment with the wheel; the dependencies are lent by the one that runs the tests.

    A path that comes from a .pth file is searched for modules, but the .pth files in it are not
    read: the editable install of the checkout, which is such a file, stays out of reach.
    """
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    (site_packages,) = home.glob("lib/python*/site-packages")
    (site_packages / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return Installed(home / "bin", tmp_path_factory.mktemp("elsewhere"))


def test_the_wheel_carries_models_and_data(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    models = {f"bayes_alliance/{path.relative_to(ROOT)}" for path in ROOT.glob("models/*.toml")}
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bayes_alliance" / "data" / "bundled").rglob("*")
        if path.suffix in {".csv", ".toml"}
    }
    assert len(models) >= 1
    assert len(data) >= 2
    assert models | data | {"bayes_alliance/py.typed"} <= packed


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bayes_alliance"}


def test_the_metadata_agree_with_the_package(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(archive.read(name).decode("utf-8"))
    import bayes_alliance

    assert metadata["Version"] == bayes_alliance.__version__
    assert metadata["Requires-Python"] == ">=3.12"
    assert metadata["License-Expression"] == "MIT"


def test_the_wheel_is_what_is_imported(installed: Installed) -> None:
    place = installed.run("python", "-c", "import bayes_alliance as b; print(b.__file__, end='')")
    assert Path(place).is_relative_to(installed.binaries.parent)
    reachable = installed.run("python", "-c", "import sys; print(*sys.path, sep='\\n')")
    assert str(ROOT) not in reachable.splitlines()


def test_datasets_and_models_are_listed(installed: Installed) -> None:
    assert "konstantopoulos2011" in installed.run("bayes-alliance", "datasets")
    listed = installed.run("bayes-alliance", "models")
    missing = [path.stem for path in ROOT.glob("models/*.toml") if path.stem not in listed]
    assert missing == []


def test_the_demo_runs_in_another_folder(installed: Installed) -> None:
    installed.run("bayes-alliance", "demo", "--quick", "--out", "results")
    written = [path for path in (installed.folder / "results").rglob("*") if path.is_file()]
    assert len(written) >= 1
    assert [path.name for path in written if path.stat().st_size == 0] == []
    assert [path.name for path in installed.folder.iterdir()] == ["results"]
