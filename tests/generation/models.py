"""Small seeded encoders with heads of every single-stream system, and prefixes to go on from."""

from __future__ import annotations

import dataclasses

import torch

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.generation.feeding import LeftToRight, MaskAppended
from workbench.layers.heads import TiedHead
from workbench.pairs import PairBatch
from workbench.systems import unimo, uniter, vilbert, visualbert, vlp

CLS, SEP = 2, 3
FEEDINGS = {
    "mask appended": MaskAppended(MASK, SEP),
    "left to right": LeftToRight(CLS, SEP),
}


def sizes(segments: int = 2) -> SingleStreamSizes:
    return SingleStreamSizes(
        24, 3, 3, 48, VOCABULARY, 40, FEATURES, CLASSES, segments=segments, eps=1e-5
    )


ENCODERS = {
    "uniter": lambda: uniter.encoder(sizes()),
    "visualbert": lambda: visualbert.encoder(sizes()),
    "vlp": lambda: vlp.encoder(sizes(6), SEP),
    "vlp, two segments": lambda: vlp.encoder(sizes(2), SEP),
    "vilbert, one stream": lambda: vilbert.single_stream_encoder(sizes()),
    "unimo": lambda: unimo.encoder(sizes(0)),
}


def make_model(system: str, seed: int = 0):
    """An encoder and a head in evaluation mode, with weights too wide to hide a leak."""
    torch.manual_seed(seed)
    encoder = ENCODERS[system]()
    head = TiedHead(torch.nn.Parameter(torch.randn(VOCABULARY, encoder.sizes.width)))
    model = torch.nn.ModuleDict({"encoder": encoder, "head": head}).eval()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
        else:
            torch.nn.init.normal_(parameter, 0.5, 0.5)
    return encoder, head


def make_prefix(source: list[int], regions: list[int], seed: int = 0) -> PairBatch:
    """Source texts ([CLS] and words) of these lengths beside pictures of so many regions."""
    batch = make_batch(source, regions, seed)
    first = batch.text.offsets.within == 0
    ids = torch.where(first, CLS, batch.text.ids.clamp_min(5))
    return dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
