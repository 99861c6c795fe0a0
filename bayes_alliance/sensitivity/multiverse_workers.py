"""Who computes the chunks of a multiverse: this process, processes of this machine, or Dask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bayes_alliance.errors import EngineError, InputError, Problem
from bayes_alliance.sensitivity.multiverse_answers import Answer, number_of
from bayes_alliance.sensitivity.multiverse_chunk import run_chunk
from bayes_alliance.sensitivity.multiverse_plan import Plan

__all__ = ["compute_chunks", "processes"]

#: A process of its own costs more than so many specifications here.
WORTH_A_PROCESS = 300
#: How often a chunk is tried again on a cluster whose workers fail.
RETRIES = 3
#: Seconds after which a process without work ends, should the main one have been killed.
LONELY = 60
#: Threads would only wait for one another beside processes.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA")
}
Chunks = Sequence[Sequence[int]]


def processes(workers: int | None, specifications: int) -> int:
    """Number of processes.

    Parameters
    ----------
    workers : int or None
        As asked for; None: the processors that may be used, unless there is little to do.
    specifications : int
        That are to be computed.

    Returns
    -------
    int
        At least 1; 1 is this process.

    Raises
    ------
    InputError
        If fewer than 1 was asked for.
    """
    if workers is not None and workers < 1:
        raise InputError(
            Problem(what=f"{workers} processes cannot compute anything", where="--workers",
                    cure="Give 1 or more", code="workers")
        )  # fmt: skip
    if workers is not None:
        return workers
    from joblib import cpu_count

    return max(1, min(int(cpu_count()), specifications // WORTH_A_PROCESS))


def compute_chunks(
    plan: Plan, chunks: Chunks, *, workers: int, dask: str | None
) -> Iterator[list[Answer]]:
    """Compute chunks in any order.

    Parameters
    ----------
    plan : Plan
        The multiverse.
    chunks : sequence of sequence of int
        Numbers of specifications.
    workers : int
        Processes of this machine; each uses one thread.
    dask : str or None
        Address of a scheduler, whose workers compute in place of this machine.

    Yields
    ------
    list of dict
        Answers of a chunk, as soon as it is finished.
    """
    if dask is not None:
        yield from _on_cluster(plan, chunks, dask)
    elif workers == 1 or len(chunks) < 2:
        yield from (run_chunk(plan, numbers) for numbers in chunks)
    else:
        yield from _on_processes(plan, chunks, workers)


def _on_processes(plan: Plan, chunks: Chunks, workers: int) -> Iterator[list[Answer]]:
    """By joblib's pool of processes; its Parallel would wait for ever for one that was killed."""
    from concurrent.futures import as_completed

    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = {numbers[0]: tuple(numbers) for numbers in chunks}
    for _ in range(RETRIES):
        pool = get_reusable_executor(max_workers=workers, timeout=LONELY, env=ONE_THREAD)
        futures = [pool.submit(run_chunk, plan, numbers) for numbers in waiting.values()]
        try:
            for future in as_completed(futures):
                rows = future.result()
                del waiting[number_of(rows[0])]
                yield rows
            return
        except TerminatedWorkerError:  # killed, for example for want of memory: others go on
            continue
        finally:
            for future in futures:
                future.cancel()
    raise EngineError(
        "processes were killed again and again; with --out (folder=) a new run goes on where this "
        "one stopped, and with fewer --workers it needs less memory"
    )


def _on_cluster(plan: Plan, chunks: Chunks, address: str) -> Iterator[list[Answer]]:
    with _client(address) as client:
        from distributed import KilledWorker, as_completed

        futures = [
            client.submit(run_chunk, plan, tuple(numbers), pure=False, retries=RETRIES)
            for numbers in chunks
        ]
        try:
            for _, rows in as_completed(futures, with_results=True):
                yield rows
        except KilledWorker as error:
            raise EngineError(
                "workers of the cluster were killed again and again; with --out (folder=) a new "
                "run goes on where this one stopped"
            ) from error


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of a Dask scheduler."""
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            Problem(
                what="a Dask cluster needs the package distributed, which is not installed",
                where="--dask",
                cure="Install it: pip install 'bayes-alliance[dask]'",
                code="no_distributed",
            )
        ) from None
    client: Any = Client.__new__(Client)
    try:
        client.__init__(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        # Else its finalizer would wait for the scheduler once more, and print that it failed.
        client.status = "closed"
        raise InputError(
            Problem(
                what=f"no Dask scheduler answers ({error})",
                where=f"--dask {address}",
                cure="Start one (dask scheduler; dask worker ADDRESS) and give its address, for "
                "example tcp://127.0.0.1:8786",
                code="no_scheduler",
            )
        ) from None
    try:
        yield client
    finally:
        client.close()
