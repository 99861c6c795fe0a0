"""One thread for the linear algebra: sums in the same order, whoever computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["one_thread"]

_LOCK = Lock()
#: The limit, once for each block that is open. It holds for the whole process, so
#: that a block that ends must not lift it for others, which a Dask worker has in other threads.
_OPEN: list[Any] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS and OpenMP of this process to one thread while the block runs.

    With several threads they add up in another order, so that last digits would depend on the
    number of processors.

    Yields
    ------
    None
        The limits are lifted when the last of all open blocks ends.
    """
    with _LOCK:
        _OPEN.append(_OPEN[0] if _OPEN else threadpool_limits(1))
    try:
        yield
    finally:
        with _LOCK:
            limit = _OPEN.pop()
            if not _OPEN:
                limit.restore_original_limits()
