"""``python -m workbench.quickstart.pointing RUN...``: which heads ground names, and how well.

The best head is chosen on validation scenes and reported on test scenes.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from widgets.attention.record import AttentionRecord
from workbench.data.datasets.scenes import AT_MOST, Scenes
from workbench.explain.attention import attention_on
from workbench.explain.pointing import DIRECTIONS, Named, Pointing, points, points_by
from workbench.explain.questions import word_question
from workbench.explain.relevance import relevance
from workbench.explain.rollout import rollout
from workbench.explain.shown import Shown
from workbench.objectives.masked_language import MaskedLanguage
from workbench.quickstart import scenes as prepared
from workbench.quickstart.stream import SceneStream, asked_of_scenes, scene_stream
from workbench.training.errors import RunError
from workbench.training.model import Pretraining
from workbench.training.run import Run

SCENES = 100
_BLANK = np.zeros((1, 1, 3), dtype=np.uint8)


def pointing(
    model: Pretraining, chosen_on: SceneStream, reported_on: SceneStream, system: str = ""
) -> Pointing:
    """How often a model's heads, its rollout and its relevance point at what is named.

    Streams hold exact boxes.  Raises ``ValueError`` where one of them has no name to ask about.
    """
    before, after = names_in(chosen_on), names_in(reported_on)
    chances = [1 / reported_on.take([one.example]).regions.offsets.rows for one in after]
    records = _records(model, reported_on, after)
    rolled = [
        points(rollout(record), one.words, one.region)[0, -1, 0]
        for one, record in zip(after, records, strict=True)
    ]
    return Pointing(
        system,
        records[0].layer_names,
        _mean_hits(_records(model, chosen_on, before), before),
        _mean_hits(records, after),
        float(np.nanmean(rolled)),
        _by_relevance(model, reported_on, after, records),
        float(np.mean(chances)),
        len(after),
    )


def names_in(stream: SceneStream) -> list[Named]:
    """Every name in a stream's sentences that just one object of its picture bears.

    Raises ``ValueError`` where there is none.
    """
    scenes = {scene.key: scene for scene in stream.scenes.scenes()}
    found = []
    for number, example in enumerate(stream.examples):
        called = [item.name for item in scenes[example.image].objects]
        rows = stream.tokenizer.spans_to_rows(example.sentence, example.spans)
        for span, own in zip(example.spans, rows, strict=True):
            if span.role == "name" and Counter(called)[called[span.object]] == 1:
                found.append(Named(number, tuple(own), span.object))
    if not found:
        raise ValueError(f"no sentence of these {len(scenes)} scenes names a single object")
    return found


def _shown(stream: SceneStream, example: int) -> Shown:
    """The example on a blank picture, which takes no time to draw."""
    batch = stream.take([example])
    return Shown(batch, tuple(stream.tokenizer.pieces(batch.text.ids)), _BLANK)


def _records(
    model: Pretraining, stream: SceneStream, names: Sequence[Named]
) -> list[AttentionRecord]:
    """One record a name; sentences with several names are encoded once."""
    found: dict[int, AttentionRecord] = {}
    for one in names:
        if one.example not in found:
            found[one.example] = attention_on(model, _shown(stream, one.example))
    return [found[one.example] for one in names]


def _mean_hits(records: Sequence[AttentionRecord], names: Sequence[Named]) -> np.ndarray:
    """The share of hits of each head, both ways; NaN for a head that never looks across."""
    hits = np.stack([points(r, n.words, n.region) for r, n in zip(records, names, strict=True)])
    looked = np.isfinite(hits).sum(0)
    empty = np.full(hits.shape[1:], np.nan)
    return np.divide(np.nan_to_num(hits).sum(0), looked, out=empty, where=looked > 0)


def _by_relevance(
    model: Pretraining,
    stream: SceneStream,
    names: Sequence[Named],
    records: Sequence[AttentionRecord],
) -> float:
    """The share of names whose own region is the most relevant one for restoring them."""
    if not any(isinstance(one, MaskedLanguage) for one in model.mix.found().values()):
        return math.nan
    device = next(model.parameters()).device
    hits = []
    for one, record in zip(names, records, strict=True):
        question = word_question(model, _shown(stream, one.example).to(device), one.words)
        hits.append(points_by(record, relevance(model, question), one.region))
    return float(np.mean(hits))


def pointing_of(run: Run, count: int = SCENES) -> Pointing:
    """``pointing`` of a run's newest weights, on ``count`` scenes a split of its own source."""
    choice, report = (scenes_of(run, split, count) for split in ("validation", "test"))
    return pointing(run.load(), choice, report, run.recipe.name)


def scenes_of(run: Run, split: str, count: int) -> SceneStream:
    """``count`` scenes of a split, made like those that a run learns from, with exact boxes."""
    given = asked_of_scenes(run.recipe.data)
    source, vocabulary = given.get("source"), given.get("vocabulary", AT_MOST)
    prepared.prepare(Scenes(source, split, count, vocabulary=vocabulary), progress=False)
    return scene_stream(
        split=split, count=count, source=source, vocabulary=vocabulary, mirror=False
    )


def table(found: Sequence[Pointing]) -> str:
    """A Markdown table with a row a system; a way's share is that of the best head of that way."""
    head = ("system", "best head (chosen on validation)", "pointing accuracy", *DIRECTIONS)
    rest = ("mean over heads", "rollout", "relevance", "chance", "names")
    rows = [(*head, *rest), ("---", "---", *["--:"] * 8)]
    for one in found:
        ways = [one.share_in(way) for way in range(len(DIRECTIONS))]
        shares = (one.accuracy, *ways, one.mean, one.rollout, one.relevance, one.chance)
        rows.append((one.system, one.best_head, *map(_percent, shares), str(one.names)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def main() -> int:
    """Prints the table; 0 when all went well."""
    command = argparse.ArgumentParser(
        prog="python -m workbench.quickstart.pointing",
        description="How often the best head of a trained model points at what is named.",
    )
    command.add_argument("runs", metavar="RUN", nargs="+", help="folders of finished runs")
    command.add_argument("--scenes", type=int, default=SCENES, help="scenes of each split")
    given = command.parse_args()
    torch.set_num_threads(1)
    try:
        found = [pointing_of(Run.attach(folder), given.scenes) for folder in given.runs]
    except (RunError, OSError, ValueError) as problem:
        print(f"pointing: {problem}", file=sys.stderr)
        return 1
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
