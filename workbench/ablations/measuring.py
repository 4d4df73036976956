"""What any tiny system knows about scenes it has never seen, by the same measures for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch

from workbench.encoders.encoding import Encoding
from workbench.generation.greedy import Greedy
from workbench.metrics.retrieval import both_ways
from workbench.objectives.contrastive import Contrastive
from workbench.objectives.fragments import FragmentGeneration
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionClass
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Members
from workbench.objectives.objective import Corrupted, Objective
from workbench.pairs import LossSum, PairBatch
from workbench.quickstart.evaluation import listed_scenes, name_blanks
from workbench.quickstart.stream import SceneStream
from workbench.retrieval.contrast import contrast_table
from workbench.retrieval.matching import matching_accuracy, pair_table
from workbench.systems.captioning import Captioner
from workbench.tasks.cloze import restored
from workbench.training.model import Pretraining

VERSION = 1
"""Goes up whenever a measure changes its meaning: older results are then made again."""

CHUNK, POOL, PLANS = 64, 50, 300


@torch.no_grad()
def measure(model: Pretraining, stream: SceneStream, pool: int = POOL) -> dict[str, Any]:
    """Everything that this model can be asked, as fractions and losses; None where it cannot.

    ``names``: hidden names restored with and without regions; ``matching``: sentence and picture
    told apart; ``retrieval``: R@1/5/10 both ways in ``pool`` scenes, without fine-tuning (V19);
    ``captions``: what greedy captions say (P13); ``objectives``: the held-out loss of each, and
    its accuracy where it has one.
    """
    model.eval()
    found = model.mix.found()
    matching = [one for one in found.values() if isinstance(one, Matching)]
    everything = stream.take(list(range(len(stream.examples))))
    return {
        "names": {
            "with_regions": names(model, stream, stream.take),
            "without_regions": names(model, stream, lambda n: stream.take(n).without_regions()),
        },
        "matching": matching_accuracy(model.encoder, matching[0], everything) if matching else None,
        "retrieval": retrieval(model, stream, pool),
        "captions": captions(model, stream, pool),
        "objectives": held_out_losses(model, stream),
    }


def names(
    model: Pretraining, stream: SceneStream, take: Callable[[list[int]], PairBatch]
) -> float | None:
    """The share of hidden names that come back, seen as the model was trained to see.

    A model with masked words in both directions fills the blank from the whole sentence; one that
    trained only seq2seq from the picture and the words before it.  One that trained neither is
    asked all the same, with a head that knows nothing.
    """
    asked = [one for one in model.mix.found().values() if isinstance(one, MaskedLanguage)]
    if not asked:
        return None
    drawn = trained(cast(Members, model.mix))
    chosen = min(asked, key=lambda one: (one.name not in drawn, one.source_rows is not None))
    blanks = name_blanks(stream)
    right = restored(
        model.encoder,
        chosen.head,
        take,
        blanks,
        stream.tokenizer.mask_id,
        prefix=chosen.source_rows,
    )
    return sum(right) / len(right)


def trained(mix: Members) -> set[str]:
    """Names of the objectives that a mix ever trains: those of a weight above zero."""
    found: set[str] = set()
    for member, weight in zip(mix.objectives, mix.weights, strict=True):
        if weight > 0:
            inner = isinstance(member, Members)
            found |= trained(member) if inner else {cast(Objective, member).name}
    return found


def captions(model: Pretraining, stream: SceneStream, count: int) -> dict[str, float] | None:
    """Greedy captions of ``count`` scenes by a model that masked words under seq2seq, else None.

    ``named``: object names in a caption, on average; ``right``: the share of them that are to be
    seen; ``ended``: captions that came to an end by themselves.
    """
    found = [one for one in model.mix.found().values() if isinstance(one, MaskedLanguage)]
    if not any(one.source_rows is not None for one in found):
        return None
    chosen = listed_scenes(stream, count)
    captioner = Captioner.of(model, stream.tokenizer)
    written = captioner.write(stream.take(chosen).regions, Greedy())
    things = {scene.key: {item.name for item in scene.objects} for scene in stream.scenes.scenes()}
    named = [names_in(caption.text or "", stream.scenes.names) for caption in written]
    seen = [things[stream.examples[number].image] for number in chosen]
    total = sum(len(names) for names in named)
    right = sum(len(names & there) for names, there in zip(named, seen, strict=True))
    return {
        "named": total / len(written),
        "right": right / max(total, 1),
        "ended": sum(caption.ended for caption in written) / len(written),
    }


def names_in(caption: str, names: Sequence[str]) -> set[str]:
    """The object names that stand in a caption as whole words; of nested ones the longest."""
    rest, found = caption, set()
    for name in sorted(names, key=len, reverse=True):
        shorter = re.sub(rf"\b{re.escape(name)}\b", "", rest)
        if shorter != rest:
            found.add(name)
        rest = shorter
    return found


def retrieval(model: Pretraining, stream: SceneStream, pool: int = POOL) -> dict | None:
    """R@1/5/10 both ways by the matching head, else by the contrastive summaries, else None."""
    found = model.mix.found().values()
    batch = stream.take(listed_scenes(stream, pool))
    for objective in found:
        if isinstance(objective, Matching):
            table = pair_table(model.encoder, objective, batch)
            return {"by": "matching", **both_ways(table), "pool": pool}
    for objective in found:
        if isinstance(objective, Contrastive):
            return {
                "by": "contrast",
                **both_ways(contrast_table(model.encoder, objective, batch)),
                "pool": pool,
            }
    return None


def held_out_losses(
    model: Pretraining, stream: SceneStream, seed: int = 0
) -> dict[str, dict[str, float]]:
    """For each objective trained its mean loss over the stream, and its accuracy if it has one.

    The mix plans as in training, again and again for the same pairs until every objective has
    been asked once of them.
    """
    losses: dict[str, LossSum] = {}
    right: dict[str, int] = {}
    rng = torch.Generator().manual_seed(seed)
    for begin in range(0, len(stream.examples), CHUNK):
        chosen = range(begin, min(begin + CHUNK, len(stream.examples)))
        batch, missing = stream.take(list(chosen)), trained(cast(Members, model.mix))
        for part in (part for _ in range(PLANS) for part in model.mix.plan(batch, rng)):
            asked = [(one, broken) for one, broken in part.asked if one.name in missing]
            if not asked:
                continue
            encoding = model.encoder(part.batch, part.pattern)
            for objective, broken in asked:
                name, loss = objective.name, objective.loss(encoding, broken)
                losses[name] = losses[name] + loss if name in losses else loss
                scores = _scores(objective, encoding, broken)
                if scores is not None:
                    hits = int((scores.argmax(-1) == broken.targets).sum())
                    right[name] = right.get(name, 0) + hits
                missing.remove(name)
            if not missing:
                break
    return {
        name: {"loss": float(loss.mean())}
        | ({"accuracy": right[name] / max(loss.count, 1)} if name in right else {})
        for name, loss in losses.items()
    }


def _scores(objective: Objective, encoding: Encoding, broken: Corrupted) -> torch.Tensor | None:
    """Scores whose best is the objective's guess, where it chooses among classes."""
    if isinstance(objective, MaskedLanguage | FragmentGeneration):
        return objective.scores(encoding, broken)
    if isinstance(objective, RegionClass):
        return objective.guess(encoding, broken)
    if isinstance(objective, Matching):
        return objective.scores(encoding)[broken.rows]
    return None
