"""What the launcher needs of whatever starts runs (``workbench.launchpad.Launchpad`` has it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Launchpad(Protocol):
    """Knows what can be chosen, what is wrong with a choice and what it costs, and starts it.

    A choice is a mapping of plain values: system, size, data, objectives {name: ratio}, steps,
    budget, engine and so on; None takes what suits the rest.
    """

    def options(self) -> Mapping[str, Any]:
        """What can be chosen: systems, data, engines, precisions, and a first ``choice``."""
        ...

    def look(self, choice: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is wrong (``problems``: field, message), ``notes``, the ``estimate``, the same as
        ``command`` line and Python ``cell``, and ``settled``: the choice with every number told.
        """
        ...

    def start(self, choice: Mapping[str, Any]) -> str:
        """Starts a run outside this process; its folder."""
        ...

    def ask(self, folder: str, verb: str, amount: int = 0) -> object:
        """Asks a run to "pause", "resume", "stop", "checkpoint", or "extend" by so many steps."""
        ...

    def runs(self) -> Sequence[Mapping[str, Any]]:
        """The runs there are: name, folder, state, step, steps."""
        ...


VERBS = ("pause", "resume", "stop", "checkpoint", "extend")
"""What a launchpad can ask of a run."""
