"""Every encoder and every objective, small: what the tests of all combinations run over.

A new system is one line in ``ENCODERS`` and one in ``MIXES``, a new objective one in
``OBJECTIVES``; their heads are built from ``encoder.widths``, so that any meets any.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch
from workbench.encoders.encoding import Encoding, Widths
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.summaries import FirstToken
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.objectives.contrastive import Contrastive, WeightedProduct
from workbench.objectives.fragments import FragmentGeneration
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionClass, RegionDistribution, RegionFeatures
from workbench.objectives.masking import Counted, GeometricSpans, Phrases, Tokens, WholeWords
from workbench.objectives.matching import Matching
from workbench.objectives.next_token import NextToken
from workbench.pairs import PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.systems import tiny, unimo, uniter, vilbert, visualbert, vlp

WORDS, START, SEPARATOR = (5, VOCABULARY), 2, 3
SIZES = SingleStreamSizes(24, 2, 3, 48, VOCABULARY, 48, FEATURES, CLASSES)
BARE = dataclasses.replace(SIZES, segments=0, eps=1e-5)
SIX = dataclasses.replace(SIZES, segments=6, eps=1e-5)
STREAMS = TwoStreamSizes("TTCVTCVT", 24, 3, 48, 20, 2, 40, 16, 2, VOCABULARY, 48, FEATURES, CLASSES)
EQUAL = dataclasses.replace(STREAMS, region_width=24)
GATED = dataclasses.replace(vilbert.MULTI_TASK, text_gates=True)

ENCODERS: dict[str, Callable[[], nn.Module]] = {
    "uniter": lambda: uniter.encoder(SIZES),
    "uniter-paper": lambda: uniter.encoder(SIZES, variant=uniter.PAPER),
    "vilbert": lambda: vilbert.encoder(STREAMS),
    "vilbert-equal-widths": lambda: vilbert.encoder(EQUAL),
    "vilbert-gated": lambda: vilbert.encoder(STREAMS, variant=GATED),
    "vilbert-single-stream": lambda: vilbert.single_stream_encoder(SIZES),
    "vlp": lambda: vlp.encoder(SIX, SEPARATOR),
    "vlp-paper": lambda: vlp.encoder(SIX, SEPARATOR, variant=vlp.PAPER),
    "unimo": lambda: unimo.encoder(BARE),
    "unimo-paper": lambda: unimo.encoder(BARE, variant="paper"),
    "visualbert": lambda: visualbert.encoder(SIZES),
}

VARIANTS = ("uniter-paper", "vilbert-equal-widths", "vlp-paper", "unimo-paper")
"""Encoders that ask nothing new of an objective."""

MIXES: dict[str, Callable[[], nn.Module]] = {
    "uniter": lambda: uniter.pretraining(SIZES, MASK, WORDS, variant=tiny.VARIANT),
    "vilbert": lambda: vilbert.pretraining(STREAMS, MASK, WORDS),
    "vilbert-single-stream": lambda: vilbert.single_stream(SIZES, MASK, WORDS),
    "vlp": lambda: vlp.pretraining(SIX, MASK, SEPARATOR, WORDS),
    "unimo": lambda: unimo.pretraining(BARE, MASK, WORDS, START, SEPARATOR),
    "unimo-without-contrast": lambda: unimo.pretraining(
        BARE, MASK, WORDS, START, SEPARATOR, contrastive=False
    ),
    "visualbert": lambda: visualbert.pretraining(SIZES, MASK, WORDS),
}


@dataclass(frozen=True)
class Asked:
    """An objective for encoders of given widths, and the states that its loss reads."""

    build: Callable[[Widths], nn.Module]
    reads: Callable[[Encoding], tuple[torch.Tensor, ...]]


def _words(**options) -> Asked:
    return Asked(
        lambda w: MaskedLanguage(nn.Linear(w.text, VOCABULARY), MASK, WORDS, **options),
        lambda e: (e.text,),
    )


def _regions(kind: type, outputs: int, **options) -> Asked:
    return Asked(lambda w: kind(nn.Linear(w.regions, outputs), **options), lambda e: (e.regions,))


def _pairs(**options) -> Asked:
    return Asked(lambda w: Matching(nn.Linear(w.summary, 2), **options), lambda e: (e.pair,))


def _summaries(encoding: Encoding) -> tuple[torch.Tensor, ...]:
    return encoding.text_summary, encoding.image_summary


def _contrast(**options) -> Asked:
    return Asked(lambda w: Contrastive(**options), _summaries)


OBJECTIVES: dict[str, Asked] = {
    "mlm": _words(),
    "mlm-released-vilbert": _words(choose=Tokens(0.15, at_least_one=False), only_matched=True),
    "mlm-whole-words": _words(choose=WholeWords()),
    "mlm-phrases": _words(choose=Phrases()),
    "mlm-spans": _words(choose=GeometricSpans()),
    "mlm-counted": _words(choose=Counted()),
    "seq2seq": _words(source_rows=1, choose=Counted()),
    "seq2seq-after-two": _words(source_rows=2),
    "fragments": Asked(
        lambda w: FragmentGeneration(
            nn.Linear(w.text, VOCABULARY), START, SEPARATOR, lengths=(2, 4), share=0.5
        ),
        lambda e: (e.text,),
    ),
    "next-token": Asked(
        lambda w: NextToken(nn.Linear(w.text, VOCABULARY), source=2), lambda e: (e.text,)
    ),
    "cmcl": _contrast(),
    "cmcl-alone": _contrast(alone=True),
    "cmcl-product": Asked(
        lambda w: Contrastive(WeightedProduct(w.summary), alone=True), _summaries
    ),
    "mrfr": _regions(RegionFeatures, FEATURES),
    "mrfr-overlap": _regions(RegionFeatures, FEATURES, overlap=0.3, reduction="sum"),
    "mrc": _regions(RegionClass, CLASSES, zeroed=0.9),
    "mrc-kl": _regions(RegionDistribution, CLASSES, zeroed=0.9, whole_overlap=0.4),
    "itm": _pairs(),
    "itm-text": _pairs(replace="text", match_class=0),
    "itm-either": _pairs(replace="either"),
    "itm-transport": Asked(
        lambda w: Matching(nn.Linear(w.summary, 2), transport=0.1),
        lambda e: (e.text, e.regions, e.pair),
    ),
}


def refusal(name: str, encoder: nn.Module) -> str | None:
    """What an encoder says when it cannot carry an objective; None where it can."""
    widths = encoder.widths
    if name == "itm-transport" and widths.text != widths.regions:
        return f"tokens have {widths.text} units and its regions {widths.regions}"
    if name.startswith("cmcl") and isinstance(encoder.summary, FirstToken):
        return "makes a single one of both"
    return None


TEXT, REGIONS = [5, 9, 3, 6, 7, 4], [4, 0, 7, 2, 3, 5]
PATTERNS: dict[str, AttentionPattern] = {
    "bidirectional": BIDIRECTIONAL,
    "seq2seq": AttentionPattern("seq2seq", torch.tensor([1, 4, 2, 0, 6, 1])),
    "mixed": AttentionPattern("seq2seq", torch.tensor([5, 1, 3, 2, 7, 1])),
}
"""In the mixed one pairs 0, 2 and 4 are all source: bidirectional beside seq2seq ones."""


def batch_of(seed: int = 0) -> PairBatch:
    """Six pairs of uneven lengths, one without regions; words 1 and 2 of each are a phrase."""
    batch = make_batch(TEXT, REGIONS, seed)
    words = batch.text.words
    phrases = torch.where((words == 1) | (words == 2), 0, -1)
    return dataclasses.replace(batch, text=dataclasses.replace(batch.text, phrases=phrases))


def widened(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module in evaluation mode, its weights so wide that a leak does not hide in rounding."""
    rng = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, 0.0, 0.3, generator=rng)
    return module.eval()


def tensors_of(record, prefix: str = "") -> dict[str, torch.Tensor]:
    """Every tensor in a batch or another frozen record, by the path to it."""
    found: dict[str, torch.Tensor] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, torch.Tensor):
            found[prefix + field.name] = value
        elif dataclasses.is_dataclass(value):
            found |= tensors_of(value, f"{prefix}{field.name}.")
    return found
