"""Words and regions as points in a model's space, layer by layer (M36)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from widgets.core.text import readable_pieces
from widgets.neighbours.embedding_table import KINDS, EmbeddingTable
from workbench.data.tokenizer import Tokenizer
from workbench.encoders.inputs import InputLayer
from workbench.explain.layer_rows import layer_rows
from workbench.explain.point_pictures import thumbnail
from workbench.explain.shown import Shown
from workbench.training.model import Pretraining

SIDE = 48
"""The side of a thumbnail, in pixels."""

Concept = Callable[[str], str]
"""What a word or a label speaks of: both "toucans" and "toucan" of "toucan"."""


@dataclass(frozen=True)
class _Point:
    """One word or region of one pair, before points are brought together."""

    name: str
    kind: str
    pair: int
    vectors: Float[np.ndarray, "L D"]
    box: tuple[float, ...] = ()


def embedding_table(
    model: Pretraining,
    shown: Sequence[Shown],
    *,
    name: str = "",
    kinds: Sequence[str] = KINDS,
    occurrences: bool = False,
    concept: Concept | Mapping[str, str] = str.lower,
) -> EmbeddingTable:
    """Every word and region of some pairs, in every layer of a model, as points.

    The pieces of a word are averaged, and so are the places where it occurs, unless
    ``occurrences`` are wanted one by one; every region is a point, called as its label.
    ``concept`` says what a word or label speaks of, as a function or as a mapping of some.
    Raises ``ValueError`` for streams of different widths, of which only one kind at a time can be
    asked for.
    """
    points: list[_Point] = []
    layer_names: list[str] = []
    for pair, one in enumerate(shown):
        layers = layer_rows(model, one)
        layer_names = list(layers)
        if "word" in kinds:
            points += _words(one, pair, [text for text, _ in layers.values()])
        if "region" in kinds:
            points += _regions(one, pair, [regions for _, regions in layers.values()])
    if len({point.vectors.shape[1] for point in points}) > 1:
        raise ValueError(
            "this model gives words and regions vectors of different widths, in spaces of their "
            'own: ask for one of them, kinds=("word",) or kinds=("region",)'
        )
    if not points:
        raise ValueError(f"{len(shown)} pairs without any {' or '.join(kinds)} make no table")
    points = points if occurrences else _by_type(points)
    return _table(name, points, layer_names, shown, concept)


def embedding_tables_over(
    models: Iterable[tuple[str, Pretraining]], shown: Sequence[Shown], **choices
) -> list[EmbeddingTable]:
    """A table of the same points for every named model (see ``explain.trained_models``).

    ``choices`` are those of ``embedding_table``.
    """
    return [embedding_table(model, shown, name=name, **choices) for name, model in models]


@torch.no_grad()
def vocabulary_table(
    model: Pretraining,
    words: Sequence[str],
    tokenizer: Tokenizer,
    *,
    name: str = "",
    concept: Concept | Mapping[str, str] = str.lower,
) -> EmbeddingTable:
    """A list of words in the model's static table: what each is before it stands in a sentence.

    The pieces of a word are averaged.
    """
    weight = cast(InputLayer, model.encoder.inputs).text.word.weight.cpu()
    tokens = tokenizer.encode(list(words))
    rows = []
    for start, end in zip(tokens.offsets.starts[:-1], tokens.offsets.starts[1:], strict=True):
        own = tokens.words[start:end] >= 0
        rows.append(weight[tokens.ids[start:end][own]].mean(0))
    points = [
        _Point(word, "word", -1, row[None].float().numpy())
        for word, row in zip(words, rows, strict=True)
    ]
    return _table(name, points, ["word table"], (), concept)


def _words(shown: Shown, pair: int, layers: Sequence[Tensor]) -> list[_Point]:
    owner = shown.batch.text.words.cpu()
    pieces = readable_pieces(shown.words)
    found = []
    for word in range(int(owner.max()) + 1 if len(owner) else 0):
        rows = (owner == word).nonzero().flatten()
        if len(rows):
            vectors = torch.stack([states[rows].mean(0) for states in layers]).numpy()
            found.append(_Point("".join(pieces[row][0] for row in rows), "word", pair, vectors))
    return found


def _regions(shown: Shown, pair: int, layers: Sequence[Tensor]) -> list[_Point]:
    boxes = shown.batch.regions.boxes.float().cpu().tolist()
    stacked = torch.stack(list(layers), 1).numpy()
    labels = shown.labels or ("",) * len(boxes)
    return [
        _Point(label, "region", pair, vectors, tuple(box))
        for label, vectors, box in zip(labels, stacked, boxes, strict=True)
    ]


def _by_type(points: Sequence[_Point]) -> list[_Point]:
    """Words of one name as one point; regions as they are, after the words."""
    same: dict[str, list[_Point]] = {}
    for point in points:
        if point.kind == "word":
            same.setdefault(point.name.lower(), []).append(point)
    words = [
        _Point(
            word,
            "word",
            found[0].pair if len(found) == 1 else -1,
            np.mean([one.vectors for one in found], axis=0),
        )
        for word, found in same.items()
    ]
    return [*words, *(point for point in points if point.kind == "region")]


def _table(
    name: str,
    points: Sequence[_Point],
    layer_names: Sequence[str],
    shown: Sequence[Shown],
    concept: Concept | Mapping[str, str],
) -> EmbeddingTable:
    pictured = [point for point in points if point.box]
    places = {id(point): place for place, point in enumerate(pictured)}
    blank = np.zeros((0, SIDE, SIDE, 3), dtype=np.uint8)
    crops = [thumbnail(shown[point.pair].picture, point.box, SIDE) for point in pictured]
    told = [
        (
            str(point.pair) if point.pair >= 0 else "several" if shown else "",
            shown[point.pair].sentence if point.pair >= 0 else "",
            " ".join(f"{edge:.3f}" for edge in point.box),
        )
        for point in points
    ]
    return EmbeddingTable(
        name or "model",
        tuple(point.name for point in points),
        tuple(point.kind for point in points),
        tuple(_concept(point.name, concept) for point in points),
        np.stack([point.vectors for point in points], axis=1),
        tuple(layer_names),
        np.stack(crops) if crops else blank,
        np.array([places.get(id(point), -1) for point in points], dtype=np.int64),
        ("pair", "sentence", "box") if shown else (),
        np.array(told, dtype=np.str_) if shown else np.empty((0, 0), dtype=np.str_),
    )


def _concept(name: str, concept: Concept | Mapping[str, str]) -> str:
    if isinstance(concept, Mapping):
        return concept.get(name.lower(), name.lower())
    return concept(name)
