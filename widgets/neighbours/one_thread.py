"""Linear algebra on one thread: small matrices gain nothing from more, and lose much."""

from __future__ import annotations

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Keeps NumPy's linear algebra to one thread inside a ``with``.

    Threads that wait for each other while a training run holds the cores made the components of
    600 points two hundred times slower.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
