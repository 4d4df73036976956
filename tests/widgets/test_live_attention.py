"""The probes of a run while they are written: newest first, a slider back, what lies beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.widgets import widget_samples as samples
from widgets import LiveAttention


@pytest.fixture
def made() -> Iterator[Callable[..., LiveAttention]]:
    """Makes live views and ends their threads."""
    views: list[LiveAttention] = []

    def make(*arguments: Any, **named: Any) -> LiveAttention:
        views.append(LiveAttention(*arguments, **named))
        return views[-1]

    yield make
    for view in views:
        view.close()


def test_the_newest_is_followed_until_somebody_looks_back(tmp_path: Path, made) -> None:
    live = made(tmp_path, interval=0.05)
    assert live.view is None and live.sentence().endswith("has not written a probe yet.")
    assert np.asarray(live.to_image()).min() < 100
    samples.write_probe(tmp_path, 0)
    until = time.monotonic() + 5
    while live.view is None and time.monotonic() < until:
        time.sleep(0.02)
    assert live.probe.steps == [0] and live.children == (live.view, live.probe)
    live.close()
    samples.write_probe(tmp_path, 100)
    live.update()
    assert live.probe.step == 100
    newest = live.view.weights()
    live.view.word, live.view.layer, live.view.head = 8, 1, 2
    live.view.threshold, live.view.metric = 0.2, "entropy"
    asked = live.view.state()
    live.probe.set_state({"step": 0, "following": False})
    assert live.view.state() == asked, "what is asked about stays"
    live.view.layer, live.view.head, live.view.threshold = 3, -1, 0.0
    assert (live.view.weights() != newest).any()
    samples.write_probe(tmp_path, 200)
    live.update()
    assert (live.probe.step, live.probe.steps) == (0, [0, 100, 200])
    live.probe.set_state({"following": True, "step": 200})
    assert live.view.record.title == "step 200"


def test_what_lies_beside_attention_is_told(tmp_path: Path, made) -> None:
    samples.write_probe(tmp_path, 100)
    live = made(tmp_path)
    assert live.probe.hidden == [
        {"position": 3, "truth": "ball", "top": ["ball", "sun"],
         "chance": pytest.approx([0.62, 0.25])},
    ]  # fmt: skip
    assert live.probe.guessed[3] == "[MASK]"
    assert live.probe.texts == ["a ball.", "the sun.", "a house."]
    assert live.probe.sentence() == (
        f"{tmp_path.name} at step 100. Hidden “ball” is guessed as “ball”, 62 %. "
        "2 of 3 sentences fit their own picture best."
    )
    assert live.probe.to_image().size[0] == 900
    assert live.to_html().count('<script type="module">') == 2
    with pytest.raises(ValueError, match="600 or more"):
        live.probe.to_image(300)


def test_probes_of_attention_alone_and_broken_ones(tmp_path: Path, made) -> None:
    (tmp_path / "probes").mkdir()
    samples.attention_record().save(tmp_path / "probes" / "step-000010.npz")
    live = made(tmp_path)
    assert live.probe.hidden == [] and live.probe.similarity == []
    assert live.probe.sentence() == f"{tmp_path.name} at step 10."
    (tmp_path / "probes" / "step-000020.npz").write_bytes(b"cut short")
    live.update()
    assert live.probe.problem.startswith("step-000020.npz cannot be read:")
    assert live.view is not None and live.view.record.words == samples.WORDS
    # another sentence altogether
    other = samples.attention_record(layers=2, heads=3)
    other.save(tmp_path / "probes" / "step-000030.npz")
    live.view.layer, live.view.head = 3, 3
    live.update()
    assert live.probe.problem == ""
    assert (live.view.shape, live.view.layer, live.view.head) == ([2, 3], 1, -1)
