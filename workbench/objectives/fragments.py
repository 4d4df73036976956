"""Fragments cut out of a text and generated again from what is left (M16)."""

from __future__ import annotations

import dataclasses
import random

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.language_losses import smoothed_cross_entropy
from workbench.objectives.next_token import next_tokens
from workbench.objectives.objective import Corrupted, asked_of
from workbench.objectives.units import first_rows, phrase_of_row
from workbench.pairs import LossSum, Offsets, PairBatch, TextTokens


class FragmentGeneration(nn.Module):
    """Removes fragments from each text and generates them behind it, from left to right.

    A fragment holds whole words or phrases, its length in tokens is drawn from ``lengths`` (both
    included); fragments are drawn until ``share`` of the text's tokens is spent, and the last is
    cut to what is left, but not below the shortest length.  What remains of the text, with its
    positions, is the source; each fragment goes behind it between ``start_id`` and ``end_id``, in
    the order of the text, at positions that count up from ``first_position``.  The state of every
    token predicts the next one of its fragment; the start tokens are not guessed.
    """

    def __init__(
        self,
        head: nn.Module,
        start_id: int,
        end_id: int,
        *,
        lengths: tuple[int, int] = (4, 32),
        share: float = 0.25,
        first_position: int = 0,
        smoothing: float = 0.0,
        name: str = "fragments",
    ) -> None:
        super().__init__()
        if not 1 <= lengths[0] <= lengths[1] or not 0 < share <= 1:
            raise ValueError(
                "fragments need 1 <= shortest <= longest and a share above 0 and up to 1, got "
                f"lengths={lengths} and share={share}"
            )
        self.head = head
        self.start_id, self.end_id = start_id, end_id
        self.lengths, self.share = lengths, share
        self.first_position = first_position
        self.smoothing = smoothing
        self.name = name

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Moves fragments behind their texts; regions stay as they are."""
        text = batch.text
        unit = phrase_of_row(text)
        sizes = torch.bincount(unit).tolist()
        first = first_rows(unit)
        free = (text.words >= 0)[first].tolist()
        begins = first.nonzero().squeeze(1).tolist()
        units = torch.bincount(text.offsets.owner[first], minlength=len(text)).tolist()
        seed = int(torch.randint(2**62, (), generator=rng, device=rng.device))
        # many small draws that depend on each other: quicker, and the same, outside of torch
        dice = random.Random(seed)
        cuts, begin = [], 0
        for count in units:
            mine = range(begin, begin + count)
            begin += count
            cut = drawn_fragments(
                [sizes[u] for u in mine], [free[u] for u in mine], self.lengths, self.share, dice
            )
            cuts.append(
                [(begins[mine[a]], begins[mine[b - 1]] + sizes[mine[b - 1]]) for a, b in cut]
            )
        moved, source, stops = self.rebuilt(text, cuts)
        return next_tokens(dataclasses.replace(batch, text=moved), source, stops)

    def rebuilt(
        self, text: TextTokens, cuts: list[list[tuple[int, int]]]
    ) -> tuple[TextTokens, Tensor, Tensor]:
        """The text with these rows of each sentence behind it, its source rows, and its ends."""
        starts = text.offsets.starts.tolist()
        taken, source, lengths = [], [], []
        positions: list[int] = []
        start, end = -1, -2
        for pair, cut in enumerate(cuts):
            gone = {row for a, b in cut for row in range(a, b)}
            left = [row for row in range(starts[pair], starts[pair + 1]) if row not in gone]
            behind = [row for a, b in cut for row in (start, *range(a, b), end)]
            taken += left + behind
            positions += [-1] * len(left)
            positions += range(self.first_position, self.first_position + len(behind))
            source.append(len(left))
            lengths.append(len(left) + len(behind))
        device = text.ids.device
        rows = torch.tensor(taken, dtype=torch.int64, device=device)
        place = torch.tensor(positions, dtype=torch.int64, device=device)
        added = rows < 0
        # a start or end token takes its segment from the row beside it in its fragment
        beside = torch.where(
            rows == start, rows.roll(-1), torch.where(rows == end, rows.roll(1), rows)
        )
        ids = text.ids[beside]
        ids = torch.where(rows == start, self.start_id, ids)
        ids = torch.where(rows == end, self.end_id, ids)
        phrases = text.phrases
        moved = TextTokens(
            ids,
            text.segments[beside],
            torch.where(place < 0, text.positions[beside], place),
            text.words[beside].masked_fill(added, -1),
            Offsets.from_lengths(torch.tensor(lengths, dtype=torch.int64, device=device)),
            None if phrases is None else phrases[beside].masked_fill(added, -1),
        )
        return moved, torch.tensor(source, dtype=torch.int64, device=device), rows == end

    def scores(self, encoding: Encoding, corrupted: Corrupted) -> Float[Tensor, "m V"]:
        """Vocabulary scores of the guessing rows."""
        return asked_of(self.head, encoding.text[corrupted.rows], self.name)

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy over the fragments' tokens and ends."""
        scores = self.scores(encoding, corrupted)
        losses = smoothed_cross_entropy(scores, corrupted.targets, self.smoothing)
        return LossSum(losses.sum(), len(losses))


def drawn_fragments(
    sizes: list[int],
    free: list[bool],
    lengths: tuple[int, int],
    share: float,
    dice: random.Random,
) -> list[tuple[int, int]]:
    """Fragments of one text as ``(first unit, behind the last)``, in order.

    ``sizes`` are the rows of each word or phrase, ``free`` says which may be moved.
    """
    free = list(free)
    budget = share * sum(size for size, may in zip(sizes, free, strict=True) if may)
    found: list[tuple[int, int]] = []
    while budget > 0:
        wanted = min(dice.randint(*lengths), max(round(budget), lengths[0]))
        # how many rows a fragment could have from each unit on, to the next that must stay
        room, roomy = 0, []
        for unit in reversed(range(len(sizes))):
            room = room + sizes[unit] if free[unit] else 0
            roomy.append((min(room, wanted), unit))
        most = max(roomy, default=(0, 0))[0]
        if not most:
            break
        begin = dice.choice([unit for rows, unit in roomy if rows == most])
        end, rows = begin, 0
        while rows < most:
            rows += sizes[end]
            free[end] = False
            end += 1
        found.append((begin, end))
        budget -= rows
    return sorted(found)
