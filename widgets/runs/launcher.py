"""Start, watch and steer pre-training from a notebook: the form, and the curves of ticked runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from widgets.explorer import refuse_unknown
from widgets.panel import Panel
from widgets.runs.launch_form import LaunchForm
from widgets.runs.launchpad import Launchpad
from widgets.runs.live_curve import LiveCurve


class Launcher(Panel):
    """A ``form`` to choose, start and steer with, and below it the ``curve`` of the ticked runs.

    .. image:: ../../docs/pictures/launcher.png

    ``run`` is a run, its folder, or several of them, shown from the start; ``choice`` changes what
    the form begins with.  Nothing is kept here: all state is in the run folders, so that after a
    restart of the kernel, or in a second notebook, the same call shows the same runs.
    """

    def __init__(
        self, launchpad: Launchpad, run: Any = None, *, choice: Mapping[str, Any] | None = None
    ) -> None:
        self.form = LaunchForm(launchpad, choice=choice)
        self.curve: LiveCurve | None = None
        self._lock = threading.RLock()
        super().__init__(self.form)
        self.form.observe(lambda change: self._show(), "shown")
        for each in run if isinstance(run, list | tuple) else [run]:
            if each is not None:
                self.attach(each)

    def start(self, choice: Mapping[str, Any] | None = None) -> str:
        """Start what is chosen in the form, or ``choice``, and show it; its folder.

        Raises what the launchpad raises.
        """
        return self.form.start(choice)

    def ask(self, folder: str, verb: str, amount: int = 0) -> None:
        """Ask a run to pause, resume, stop, checkpoint, or extend by ``amount`` steps."""
        self.form.ask(folder, verb, amount)

    def attach(self, run: Any) -> None:
        """Show a run, its folder or anything with a ``path`` to it; no matter if it is already."""
        self.form.attach(run)

    def state(self) -> dict[str, Any]:
        """What is chosen, which runs are shown and how, as plain values for JSON."""
        curve = None if self.curve is None else self.curve.state()
        return {"form": self.form.state(), "curve": curve}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Choose and show what ``state`` describes.

        Raises ``ValueError`` for entries that such a state does not have.
        """
        refuse_unknown(type(self), state, ("form", "curve"))
        self.form.restore(state.get("form", {}))
        if self.curve is not None and state.get("curve"):
            self.curve.restore(state["curve"])

    def close(self) -> None:
        """End what follows the runs and take the view away; the runs go on."""
        self.form.close()
        if self.curve is not None:
            self.curve.close()
        super().close()

    def _show(self) -> None:
        with self._lock:
            before, folders = self.curve, list(self.form.shown)
            if [str(folder) for folder in before.folders] == folders if before else not folders:
                return
            state = (
                {name: v for name, v in before.state().items() if name != "runs"} if before else {}
            )
            self.curve = LiveCurve(folders, buttons=False, **state) if folders else None
            self.children = (self.form, self.curve) if self.curve else (self.form,)
            if before is not None:
                before.close()
