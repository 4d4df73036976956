"""What starts the processes of a run somewhere, out of reach of the notebook's own end."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from workbench.training.folder import RunFolder


@runtime_checkable
class Engine(Protocol):
    """A place where runs train; a value, so that the same recipe moves by changing it alone."""

    @property
    def processes(self) -> int:
        """How many processes train together; a step's batch is cut into at least as many."""
        ...

    def __str__(self) -> str:
        """How the command line and ``recipe.json`` name it; ``named`` gives it back."""
        ...

    def launch(self, folder: RunFolder) -> None:
        """Starts the run of a folder, gives it the lease and returns at once.

        Raises ``RunBusy`` while another process holds the lease, ``RunError`` when it cannot be
        started there.
        """
        ...
