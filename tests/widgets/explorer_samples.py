"""One of every explorer, made from drawn and made-up data, each with something chosen.

``python -m tests.widgets.explorer_samples NAME ...`` draws the pictures of their docstrings anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.widgets import widget_samples as samples
from tests.widgets.attribution_sample import attribution_record
from tests.widgets.guess_samples import guess_record
from tests.widgets.launchpad_sample import SampleLaunchpad
from tests.widgets.neighbourhood_sample import tables
from tests.widgets.retrieval_sample import retrieval_run
from widgets import (
    AttentionView,
    AttributionView,
    Comparison,
    GuessView,
    Launcher,
    LiveAttention,
    LiveCurve,
    Neighbourhoods,
    Panel,
    RetrievalView,
    compare,
)
from widgets.runs.launch_form import LaunchForm
from widgets.runs.probe_record import guesses_in, similarity_in
from widgets.runs.probe_view import ProbeView
from widgets.saved_picture import png_bytes


@dataclass(frozen=True)
class Sample:
    """How one is made in a folder of its own, and what ``from_state`` must be given again."""

    make: Callable[[Path], Any]
    given: Callable[[Any], tuple[Any, ...]]


def _record_of(view: Any) -> tuple[Any, ...]:
    return (view.record,)


def _nothing(view: Any) -> tuple[Any, ...]:
    return ()


def _two_runs(folder: Path) -> list[Path]:
    runs = [samples.write_run(folder / "quickstart", 400, measured=100)]
    return [*runs, samples.write_run(folder / "smaller", 400, 250, seed=3, reason="stopped")]


def _launchpad(folder: Path) -> SampleLaunchpad:
    pad = SampleLaunchpad(folder / "runs")
    samples.write_run(pad.folder / "run-001", 120, 60, reason="stopped")
    samples.write_run(pad.folder / "run-002", 120, seed=2)
    return pad


def _form(folder: Path) -> LaunchForm:
    form = LaunchForm(_launchpad(folder), choice={"steps": 300})
    form.attach(folder / "runs" / "run-001")
    return form


def _launcher(folder: Path) -> Launcher:
    launcher = Launcher(_launchpad(folder), folder / "runs" / "run-001", choice={"steps": 300})
    assert launcher.curve is not None
    launcher.curve.smoothing = 0.5
    return launcher


def _probe(folder: Path) -> ProbeView:
    path = samples.write_probe(folder, 100, blind=True)
    view = ProbeView(name="quickstart", steps=[0, 100], step=100, following=False)
    view.show(guesses_in(path), similarity_in(path))
    return view


def _live_attention(folder: Path) -> LiveAttention:
    run = folder / "quickstart"
    for step in (0, 100):
        samples.write_probe(run, step, blind=True)
    live = LiveAttention(run, head=1)
    live.probe.set_state({"step": 0, "following": False})
    return live


def _retrieval(folder: Path) -> RetrievalView:
    other = retrieval_run("smaller", seed=3, skill=0.8)
    return RetrievalView(retrieval_run(), other, direction="image_to_text", query=2)


def _comparison(folder: Path) -> Comparison:
    made = compare(samples.attention_record(), samples.attention_record(seed=1), layer=1)
    made.first.word = 8
    return made


SAMPLES: dict[str, Sample] = {
    "AttentionView": Sample(
        lambda folder: AttentionView(samples.attention_record(), layer=2, head=1, word=8),
        _record_of,
    ),
    "AttributionView": Sample(
        lambda folder: AttributionView(attribution_record(), method=1, word=3), _record_of
    ),
    "Comparison": Sample(_comparison, lambda made: (made.first.record, made.second.record)),
    "GuessView": Sample(lambda folder: GuessView(guess_record(), place=1, step=800), _record_of),
    "LaunchForm": Sample(_form, lambda form: (form._launchpad,)),
    "Launcher": Sample(_launcher, lambda launcher: (launcher.form._launchpad,)),
    "LiveAttention": Sample(_live_attention, _nothing),
    "LiveCurve": Sample(
        lambda folder: LiveCurve(_two_runs(folder), smoothing=0.5, details=True), _nothing
    ),
    "Neighbourhoods": Sample(
        lambda folder: Neighbourhoods(tables(), "apple", k=4), lambda view: (view.space.tables,)
    ),
    "Panel": Sample(
        lambda folder: Panel(
            AttentionView(samples.attention_record(), word=3, head=1),
            GuessView(guess_record(), place=1),
            linked=("word", "region"),
        ),
        lambda panel: (AttentionView(panel.children[0].record), GuessView(guess_record())),
    ),
    "ProbeView": Sample(_probe, lambda view: (view.guesses, view.pairs)),
    "RetrievalView": Sample(_retrieval, lambda view: (view.run, view.other)),
}
"""By the name of the class."""


def kind_of(widget: Any) -> type[Any]:
    """The class that our code defines: traits that are added later make one of their own."""
    return next(kind for kind in type(widget).__mro__ if vars(kind).get("__doc__"))


def picture_of(kind: type) -> Path | None:
    """The picture that the docstring of a widget shows; None where it shows none."""
    module = Path(str(sys.modules[kind.__module__].__file__))
    found = re.search(r"\.\. image:: (\S+\.png)$", kind.__doc__ or "", re.MULTILINE)
    return None if found is None else (module.parent / found[1]).resolve()


def draw(name: str) -> int:
    """Draw the picture of a docstring anew; its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        widget = SAMPLES[name].make(Path(folder))
        explorers = widget.explorers if isinstance(widget, Panel) else [widget]
        exact = [colour for explorer in explorers for colour in explorer._exact]
        png = png_bytes(widget.to_image(), list(dict.fromkeys(exact))[:200])
        widget.close()
    path = picture_of(kind_of(widget))
    assert path is not None
    path.write_bytes(png)
    return len(png)


if __name__ == "__main__":
    for asked in sys.argv[1:] or SAMPLES:
        print(asked, draw(asked))
