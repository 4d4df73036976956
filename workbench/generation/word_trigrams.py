"""No trigram of whole words twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class WordTrigramBlocking:
    """A candidate after which the last three words repeat earlier ones loses ``penalty`` (M26).

    ``begins_word[id]`` says which tokens begin a word (their text starts with a space); others go
    on with the word before.  ``start_id``, where given, counts as the first token [c].
    """

    begins_word: Bool[Tensor, "V"]
    start_id: int | None = None
    penalty: float = 65000.0

    def __call__(
        self,
        log_probabilities: Float[Tensor, "P b c"],
        candidates: Int[Tensor, "P b c"],
        drafts: Int[Tensor, "P b t"],
    ) -> Float[Tensor, "P b c"]:
        """The candidates' log-probabilities, those of repeating ones lowered."""
        begins = self.begins_word.tolist()
        repeats = torch.zeros(candidates.shape, dtype=torch.bool)
        for picture, (of_picture, offered) in enumerate(
            zip(drafts.tolist(), candidates.tolist(), strict=True)
        ):
            for draft, (tokens, choices) in enumerate(zip(of_picture, offered, strict=True)):
                start = [] if self.start_id is None else [self.start_id]
                for place, token in enumerate(choices):
                    written = words([*start, *tokens, token], begins)
                    repeats[picture, draft, place] = last_trigram_repeats(written)
        return log_probabilities - self.penalty * repeats.to(log_probabilities.device)


def words(tokens: Sequence[int], begins_word: Sequence[bool]) -> list[tuple[int, ...]]:
    """Tokens put together to words; the first token always begins one."""
    found: list[tuple[int, ...]] = []
    for token in tokens:
        if begins_word[token] or not found:
            found.append((token,))
        else:
            found[-1] += (token,)
    return found


def last_trigram_repeats(written: Sequence[tuple[int, ...]]) -> bool:
    """Whether the last three words stand somewhere before, overlaps allowed."""
    last = list(written[-3:])
    return len(written) > 3 and any(
        list(written[i : i + 3]) == last for i in range(len(written) - 3)
    )
