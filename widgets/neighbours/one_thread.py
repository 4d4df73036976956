"""Linear algebra on one thread: small matrices gain nothing from more, and lose much."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


def one_thread() -> AbstractContextManager[object]:
    """Keeps NumPy's linear algebra to one thread inside a ``with``, where threadpoolctl is there.

    Threads that wait for each other while a training run holds the cores made the components of
    600 points two hundred times slower.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)
