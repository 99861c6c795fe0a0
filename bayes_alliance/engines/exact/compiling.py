"""A word on the standard error stream while the numerical code is compiled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from bayes_alliance.engines.exact.integration import integrate

__all__ = ["told_if_compiling"]

#: Seconds after which it is no reading of compiled code any more.
PATIENCE = 2.0


@contextmanager
def told_if_compiling(told: bool, *, patience: float = PATIENCE) -> Iterator[None]:
    """Say what takes so long where code has to be compiled, which happens once on a machine.

    Parameters
    ----------
    told : bool
        Whether anything is said.
    patience : float
        Seconds to wait before.

    Yields
    ------
    None
        While the work goes on.
    """

    def tell() -> None:
        if not integrate.signatures:
            print(
                "Compiling the exact engine: once on a machine, some 20 seconds.",
                file=sys.stderr,
                flush=True,
            )

    if not told or integrate.signatures:
        yield
        return
    timer = Timer(patience, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
