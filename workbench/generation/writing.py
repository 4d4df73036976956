"""Writers: a model that goes on with drafts of texts, one token at a time.

``CachedWriter`` keeps what it has encoded and feeds only new rows; ``PlainWriter`` encodes
everything again at every step, with any encoder that obeys a seq2seq pattern.  Both answer the
same scores.  Shapes: P pictures, b drafts of each, V entries of the vocabulary, t tokens written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.encoders.encoding import Encoder
from workbench.encoders.incremental import Kept, encode_more, encode_prefix, followed
from workbench.encoders.single_stream import SingleStream
from workbench.generation.feeding import Feeding
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.patterns import AttentionPattern

Head = Callable[[Float[Tensor, "m D"]], Float[Tensor, "m V"]]


@dataclass(frozen=True)
class Drafts:
    """What has been written so far, and the scores (logits) of every next token."""

    tokens: Int[Tensor, "P b t"]
    logits: Float[Tensor, "P b V"]
    prefix: PairBatch
    first: Int[Tensor, "P"]
    kept: Kept | None = None


@runtime_checkable
class Writer(Protocol):
    """Begins drafts beside pictures (and source texts) and goes on with chosen ones."""

    @property
    def feeding(self) -> Feeding:
        """The scheme it was built with."""
        ...

    def begin(self, prefix: PairBatch) -> Drafts:
        """One empty draft a picture."""
        ...

    def go_on(
        self, drafts: Drafts, parents: Int[Tensor, "P b"], tokens: Int[Tensor, "P b"]
    ) -> Drafts:
        """Draft ``parents[p, i]`` of picture ``p`` with ``tokens[p, i]`` added, as draft ``i``."""
        ...


def _followed(drafts: Drafts, parents: Tensor, tokens: Tensor) -> Tensor:
    pictures = torch.arange(len(parents), device=parents.device)[:, None]
    return torch.cat([drafts.tokens[pictures, parents], tokens[..., None]], -1)


def _begun(prefix: PairBatch) -> Tensor:
    return prefix.text.ids.new_zeros(len(prefix), 1, 0)


def _placed(text: TextTokens, first: Tensor, drafts: int) -> TextTokens:
    """A target whose positions begin where each picture's do."""
    begins = first.repeat_interleave(drafts)[text.offsets.owner]
    return dataclasses.replace(text, positions=text.positions + begins)


@dataclass(frozen=True)
class CachedWriter:
    """Feeds new rows only; needs a single stream (P13)."""

    encoder: SingleStream
    head: Head
    feeding: Feeding

    def begin(self, prefix: PairBatch) -> Drafts:
        """One empty draft a picture."""
        first = self.feeding.first_position(prefix)
        return self._fed(prefix, first, encode_prefix(self.encoder, prefix), _begun(prefix))

    def go_on(
        self, drafts: Drafts, parents: Int[Tensor, "P b"], tokens: Int[Tensor, "P b"]
    ) -> Drafts:
        """Draft ``parents[p, i]`` of picture ``p`` with ``tokens[p, i]`` added, as draft ``i``."""
        assert drafts.kept is not None
        written = _followed(drafts, parents, tokens)
        return self._fed(drafts.prefix, drafts.first, drafts.kept.follow(parents), written)

    def _fed(self, prefix: PairBatch, first: Tensor, kept: Kept, tokens: Tensor) -> Drafts:
        drafts, written = tokens.shape[1:]
        text = _placed(self.feeding.target(tokens.flatten(0, 1)), first, drafts)
        known = kept.own[0].keys.shape[-2]
        new = _last_rows(text, written + 1 - known)
        keep_rows = written + 1 - known - self.feeding.fleeting
        states, kept = encode_more(self.encoder, kept, new, keep_rows)
        logits = self.head(states[:, :, -1].flatten(0, 1)).unflatten(0, tokens.shape[:2])
        return Drafts(tokens, logits, prefix, first, kept)


def _last_rows(text: TextTokens, count: int) -> TextTokens:
    """The last ``count`` rows of every run."""
    owner = text.offsets.owner
    chosen = text.offsets.within >= text.offsets.lengths[owner] - count
    offsets = Offsets.from_lengths(torch.full_like(text.offsets.lengths, count))
    fields = ("ids", "segments", "positions", "words")
    return TextTokens(**{name: getattr(text, name)[chosen] for name in fields}, offsets=offsets)


@dataclass(frozen=True)
class PlainWriter:
    """Encodes prefix and target anew at every step, with any encoder; slow and simple."""

    encoder: Encoder
    head: Head
    feeding: Feeding

    def begin(self, prefix: PairBatch) -> Drafts:
        """One empty draft a picture."""
        return self._encoded(prefix, self.feeding.first_position(prefix), _begun(prefix))

    def go_on(
        self, drafts: Drafts, parents: Int[Tensor, "P b"], tokens: Int[Tensor, "P b"]
    ) -> Drafts:
        """Draft ``parents[p, i]`` of picture ``p`` with ``tokens[p, i]`` added, as draft ``i``."""
        return self._encoded(drafts.prefix, drafts.first, _followed(drafts, parents, tokens))

    def _encoded(self, prefix: PairBatch, first: Tensor, tokens: Tensor) -> Drafts:
        drafts = tokens.shape[1]
        target = _placed(self.feeding.target(tokens.flatten(0, 1)), first, drafts)
        order = torch.arange(len(prefix), device=tokens.device).repeat_interleave(drafts)
        batch = prefix.select(order)
        source = batch.text.offsets.lengths
        batch = dataclasses.replace(batch, text=followed(batch.text, target))
        encoding = self.encoder(batch, AttentionPattern("seq2seq", source))
        last = encoding.text[batch.text.offsets.starts[1:] - 1]
        logits = self.head(last).unflatten(0, tokens.shape[:2])
        return Drafts(tokens, logits, prefix, first)
