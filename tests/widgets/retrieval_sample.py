"""A made-up retrieval run: drawn pictures of two things each, a sentence or two about each."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from widgets.retrieval.record import RetrievalRun
from widgets.retrieval.thumbnails import thumbnails_of

THINGS = {
    "ball": (236, 140, 190),
    "tree": (58, 112, 66),
    "sun": (248, 208, 84),
    "boat": (120, 90, 160),
    "house": (226, 150, 110),
}
_PAIRS = [(a, b) for a in THINGS for b in THINGS if a < b]
_PLACES = ((0.08, 0.35, 0.42, 0.85), (0.55, 0.2, 0.92, 0.7))


def picture(names: tuple[str, ...], width: int = 160, height: int = 128) -> np.ndarray:
    """Two shapes on a sky: uint8 [height, width, 3]."""
    image = Image.new("RGB", (width, height), (196, 214, 228))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.7, width, height), fill=(150, 178, 128))
    for name, place in zip(names, _PLACES, strict=True):
        box = [share * (width, height)[i % 2] for i, share in enumerate(place)]
        shape = draw.rectangle if name in ("house", "boat") else draw.ellipse
        shape(box, fill=THINGS[name], outline=(40, 44, 50), width=2)
    return np.asarray(image)


def retrieval_run(
    model: str = "larger", seed: int = 0, skill: float = 1.6, copies: int = 1
) -> RetrievalRun:
    """Ten pictures (times ``copies``), a sentence on each, a second one on every other picture.

    A score grows with the things that a sentence and a picture have in common.
    """
    rng = np.random.default_rng(seed)
    shown = [pair for _ in range(copies) for pair in _PAIRS]
    texts, owner, details, lacking = [], [], [], []
    for number, (one, other) in enumerate(shown):
        orders = [(one, other), (other, one)][: 1 + number % 2]
        for first, second in orders:
            sentence = f"a {first} and a {second}."
            for name in (first, second):
                start = sentence.index(name)
                details.append((len(texts), start, start + len(name)))
                lacking.append([name not in pair for pair in shown])
            texts.append(sentence)
            owner.append(number)
    common = np.array([[len(set(shown[o]) & set(pair)) for pair in shown] for o in owner])
    scores = skill * common + rng.normal(0, 1, common.shape)
    scores[0, 1:3] = scores[0].max() + 0.5  # one near-miss at least, and a tie
    probes, kinds, spans, changed = [], [], [], []
    for number in range(0, len(texts), 2):
        words = texts[number].split()
        new = next(name for name in THINGS if name not in words and f"{name}." not in words)
        probes.append(f"a {new} and a {words[-1]}")
        kinds.append("name" if number % 4 == 0 else "count")
        spans.append((2, 2 + len(words[1]), 2, 2 + len(new)))
        changed.append(scores[number, owner[number]] + rng.normal(-1, 1.5))
    return RetrievalRun(
        model,
        tuple(texts),
        tuple(f"picture-{number:03d}" for number in range(len(shown))),
        np.array(owner),
        scores,
        "made-up score",
        thumbnails_of([picture(pair) for pair in shown]),
        tuple(name for pair in shown for name in pair),
        np.repeat(np.arange(len(shown)), 2),
        np.array(_PLACES * len(shown)),
        np.array(details),
        np.array(lacking),
        tuple(probes),
        np.arange(0, len(texts), 2),
        tuple(kinds),
        np.array(changed),
        np.array(spans),
        "drawn pictures, made-up scores",
        0.01,
    )
