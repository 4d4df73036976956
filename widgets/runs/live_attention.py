"""What a model attends to, guesses and matches while it trains, by the probes of its run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self

from widgets.attention.frames import fitting
from widgets.attention.record import AttentionRecord
from widgets.attention.view import AttentionView
from widgets.explorer import refuse_unknown
from widgets.page import page
from widgets.panel import Panel
from widgets.runs.probe_record import guesses_in, probes_of, similarity_in
from widgets.runs.probe_view import ProbeView


class LiveAttention(Panel):
    """The newest probe of a run as soon as it is written; a slider leads back to earlier ones.

    .. image:: ../../docs/pictures/live-attention.png

    ``run`` is a run folder or anything with a ``path`` to one, and may have no probe yet.  ``view``
    is the attention view (None before the first probe), ``probe`` has the slider, the guesses and
    the similarities.  ``choices`` are those of ``AttentionView``, and stay while one scrubs.
    """

    def __init__(self, run: Any, *, interval: float = 1.0, **choices: Any) -> None:
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self.folder = Path(getattr(run, "path", run))
        self.view: AttentionView | None = None
        self.probe = ProbeView(name=self.folder.name)
        self._choices = choices
        self._interval = interval
        super().__init__(self.probe)
        self.probe.observe(lambda change: self._show(), "step")
        self.update()
        threading.Thread(target=self._follow, name="live-attention", daemon=True).start()

    def update(self) -> None:
        """Look for probes now, without waiting for the thread."""
        with self._lock:
            steps = list(probes_of(self.folder))
            if steps != self.probe.steps:
                self.probe.steps = steps
            if steps and (self.probe.following or self.probe.step not in steps):
                self.probe.step = steps[-1]

    def close(self) -> None:
        """Stop following and take the view away."""
        self._ended.set()
        super().close()

    def state(self) -> dict[str, Any]:
        """Which run and probe are shown, and what is looked at, as plain values for JSON."""
        view = None if self.view is None else self.view.state()
        probe = {"step": self.probe.step, "following": self.probe.following}
        return {"run": str(self.folder), "probe": probe, "view": view}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *given: Any, **named: Any) -> Self:
        """The view that ``state`` describes, of its own run or the ``given`` one.

        Raises as ``restore``.
        """
        return super().from_state(state, *(given or (state["run"],)), **named)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Look at what ``state`` describes; whose run it was is passed over.

        Raises ``ValueError`` for entries that such a state does not have.
        """
        refuse_unknown(type(self), state, ("run", "probe", "view"))
        self.probe.restore(state.get("probe", {}))
        if self.view is not None and state.get("view"):
            self.view.restore(state["view"])

    def to_html(self, path: str | PathLike[str] | None = None, title: str = "") -> str:
        """A page with a slider over the probes of the same words, as many as fit into 8 MB."""
        parts = [explorer.page_part() for explorer in self.explorers]
        if self.view is not None:
            over = self._over(self.view)
            parts[self.explorers.index(self.view)] = over.page_part()
            over.close()
        text = page(title or type(self).__name__, parts)
        if path is not None:
            Path(path).write_text(text, "utf-8")
        return text

    def _over(self, view: AttentionView) -> AttentionView:
        """One view of the probes that are like the one shown, open on that one or its nearest."""
        probes = list(probes_of(self.folder).items())
        found: list[tuple[int, AttentionRecord]] = []
        for place in fitting(len(probes), view.record):
            step, path = probes[place]
            try:
                record = AttentionRecord.load(path)
            except (OSError, ValueError, KeyError):
                continue  # the slider tells of it
            same = record.attention.shape == view.record.attention.shape
            if same and record.words == view.record.words:
                found.append((step, record))
        found = found or [(self.probe.step, view.record)]
        far = [abs(step - self.probe.step) for step, _ in found]
        labelled = [(f"step {step:,}", record) for step, record in found]
        over = AttentionView.over(labelled, metrics=view.metrics, frame=far.index(min(far)))
        for name, value in view.state().items():
            if name not in ("frame", "change"):
                setattr(over, name, value)
        return over

    def _follow(self) -> None:
        while not self._ended.wait(self._interval):
            self.update()

    def _show(self) -> None:
        """The probe of the chosen step; one that cannot be read is told and the last one stays."""
        with self._lock:
            path = probes_of(self.folder).get(self.probe.step)
            if path is None:
                return
            try:
                record = AttentionRecord.load(path)
                found = guesses_in(path), similarity_in(path)
            except (OSError, ValueError, KeyError) as problem:
                self.probe.problem = f"{path.name} cannot be read: {problem}"
                return
            self.probe.problem = ""
            self.probe.show(*found)
            if self.view is None:
                self.view = AttentionView(record, **self._choices)
                self.children = (self.view, self.probe)
            else:
                self.view.show(record)
