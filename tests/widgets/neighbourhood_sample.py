"""Drawn, seeded points for the neighbourhood explorer: concepts as words and as regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tests.widgets.widget_samples import scene
from widgets.neighbours.embedding_table import EmbeddingTable

FIELDS = {
    "animals": ("toucan", "parrot", "heron", "owl", "cat", "dog", "fox", "bear", "horse"),
    "food": ("hamburger", "lunch", "bread", "apple", "cheese", "soup", "pizza"),
    "body": ("foot", "hand", "shoe", "ball", "arm", "leg"),
    "places": ("house", "airplane", "boat", "tree", "hill", "river", "bridge", "road"),
    "grammar": ("a", "the", "of", "left", "right", "above", "below", "red", "large"),
}
_GAPS = {"words first": 1.6, "both": 0.5, "one stream": 0.0}


def tables(
    layers: int = 3, width: int = 24, regions: int = 3, models: Sequence[str] = tuple(_GAPS)
) -> list[EmbeddingTable]:
    """Tables of the same points; models differ in how far regions stand from words."""
    return [_table(name, number, layers, width, regions) for number, name in enumerate(models)]


def _table(name: str, seed: int, layers: int, width: int, regions: int) -> EmbeddingTable:
    shared, own = np.random.default_rng(11), np.random.default_rng(seed)
    middles = {field: shared.normal(0, 2.2, width) for field in FIELDS}
    side = shared.normal(0, 1, width)
    names, kinds, groups, points = [], [], [], []
    for field, words in FIELDS.items():
        for word in words:
            concept = middles[field] + shared.normal(0, 1.1, width)
            shown = 0 if field == "grammar" else regions
            for number in range(1 + shown):
                gap = side * _GAPS.get(name, 0.3) * bool(number)
                names.append(word)
                kinds.append("region" if number else "word")
                groups.append(word)
                points.append(concept + gap + shared.normal(0, 0.5, width))
    vectors = np.array(points)
    turn, _ = np.linalg.qr(own.normal(size=(width, width)))  # every model has axes of its own
    noise = own.normal(0, 1, (layers, *vectors.shape))
    strength = np.linspace(2.2, 0.35, layers)[:, None, None]
    told = np.array([[f"a sentence with {word}"] for word in names])
    return EmbeddingTable(
        name,
        tuple(names),
        tuple(kinds),
        tuple(groups),
        ((vectors + strength * noise) @ turn).astype(np.float32),
        ("input", *(f"block {i}" for i in range(1, layers))),
        _thumbnails(sum(kind == "region" for kind in kinds)),
        np.cumsum([kind == "region" for kind in kinds]) * [k == "region" for k in kinds] - 1,
        ("sentence",),
        told,
    )


def _thumbnails(count: int) -> np.ndarray:
    """Different corners of the drawn landscape, so that each can be told from the others."""
    picture, rng = Image.fromarray(scene()), np.random.default_rng(3)
    corners = rng.uniform(0, 1, (count, 2)) * (picture.width - 80, picture.height - 80)
    crops = [picture.crop((x, y, x + 80, y + 80)).resize((48, 48)) for x, y in corners.astype(int)]
    return np.stack([np.asarray(crop) for crop in crops])


def many(count: int = 20_000, width: int = 16, models: int = 1) -> list[EmbeddingTable]:
    """A large cloud of points in clumps."""
    rng = np.random.default_rng(0)
    clumps = rng.normal(0, 3, (40, width))
    of = rng.integers(0, 40, count)
    names = tuple(f"word{i}" for i in range(count))
    kinds = tuple("region" if i % 3 == 0 else "word" for i in range(count))
    groups = tuple(f"clump {i}" for i in of)
    return [
        EmbeddingTable(
            f"model {model}", names, kinds, groups,
            (clumps[of] + rng.normal(0, 1, (count, width)))[None].astype(np.float32),
        )
        for model in range(models)
    ]  # fmt: skip
