"""The form that a run is started with, and the list of runs there are."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import traitlets
from PIL import Image

from widgets import assets
from widgets.explorer import Explorer, refuse_unknown
from widgets.runs.launch_picture import draw
from widgets.runs.launch_words import FIELDS, choice_sentence, figures_of, problem_sentence
from widgets.runs.launchpad import VERBS, Launchpad
from widgets.runs.run_reader import RunReader
from widgets.runs.run_status import status_of

if TYPE_CHECKING:
    import pandas

_PAGE_TRAITS = ("options", "choice", "seen", "runs", "shown")


class LaunchForm(Explorer):
    """Choose what to pre-train, see what is wrong with it and what it costs, start it, steer it.

    .. image:: ../../docs/pictures/launch-form.png

    ``choice`` is what is chosen now, ``seen`` what the launchpad said of it, ``shown`` the folders
    of the runs that are ticked.  The launchpad is asked in threads: nothing waits for it.
    """

    _esm: ClassVar[str] = assets.module("runs/launch_form.js")
    _css: ClassVar[str] = assets.style("runs/launch_form.css")
    _choices: ClassVar[tuple[str, ...]] = ("choice", "shown")

    options = traitlets.Dict().tag(sync=True)
    choice = traitlets.Dict().tag(sync=True)
    revision = traitlets.Int().tag(sync=True)
    seen = traitlets.Dict().tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    starting = traitlets.Bool(False).tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        launchpad: Launchpad,
        *,
        choice: Mapping[str, Any] | None = None,
        interval: float = 1.0,
    ) -> None:
        self._ended = threading.Event()  # first: an object that was never finished is closed too
        self._changed = threading.Event()
        self._jobs: queue.Queue[Callable[[], object]] = queue.Queue()
        self._launchpad = launchpad
        self._interval = interval
        options = dict(launchpad.options())
        super().__init__(options=options, choice={**options["choice"], **(choice or {})})
        self._look()
        self.refresh()
        self.observe(lambda change: self._changed.set(), ["choice", "revision"])
        self.on_msg(self._hear)
        threading.Thread(target=self._watch_choice, name="launch-look", daemon=True).start()
        threading.Thread(target=self._work, name="launch-runs", daemon=True).start()

    def start(self, choice: Mapping[str, Any] | None = None) -> str:
        """Start what is chosen, or ``choice``, and show it; its folder.

        Raises what the launchpad raises.
        """
        folder = str(self._launchpad.start(dict(self.choice if choice is None else choice)))
        self.said = f"Started {Path(folder).name}."
        self.attach(folder)
        return folder

    def ask(self, folder: str, verb: str, amount: int = 0) -> None:
        """Ask a run to pause, resume, stop, write a checkpoint, or go ``amount`` steps further.

        Raises ``ValueError`` for anything else, and what the launchpad raises.
        """
        if verb not in VERBS:
            raise ValueError(f"a run can be asked to {', '.join(VERBS)}, not {verb!r}")
        self._launchpad.ask(folder, verb, amount)
        more = f" by {amount:,} steps" if verb == "extend" else ""
        self.said = f"Asked {Path(folder).name} to {verb}{more}."
        self.refresh()

    def attach(self, run: Any) -> None:
        """Show a run, a folder or anything with a ``path`` to one; no matter if it is already."""
        folder = Path(getattr(run, "path", run))
        known = {Path(row["folder"]).resolve(): row["folder"] for row in self._listed()}
        name = known.get(folder.resolve(), str(folder))
        if name not in self.shown:
            self.shown = [*self.shown, name]
        self.refresh()

    def refresh(self) -> None:
        """Look at the runs now, without waiting for the thread."""
        listed = self._listed()
        known = {row["folder"] for row in listed}
        self.runs = [*(_read(f) for f in self.shown if f not in known), *listed]

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *given: Any) -> Self:
        """The form that ``state`` describes, for the ``given`` launchpad.

        Raises ``ValueError`` for entries that such a state does not have.
        """
        refuse_unknown(cls, state, cls._choices)
        form = cls(*given, choice=state.get("choice"))
        form.restore({name: value for name, value in state.items() if name != "choice"})
        return form

    def restore(self, state: Mapping[str, Any]) -> None:
        """Choose and show what ``state`` describes; the launchpad is asked in its thread."""
        super().restore(state)
        self.refresh()

    def table(self) -> pandas.DataFrame:
        """What is chosen, what it costs, and the runs, one row each: part, name, value."""
        import pandas

        chosen = [("choice", FIELDS.get(n, n), value) for n, value in self.choice.items()]
        costs = [("estimate", name, said) for name, said in self.seen.get("figures", [])]
        runs = [
            ("run", row["name"], f"{row['state']}, step {row['step']:,} of {row['steps']:,}")
            for row in self.runs
        ]
        return pandas.DataFrame([*chosen, *costs, *runs], columns=["part", "name", "value"])

    def sentence(self) -> str:
        """What is chosen, what it costs or what is wrong with it, and the runs that are shown."""
        problems = problem_sentence(self.options, self.seen.get("problems", []))
        estimate = self.seen.get("estimate") or {}
        runs = [row for row in self.runs if row["folder"] in self.shown]
        states = [f"{row['name']}: {row['state']}, step {row['step']:,}." for row in runs]
        costs = problems or str(estimate.get("says", ""))
        return " ".join(filter(None, [choice_sentence(self.options, self.choice), costs, *states]))

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The choice, its costs, how to make it elsewhere, and the runs; at least 500 wide."""
        if width < 500:
            raise ValueError(f"a picture of the form needs a width of 500 or more, got {width}")
        shown = [row for row in self.runs if row["folder"] in self.shown]
        return draw(self.options, self.choice, self.seen, shown, width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs; a page can be read, not started from."""
        values = {name: getattr(self, name) for name in _PAGE_TRAITS}
        idle = {"revision": self.seen.get("revision", 0), "starting": False, "said": ""}
        return {**values, **idle, "problem": "", "live": False}

    def close(self) -> None:
        """End the threads and take the view away."""
        self._ended.set()
        self._changed.set()
        super().close()

    def _hear(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        request = content.get("request")
        if request == "start":
            self.starting = True
            self._jobs.put(lambda: self._start(content.get("choice")))
        elif request == "ask":
            asked = str(content.get("folder")), str(content.get("verb")), content.get("amount") or 0
            self._jobs.put(lambda: self.ask(*asked))
        elif request == "forget":
            self.problem = ""

    def _start(self, choice: Mapping[str, Any] | None) -> None:
        try:
            self.start(choice)
        finally:
            self.starting = False

    def _watch_choice(self) -> None:
        while self._changed.wait() and not self._ended.is_set():
            self._changed.clear()
            self._look()

    def _look(self) -> None:
        revision, choice = self.revision, dict(self.choice)
        try:
            seen: dict[str, Any] = dict(self._launchpad.look(choice))
        except Exception as problem:  # whatever it is, the form stays and says it
            seen = {"problems": [{"field": "", "message": _words(problem)}]}
        self.seen = {**seen, "figures": figures_of(seen.get("estimate")), "revision": revision}

    def _work(self) -> None:
        """Does what was asked for, one after the other, and looks at the runs in between."""
        while not self._ended.is_set():
            try:
                job: Callable[[], object] = self._jobs.get(timeout=self._interval)
            except queue.Empty:
                job = self.refresh
            else:
                self.problem = ""
            try:
                job()
            except Exception as problem:
                self.problem = _words(problem)

    def _listed(self) -> Sequence[dict[str, Any]]:
        return [{**row, "folder": str(row["folder"])} for row in self._launchpad.runs()]


def _words(problem: Exception) -> str:
    return str(problem) or type(problem).__name__


def _read(folder: str) -> dict[str, Any]:
    """The row of a run that the launchpad does not list."""
    reader = RunReader(Path(folder))
    reader.poll()
    status = status_of(reader, 0.0)
    place = {"name": status.name, "folder": folder}
    return {**place, "state": status.state, "step": status.step, "steps": status.steps}
