"""The live picture of a run: what the model attends to, guesses and matches, every so often."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from widgets.attention.record import AttentionRecord
from workbench.data.datasets.scenes import AT_MOST
from workbench.explain.attention import attention_on
from workbench.explain.guesses import guesses
from workbench.explain.hiding import Hidden
from workbench.explain.questions import masked_language
from workbench.explain.shown import Shown
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.retrieval.scorer import scorer_of
from workbench.tasks.cloze import Blank, blanks
from workbench.training.model import Pretraining

PICTURES, GUESSES = 6, 5
"""How many pictures are held against as many sentences; how many guesses are kept of a word."""


def shown_in(stream: SceneStream, example: int) -> Shown:
    """The example of a stream with this number, on its picture."""
    found = stream.examples[example]
    scene = next(s for s in stream.scenes.scenes() if s.key == found.image)
    batch = stream.take([example])
    words = tuple(stream.tokenizer.pieces(batch.text.ids))
    exact = len(scene.objects) == batch.regions.offsets.rows
    labels = tuple(item.name for item in scene.objects) if exact else ()
    return Shown(batch, words, stream.scenes.picture(scene), labels, found.sentence)


def attention_in(model: Pretraining, stream: SceneStream, example: int) -> AttentionRecord:
    """The attention record of one example of a stream, on its picture."""
    return attention_on(model, shown_in(stream, example))


def scene_probe(
    *,
    count: int = 3000,
    vocabulary: int | None = AT_MOST,
    source: str | None = None,
    example: int = 0,
) -> Callable[[Pretraining, int], dict[str, np.ndarray]]:
    """A function of (model, step) that records what a model makes of training scenes, as arrays.

    Those of ``AttentionRecord`` for one sentence, and those of ``guesses_of`` and
    ``similarities_of`` for it and its neighbours.
    """
    stream = scene_stream(count=count, vocabulary=vocabulary, source=source)
    shown, asked = shown_in(stream, example), first_blank(stream, example)
    chosen = one_a_picture(stream, example, PICTURES)
    there = shown if asked is None or asked.example == example else shown_in(stream, asked.example)
    picture = {} if there is shown else {"guess_picture": there.picture}

    def record(model: Pretraining, step: int) -> dict[str, np.ndarray]:
        arrays = attention_on(model, shown).arrays()
        found = {} if asked is None else guesses_of(model, stream, asked, shown=there)
        arrays |= found | (picture if found else {})
        return arrays | similarities_of(model, stream, chosen)

    return record


def guesses_of(
    model: Pretraining,
    stream: SceneStream,
    asked: Blank,
    top: int = GUESSES,
    *,
    shown: Shown | None = None,
) -> dict[str, Any]:
    """The best guesses for what a blank hides; nothing of a model that masks no words.

    ``guess_sentence`` [W] are the sub-words with [MASK] shown, ``guess_position`` [g] the hidden
    places in it, ``guess_truth`` [g] what stood there, ``guess_top`` and ``guess_chance`` [g, k]
    the guesses, best first, and their probabilities; ``guess_blind_top`` and ``guess_blind_chance``
    the same without the picture; ``guess_truth_chance`` and ``guess_truth_rank`` [2, g] how the
    truth fared with and without it; ``guess_words``, ``guess_boxes``, ``guess_labels`` and
    ``guess_title`` tell of the pair.  A model that knows only seq2seq sees the words before a place
    alone, as it was trained.
    """
    try:
        task = masked_language(model)
    except ValueError:
        return {}
    shown = shown_in(stream, asked.example) if shown is None else shown
    pieces = stream.tokenizer.pieces
    found = guesses(model, shown, [Hidden(asked.hidden)], pieces, top=top)
    mask = pieces([task.mask_id])[0]
    return {
        "guess_sentence": np.array(shown.with_words_hidden(asked.hidden, 0, mask).words),
        "guess_position": found.places,
        "guess_truth": np.array(found.truth),
        "guess_top": found.top[0, 0],
        "guess_chance": found.chance[0, 0].astype(np.float32),
        "guess_blind_top": found.top[0, 1],
        "guess_blind_chance": found.chance[0, 1].astype(np.float32),
        "guess_truth_chance": found.truth_chance[0].astype(np.float32),
        "guess_truth_rank": found.truth_rank[0],
        "guess_words": np.array(shown.words),
        "guess_boxes": found.boxes,
        "guess_labels": np.array(found.labels, dtype=np.str_),
        "guess_title": np.array(shown.sentence),
    }


def similarities_of(model: Pretraining, stream: SceneStream, chosen: list[int]) -> dict[str, Any]:
    """How well each of some sentences fits each of their pictures; nothing where nobody can tell.

    ``similarity`` [n, n] holds sentence (row) against picture (column), ``similarity_texts`` [n]
    the sentences; ``similarity_kind`` says whether it is the lead of "matches" in logits, or the
    similarity of contrastive summaries.
    """
    batch = stream.take(chosen).to(_device(model))
    try:
        scorer = scorer_of(model)
    except ValueError:
        return {}
    texts = [stream.examples[number].sentence for number in chosen]
    return {
        "similarity": scorer.table(batch, batch),
        "similarity_kind": np.array(scorer.kind, dtype=np.str_),
        "similarity_texts": np.array(texts, dtype=np.str_),
    }


def first_blank(stream: SceneStream, example: int) -> Blank | None:
    """The first name from this example on, with what would give it away; None where there is none.

    Counted names are passed over: their plural is another word than the name.
    """
    beside = ("article", "attribute")
    for number in range(example, len(stream.examples)):
        one = [stream.examples[number]]
        found = blanks(one, stream.tokenizer, "name", with_roles=beside, not_with=("count",))
        if found:
            return dataclasses.replace(found[0], example=number)
    return None


def one_a_picture(stream: SceneStream, example: int, count: int) -> list[int]:
    """Up to ``count`` examples from this one on, one a picture: its listing, where it has one."""
    best: dict[str, int] = {}
    for number in range(example, len(stream.examples)):
        found = stream.examples[number]
        if found.image not in best and len(best) == count:
            break
        if found.image not in best or found.kind == "list":
            best[found.image] = number
    return list(best.values())


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


def _device(model: Pretraining) -> torch.device:
    return next(model.parameters()).device
