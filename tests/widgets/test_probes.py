"""What probes tell beside attention: guesses with and without the picture, old probes and new."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.widgets import widget_samples as samples
from widgets import GuessView, guesses_over_probes
from widgets.runs.probe_record import guesses_in, similarity_in
from widgets.runs.probe_view import ProbeView


def test_old_probes_without_blind_guesses_still_load(tmp_path: Path) -> None:
    found = guesses_in(samples.write_probe(tmp_path, 10))
    assert found is not None and found.blind_top == () and found.blind_chance is None
    view = ProbeView(step=10)
    view.show(found, None)
    assert set(view.hidden[0]) == {"position", "truth", "top", "chance"}
    assert view.table().kind.tolist() == ["guess", "guess"]
    with pytest.raises(ValueError, match="holds guesses with and without the picture: train"):
        guesses_over_probes(tmp_path)


def test_guesses_without_the_picture_are_told(tmp_path: Path) -> None:
    path = samples.write_probe(tmp_path, 10, blind=True)
    view = ProbeView(name="run", steps=[10], step=10)
    view.show(guesses_in(path), similarity_in(path))
    assert view.hidden[0]["blind_top"] == ["house", "ball"]
    assert view.hidden[0]["blind_chance"] == pytest.approx([0.4, 0.1])
    table = view.table()
    blind = table[table.kind == "guess without the picture"]
    assert blind.of.tolist() == ["ball", "ball"] and blind.other.tolist() == ["house", "ball"]
    assert len(table[table.kind == "matching lead"]) == 9
    plain = ProbeView(step=10)
    plain.show(guesses_in(samples.write_probe(tmp_path, 20)), None)
    alone = ProbeView(step=10)
    alone.show(guesses_in(path), None)
    assert alone.to_image().size[1] > plain.to_image().size[1]


def test_state_survives_json(tmp_path: Path) -> None:
    path = samples.write_probe(tmp_path, 10, blind=True)
    given = guesses_in(path), similarity_in(path)
    view = ProbeView(name="run", steps=[0, 10], step=10, following=False)
    view.show(*given)
    again = ProbeView.from_state(json.loads(json.dumps(view.state())), *given)
    assert again.state() == view.state() and again.sentence() == view.sentence()


def test_the_guesses_of_all_probes_are_a_record_over_training(tmp_path: Path) -> None:
    samples.write_probe(tmp_path, 0)
    for step in (50, 100):
        samples.write_probe(tmp_path, step, blind=True)
    record = guesses_over_probes(tmp_path)
    assert record.steps.tolist() == [50, 100], "an old probe has nothing to compare"
    assert record.words == samples.WORDS and record.title == "a red ball"
    np.testing.assert_allclose(record.truth_chance[1, :, 0], [0.62, 0.1], atol=1e-6)
    assert record.top[0, 1, 0].tolist() == ["house", "ball"]
    assert GuessView(record).sentence() == (
        "“ball” is hidden. With the picture the model guesses “ball” (62 %), without it “house” "
        "(40 %): the picture helps by 2.6 bits."
    )


def test_a_blank_of_another_picture_brings_its_own(tmp_path: Path) -> None:
    path = samples.write_probe(tmp_path, 10, blind=True)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays, guess_picture=samples.scene(64, 48))
    assert guesses_over_probes(tmp_path).picture.shape == (48, 64, 3)
