"""The live picture of a run: what the model attends to in one held-out scene, every so often."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from workbench.data.datasets.scenes import AT_MOST, Scenes
from workbench.explain.attention import AttentionRecord, attention_of
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.training.model import Pretraining


def attention_in(model: Pretraining, stream: SceneStream, example: int) -> AttentionRecord:
    """The attention record of one example of a stream, on its picture."""
    found = stream.examples[example]
    scenes: Scenes = stream.scenes
    scene = next(s for s in scenes.scenes() if s.key == found.image)
    batch = stream.take([example])
    words = stream.tokenizer.pieces(batch.text.ids)
    exact = len(scene.objects) == batch.regions.offsets.rows
    labels = [item.name for item in scene.objects] if exact else []
    picture = scenes.picture(scene)
    return attention_of(model.encoder, batch, words, picture, labels, found.sentence)


def scene_probe(
    *,
    count: int = 3000,
    vocabulary: int | None = AT_MOST,
    source: str | None = None,
    example: int = 0,
) -> Callable[[Pretraining, int], dict[str, np.ndarray]]:
    """A function of (model, step) that records one training scene's attention as arrays."""
    stream = scene_stream(count=count, vocabulary=vocabulary, source=source)

    def record(model: Pretraining, step: int) -> dict[str, np.ndarray]:
        fields = dataclasses.asdict(attention_in(model, stream, example))
        return {name: np.asarray(value) for name, value in fields.items()}

    return record


def binding(model: Pretraining, stream: SceneStream) -> Float[np.ndarray, "layers H"]:
    """How well each head ties a name to its own region: its share of the attention to regions.

    Attention to a row of the whole picture does not count; a layer in which words see no region
    gets 0.  The mean over all names of the stream whose own region is among them; what a head
    that knows nothing would give is the mean of one over the number of regions.
    """
    shares = []
    for number, example in enumerate(stream.examples):
        record = attention_in(model, stream, number)
        own_rows, words = record.own_rows, int((~record.added[: len(record.words)]).sum())
        rows = stream.tokenizer.spans_to_rows(example.sentence, example.spans)
        for span, own in zip(example.spans, rows, strict=True):
            if span.role == "name":
                seen = record.attention[:, :, own_rows[own[0]]][:, :, own_rows[words:]]
                given = seen.sum(-1)  # nothing where words look at words alone
                shares.append(seen[:, :, span.object] / np.where(given > 0, given, 1.0))
    return np.mean(shares, axis=0)
