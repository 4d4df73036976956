"""Retrieval among scenes: which picture, which sentence, what a wrong one lacks (M37, M38, U28)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from widgets.retrieval.record import RetrievalRun
from workbench.data.datasets import composing
from workbench.data.datasets.scenes import Scene, Scenes
from workbench.data.example import Example, Span
from workbench.explain.shown import Shown
from workbench.quickstart.evaluation import POOL, listed_scenes
from workbench.quickstart.probe import shown_in
from workbench.quickstart.stream import SceneStream
from workbench.retrieval.retrieval_run import Details, Seen, pictures_of, retrieve
from workbench.retrieval.rewriting import SIDES, Opposites, rewritings
from workbench.training.model import Pretraining

_NUMBERS = {"two": 2, "three": 3, "four": 4}


def retrieve_scenes(
    model: Pretraining,
    stream: SceneStream,
    chosen: Sequence[int] | None = None,
    *,
    called: str = "model",
    seed: int = 0,
) -> RetrievalRun:
    """The retrieval run of some examples of a stream (by default a hundred listed scenes).

    With its pictures and boxes, the details that each picture lacks, and one rewritten caption a
    sentence and kind of detail.  Examples of one scene are several sentences about it.
    """
    chosen = a_hundred_listed(stream) if chosen is None else chosen
    examples = [stream.examples[number] for number in chosen]
    batch = stream.take(list(chosen))
    by_key = {scene.key: scene for scene in stream.scenes.scenes()}
    names, owner = pictures_of(batch)
    scenes = [by_key[name] for name in names]
    shown = [_words_of(stream.scenes, scenes[number]) for number in owner]
    rewritten = rewritings(examples, opposites(stream.scenes), shown, seed)
    tokens = stream.tokenizer.encode([one.sentence for one in rewritten]) if rewritten else None
    return retrieve(
        model,
        batch,
        [example.sentence for example in examples],
        called=called,
        seen=[seen(stream.scenes, scene) for scene in scenes],
        details=details(stream.scenes, examples, owner.tolist(), scenes),
        rewritten=rewritten,
        rewritten_tokens=tokens,
        title=f"{len(examples)} sentences, {len(scenes)} scenes of split {stream.scenes.split}",
    )


def a_hundred_listed(stream: SceneStream) -> list[int]:
    """The examples of a run unless others are chosen: one listing a scene, at most a hundred."""
    listed = {example.image for example in stream.examples if example.kind == "list"}
    return listed_scenes(stream, min(POOL, len(listed)))


def shown_pair(
    stream: SceneStream, opened: Sequence[int], chosen: Sequence[int] | None = None
) -> Shown:
    """The pair [sentence, picture] of a run, right or wrong, to be looked into.

    ``opened`` as the retrieval browser has it; ``chosen`` are the examples that the run was made
    of.  Raises ``IndexError`` for a sentence or a picture that the run does not have.
    """
    chosen = a_hundred_listed(stream) if chosen is None else list(chosen)
    images = list(dict.fromkeys(stream.examples[number].image for number in chosen))
    sentence, image = chosen[opened[0]], images[opened[1]]
    beside = next(number for number in chosen if stream.examples[number].image == image)
    said, there = shown_in(stream, sentence), shown_in(stream, beside)
    belongs = stream.examples[sentence].image == image
    batch = dataclasses.replace(
        there.batch,
        text=said.batch.text,
        matched=there.batch.matched & belongs,
        names=said.batch.names,
    )
    return dataclasses.replace(there, batch=batch, words=said.words, sentence=said.sentence)


def seen(scenes: Scenes, scene: Scene) -> Seen:
    """A scene as a gallery shows it."""
    boxes = np.array([item.box for item in scene.objects], dtype=np.float32)
    return Seen(scenes.picture(scene), tuple(item.name for item in scene.objects), boxes)


def opposites(scenes: Scenes) -> Opposites:
    """Words that exclude each other in sentences about these scenes, by role."""
    known = set(scenes.names)
    nouns = {c.noun.name: c.noun for c in scenes.origin.cutouts if c.noun.name in known}
    single = [noun for noun in nouns.values() if noun.number == "one"]
    colours = sorted({c.colour for c in scenes.origin.cutouts if c.colour})
    return {
        **SIDES,
        "name": (
            [noun.name for noun in single],
            [noun.plural for noun in single],
            [noun.name for noun in nouns.values() if noun.number != "one"],
        ),
        "attribute": (colours, ("small", "large"), ("photo", "drawing")),
    }


def details(
    scenes: Scenes, examples: Sequence[Example], owner: Sequence[int], pictures: Sequence[Scene]
) -> Details:
    """What the sentences say of their scenes, word by word, and which scenes lack it.

    A number, an attribute, a place or a relation is lacking too where what it is said of is.
    """
    places, lacking = [], []
    for number, (example, own) in enumerate(zip(examples, owner, strict=True)):
        for span in example.spans:
            if span.role != "article" and span.object >= 0:
                word = example.sentence[span.start : span.end]
                places.append((number, span.start, span.end))
                lacking.append(
                    [_lacks(scenes, pictures[own], example, span, word, s) for s in pictures]
                )
    return Details(
        np.array(places, dtype=np.int64).reshape(-1, 3),
        np.array(lacking, dtype=np.bool_).reshape(-1, len(pictures)),
    )


def _lacks(
    scenes: Scenes, own: Scene, example: Example, span: Span, word: str, scene: Scene
) -> bool:
    """Whether what a span says, said of its ``own`` scene, does not hold of another ``scene``."""
    name = own.objects[span.object].name
    there = [item for item in scene.objects if item.name == name]
    if span.role == "name":
        return not there
    if span.role == "count":
        return len(there) != _NUMBERS[word]
    if span.role == "attribute":
        return not any(word in item.attributes for item in there)
    if span.role == "place":
        return not any(word in _sides(item.box) for item in there)
    others = {s.object for s in example.spans if s.role == "name"} - {span.object}
    wanted = {own.objects[index].name for index in others}
    beside = [item for item in scene.objects if item.name in wanted]
    found = [
        composing.relation(_pixels(scenes, a.box), _pixels(scenes, b.box))
        for a in there
        for b in beside
    ]
    return word not in found


def _sides(box: composing.Box) -> set[str]:
    """The sides of the picture towards which the middle of a box lies."""
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return {"left" if across < 0.5 else "right", "top" if down < 0.5 else "bottom"}


def _pixels(scenes: Scenes, box: composing.Box) -> composing.Box:
    width, height = scenes.size
    return (box[0] * width, box[1] * height, box[2] * width, box[3] * height)


def _words_of(scenes: Scenes, scene: Scene) -> set[str]:
    """Words that hold of a scene: names, plurals and attributes of what is on it."""
    nouns = {c.noun.name: c.noun for c in scenes.origin.cutouts}
    names = {item.name for item in scene.objects}
    attributes = {word for item in scene.objects for word in item.attributes}
    return names | {nouns[name].plural for name in names} | attributes
