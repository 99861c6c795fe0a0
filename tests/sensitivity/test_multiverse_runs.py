"""A multiverse that is stopped, resumed, and computed by others: the same numbers every time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joblib.externals.loky import get_reusable_executor
from threadpoolctl import threadpool_info, threadpool_limits

from bayes_alliance.data.bundled import load
from bayes_alliance.errors import InputError
from bayes_alliance.sensitivity import multiverse as running
from bayes_alliance.sensitivity.multiverse import Multiverse, run_multiverse
from bayes_alliance.sensitivity.multiverse_fitting import plan_multiverse
from bayes_alliance.sensitivity.multiverse_store import Store
from bayes_alliance.sensitivity.multiverse_threads import one_thread
from bayes_alliance.sensitivity.multiverse_workers import LONELY, ONE_THREAD, processes
from bayes_alliance.spec.grid import read_grid
from bayes_alliance.spec.library import read_specification

WHY = "To be tested."


def scales(count: int) -> dict[str, Any]:
    """Alternative scales of both taus, crossed with two dependences: 2 x count x 4 cells."""

    def option(name: str, **change: Any) -> dict[str, Any]:
        paths = {key.replace("__", "."): value for key, value in change.items()}
        return {"name": name, "because": WHY, "change": paths}

    return {"factors": [
        {"name": "errors", "options": [
            option("independent"),
            option("estimated", sampling__within_sample="estimated")]},
        {"name": "samples", "options": [
            option(f"{0.05 * i:.2f}", priors__tau_sample__scale=0.05 * i)
            for i in range(1, count + 1)]},
        {"name": "effects", "options": [
            option(f"{0.03 * i:.2f}", priors__tau_effect__scale=0.03 * i) for i in range(1, 5)]},
    ]}  # fmt: skip


GRID = scales(12)


def run(**options: Any) -> Multiverse:
    """The multiverse of all these tests."""
    return run_multiverse(load("ibi_synthetic"), read_specification("overall"), GRID, **options)


@pytest.fixture(scope="module")
def alone() -> Multiverse:
    """All 96 specifications, computed by this process in one go."""
    return run(workers=1)


KILLED = """
import json, sys
from bayes_alliance.data.bundled import load
from bayes_alliance.sensitivity.multiverse import run_multiverse
from bayes_alliance.spec.library import read_specification
if __name__ == "__main__":
    grid = json.loads(sys.argv[1])
    run_multiverse(load("ibi_synthetic"), read_specification("overall"), grid,
                   workers=1, folder=sys.argv[2])
"""


def chunks_in(folder: Path) -> list[Path]:
    """Files of finished chunks."""
    return sorted((folder / "chunks").glob("*.jsonl"))


def test_a_killed_run_goes_on_and_loses_nothing(
    alone: Multiverse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, folder = tmp_path / "run.py", tmp_path / "kept"
    script.write_text(KILLED)
    started = subprocess.Popen([sys.executable, script, json.dumps(GRID), folder])
    try:
        until = time.monotonic() + 120
        while len(chunks_in(folder)) < 3 and started.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in chunks_in(folder)}
    finished = {
        json.loads(line)["specification"]
        for _, text in before.values()
        for line in text.splitlines()
    }
    assert len(before) >= 3
    assert len(finished) < alone.plan.size
    (folder / "chunks" / "half.jsonl.1.partial").write_text('{"specification": 3')

    asked: list[int] = []
    compute = running.compute_chunks

    def spied(plan: Any, chunks: Any, **options: Any) -> Any:
        asked.extend(number for numbers in chunks for number in numbers)
        return compute(plan, chunks, **options)

    monkeypatch.setattr(running, "compute_chunks", spied)
    told: list[tuple[int, int]] = []

    def tell(done: int, of: int) -> None:
        told.append((done, of))
        if len(told) == 3:  # one of the processes goes too
            pool = get_reusable_executor(max_workers=2, timeout=LONELY, env=ONE_THREAD)
            os.kill(next(iter(pool._processes)), signal.SIGKILL)

    resumed = run(workers=2, folder=folder, progress=tell)
    assert sorted(asked) == sorted(set(range(alone.plan.size)) - finished)
    assert told[0] == (len(finished), alone.plan.size)
    assert told[-1] == (alone.plan.size, alone.plan.size)
    assert resumed.rows == alone.rows
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before}
    assert after == before
    assert not list(folder.rglob("*.partial"))

    asked.clear()
    assert run(workers=1, folder=folder).rows == alone.rows
    assert asked == []


def test_a_cluster_says_the_same_though_a_worker_is_killed(
    alone: Multiverse, tmp_path: Path
) -> None:
    from distributed import Client, LocalCluster

    folder = tmp_path / "kept"
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
        as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        pids = list(client.run(os.getpid).values())
        killed = []

        def kill() -> None:
            until = time.monotonic() + 120
            while not chunks_in(folder) and time.monotonic() < until:
                time.sleep(0.002)
            os.kill(pids[0], signal.SIGKILL)
            killed.append(len(chunks_in(folder)))

        killer = threading.Thread(target=kill)
        killer.start()
        found = run(dask=cluster.scheduler_address, folder=folder)
        killer.join()
    assert len(set(pids)) == 2
    assert killed[0] < len(chunks_in(folder))
    assert found.rows == alone.rows


SEVERAL_THREADS = """
import json, sys
from bayes_alliance.data.bundled import load
from bayes_alliance.sensitivity.multiverse import run_multiverse
from bayes_alliance.spec.library import read_specification
if __name__ == "__main__":
    grid, effects = json.loads(sys.argv[1]), load("ibi_synthetic")
    spec = read_specification("overall").with_changes({"location.terms": ["year", "rater"]})
    one, two = (run_multiverse(effects, spec, grid, workers=count).rows for count in (1, 2))
    print(len(one), one == two)
"""


def test_threads_of_the_parent_process_change_no_digit(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(SEVERAL_THREADS)
    free = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    done = subprocess.run(
        [sys.executable, script, json.dumps(scales(4))],
        env=free, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert done.stdout.split() == ["32", "True"]


def test_the_limit_holds_until_the_last_of_all_blocks_ends() -> None:
    def threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info()]

    with threadpool_limits(2):
        before = threads()
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        assert set(threads()) == {1}
        first.__exit__(None, None, None)
        assert set(threads()) == {1}
        second.__exit__(None, None, None)
        assert threads() == before


def test_a_folder_of_other_benchmarks_is_refused(tmp_path: Path) -> None:
    few = scales(1)
    few["factors"] = [few["factors"][0]]
    plan, _ = plan_multiverse(load("ibi_synthetic"), read_specification("overall"), read_grid(few))
    first = plan.benchmarks[0]
    others = (first.model_copy(update={"name": "a second"}),)
    plan = replace(plan, benchmarks=(first, *others))
    Store(tmp_path, plan)
    Store(tmp_path, replace(plan))
    changed = [
        (*others, first),
        (first.model_copy(update={"r": first.r + 0.001}), *others),
        (first.model_copy(update={"name": "another"}), *others),
        (first.model_copy(update={"lower": 0.01, "upper": 0.9}), *others),
        (),
    ]
    topics = [replace(plan, effects=replace(plan.effects, topic="another"))]
    for other in [*(replace(plan, benchmarks=those) for those in changed), *topics]:
        with pytest.raises(InputError, match="of other benchmarks or another topic"):
            Store(tmp_path, other)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    folder, effects, spec = tmp_path / "kept", load("crede2010"), read_specification("three_level")
    few = scales(1)
    few["factors"] = [few["factors"][0]]
    run_multiverse(effects, spec, few, folder=folder)
    cases = {
        "another table": (effects.keep([False] + [True] * 96), spec, few),
        "another specification": (effects, spec.with_changes({"run.seed": 5}), few),
        "another grid of choices": (effects, spec, scales(2)),
    }
    for told, (table, model, grid) in cases.items():
        with pytest.raises(InputError, match=told) as caught:
            run_multiverse(table, model, grid, folder=folder)
        (problem,) = caught.value.problems
        assert (problem.where, problem.code) == (str(folder), "another_multiverse")
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("Dear")
    with pytest.raises(InputError, match=r"other files \(letter\.txt\)"):
        run_multiverse(effects, spec, few, folder=other)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be kept"):
        run_multiverse(effects, spec, few, folder=tmp_path / "file")


def test_a_damaged_chunk_is_computed_again(tmp_path: Path) -> None:
    few = scales(1)
    effects, spec = load("crede2010"), read_specification("three_level")
    few["factors"] = few["factors"][::2]
    first = run_multiverse(effects, spec, few, folder=tmp_path)
    (chunk,) = chunks_in(tmp_path)
    chunk.write_text(chunk.read_text()[:100])
    assert run_multiverse(effects, spec, few, folder=tmp_path).rows == first.rows
    assert len(chunks_in(tmp_path)) == 1


def test_who_computes_is_checked() -> None:
    assert processes(3, 10) == 3
    assert processes(None, 10) == 1
    with pytest.raises(InputError, match="0 processes"):
        processes(0, 10)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        run(dask="nowhere at all")
