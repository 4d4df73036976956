"""Fill the blank: hide a marked span of a sentence and see whether the model restores it.

A name is hidden whole, together with its article and adjective, so that no neighbour ("an",
"yellow", a second sub-word) gives it away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from workbench.data.example import Example
from workbench.data.tokenizer import Tokenizer
from workbench.encoders.encoding import Encoder
from workbench.pairs import PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern


@dataclass(frozen=True)
class Blank:
    """Example number ``example``, the token rows to hide and those among them to restore."""

    example: int
    hidden: tuple[int, ...]
    wanted: tuple[int, ...]


def blanks(
    examples: Sequence[Example],
    tokenizer: Tokenizer,
    role: str,
    *,
    with_roles: Sequence[str] = (),
    not_with: Sequence[str] = (),
) -> list[Blank]:
    """One blank for every span of this role; spans ``with_roles`` of the same object go with it.

    A span whose object also has a span ``not_with`` these roles is passed over.
    """
    found = []
    for number, example in enumerate(examples):
        rows = tokenizer.spans_to_rows(example.sentence, example.spans)
        for span, wanted in zip(example.spans, rows, strict=True):
            roles = {other.role for other in example.spans if other.object == span.object}
            if span.role != role or roles & set(not_with):
                continue
            beside = [
                row
                for other, its in zip(example.spans, rows, strict=True)
                if other.role in with_roles and other.object == span.object
                for row in its
            ]
            found.append(Blank(number, tuple(sorted({*wanted, *beside})), tuple(wanted)))
    return found


def scores_of_hidden(
    encoder: Encoder,
    head: nn.Module,
    batch: PairBatch,
    asked: Sequence[Blank],
    rows: Sequence[Sequence[int]],
    mask_id: int,
    prefix: int | None = None,
) -> tuple[Float[Tensor, "m V"], Int[Tensor, "m"]]:
    """What the model says of these token rows of each pair, one blank a pair hidden; the truth.

    For ``prefix`` see ``restored``.
    """
    starts = batch.text.offsets.starts.tolist()
    hidden = [start + row for start, b in zip(starts, asked, strict=False) for row in b.hidden]
    wanted = [start + row for start, own in zip(starts, rows, strict=False) for row in own]
    truth = batch.text.ids[wanted]
    ids = batch.text.ids.clone()
    ids[hidden] = mask_id
    broken = dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
    pattern = BIDIRECTIONAL
    if prefix is not None:
        pattern = AttentionPattern("seq2seq", batch.text.offsets.lengths.clamp_max(prefix))
    return head(encoder(broken, pattern).text[wanted]).float(), truth


def _restored(
    encoder: Encoder,
    head: nn.Module,
    batch: PairBatch,
    asked: Sequence[Blank],
    mask_id: int,
    among: Int[Tensor, "n"] | None,
    prefix: int | None,
) -> list[bool]:
    rows = [blank.wanted for blank in asked]
    scores, truth = scores_of_hidden(encoder, head, batch, asked, rows, mask_id, prefix)
    if among is not None:
        only = torch.full_like(scores, -torch.inf)
        only[:, among] = scores[:, among]
        scores = only
    right = iter((scores.argmax(-1) == truth).tolist())
    return [all([next(right) for _ in b.wanted]) for b in asked]


@torch.no_grad()
def restored(
    encoder: Encoder,
    head: nn.Module,
    take: Callable[[list[int]], PairBatch],
    asked: Sequence[Blank],
    mask_id: int,
    *,
    among: Int[Tensor, "n"] | None = None,
    prefix: int | None = None,
    chunk: int = 128,
) -> list[bool]:
    """For each blank whether every hidden token comes back as the best guess.

    ``take`` gives the batch of these example numbers; ``among`` limits the guesses to some ids
    (for instance the four relation words); without it the whole vocabulary competes.  With
    ``prefix`` only that many first rows of a sentence are seen from everywhere, the others only by
    later ones (P6): the blank is filled from the picture and the words before it.
    """
    answers: list[bool] = []
    for begin in range(0, len(asked), chunk):
        part = asked[begin : begin + chunk]
        batch = take([blank.example for blank in part])
        answers += _restored(encoder, head, batch, part, mask_id, among, prefix)
    return answers
