"""The front: pictures in, texts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from workbench.encoders.encoding import Encoder
from workbench.encoders.single_stream import SingleStream
from workbench.encoders.two_stream import TwoStream
from workbench.generation.beam import Beam
from workbench.generation.feeding import Feeding
from workbench.generation.writing import CachedWriter, Head, PlainWriter, Writer
from workbench.generation.written import Search
from workbench.pairs import PairBatch

FIVE_BEAMS = Beam()
"""Five beams and up to 20 tokens, as captions were tested (P13)."""


@dataclass(frozen=True)
class Generated:
    """A text written beside a picture.

    ``ids`` are its tokens without the end token; ``text`` is what ``decode`` made of them (None
    where none was given); ``ended`` says whether it ended by itself.
    """

    name: str
    ids: tuple[int, ...]
    text: str | None
    score: float
    ended: bool


def generate(
    encoder: Encoder,
    head: Head,
    prefix: PairBatch,
    feeding: Feeding,
    search: Search = FIVE_BEAMS,
    *,
    decode: Callable[[Sequence[int]], str] | None = None,
    cached: bool = True,
) -> list[Generated]:
    """Writes one text beside each picture (and source text) of ``prefix``.

    ``head`` scores the vocabulary at text rows.  The model is read in evaluation mode and without
    gradients.  A single stream keeps its states (``cached=False`` encodes anew at every step, as
    other encoders always do).  Raises ``ValueError`` where an id of the scheme is no entry of the
    vocabulary or a search asks for more than there is.
    """
    writer: Writer
    if cached and isinstance(encoder, SingleStream):
        writer = CachedWriter(encoder, head, feeding)
    else:
        writer = PlainWriter(encoder, head, feeding)
    modules = [cast(nn.Module, part) for part in (encoder, head) if isinstance(part, nn.Module)]
    if isinstance(encoder, SingleStream | TwoStream):
        refuse_unknown(feeding.ids, encoder.sizes.vocabulary)
    with torch.no_grad(), reading(modules):
        found = search(writer, prefix)
    return [
        Generated(name, text.ids, decode(text.ids) if decode else None, text.score, text.ended)
        for name, text in zip(prefix.names, found, strict=True)
    ]


def refuse_unknown(ids: Mapping[str, int | None], vocabulary: int) -> None:
    """Raises ``ValueError`` for a token of a scheme that is no entry of the vocabulary."""
    for name, number in ids.items():
        if number is None or not 0 <= number < vocabulary:
            raise ValueError(
                f"{name}={number} is no entry of a vocabulary of {vocabulary}; give the number "
                "that the tokenizer has for this token ([SEP], [MASK], [CLS])"
            )


@contextmanager
def reading(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Modules in evaluation mode for a while, then each as it was."""
    parts = {part for module in modules for part in module.modules() if part.training}
    for part in parts:
        part.training = False
    try:
        yield
    finally:
        for part in parts:
            part.training = True
