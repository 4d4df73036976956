"""A two-column table of parameter names, applied strictly and invertible.

A row pairs the original name with ours; ``{i}`` in both stands for a layer number.  One original
tensor may fill several of ours (a head that two objectives share).  What the originals have and
we do not use is *dropped*, what we have and they do not is *fresh*, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

State = dict[str, Tensor]


@dataclass(frozen=True)
class NameTable:
    """Rows (theirs, ours), and the names left out on either side with the reason."""

    rows: tuple[tuple[str, str], ...]
    dropped: Mapping[str, str] = field(default_factory=dict)
    fresh: Mapping[str, str] = field(default_factory=dict)

    def expanded(self, layers: int) -> tuple[tuple[str, str], ...]:
        """The rows with every ``{i}`` written out for ``layers`` layers."""
        return tuple(
            (theirs.replace("{i}", str(i)), ours.replace("{i}", str(i)))
            for theirs, ours in self.rows
            for i in range(layers if "{i}" in theirs else 1)
        )

    def read(
        self, original: Mapping[str, Tensor], ours: Mapping[str, Tensor], layers: int
    ) -> State:
        """Our state from an original one; raises ``ValueError`` listing whatever does not fit.

        ``ours`` is the model's present state: it says what must be filled and in which shapes.
        """
        rows = [(a, b) for a, b in self.expanded(layers) if b in ours or a in original]
        state = {b: original[a] for a, b in rows if a in original and b in ours}
        strangers = _left(original, (a for a, _ in rows), self.dropped)
        unfilled = _left(ours, (b for _, b in rows), self.fresh)
        problems = [
            *_listed("not in this checkpoint", (a for a, b in rows if a not in original)),
            *_listed("not in this model", (b for a, b in rows if b not in ours)),
            *_listed("unknown in the checkpoint", strangers),
            *_listed("left unfilled in the model", unfilled),
            *_listed(
                "of another shape",
                (
                    f"{b} {tuple(t.shape)} != {tuple(ours[b].shape)}"
                    for b, t in state.items()
                    if t.shape != ours[b].shape
                ),
            ),
        ]
        if problems:
            raise ValueError("the checkpoint does not fit the model: " + "; ".join(problems))
        return state

    def write(self, ours: Mapping[str, Tensor], layers: int) -> State:
        """The original layout from our state; undoes ``read``."""
        rows = [(a, b) for a, b in self.expanded(layers) if b in ours]
        problems = _listed("without a row", _left(ours, (b for _, b in rows), self.fresh))
        if problems:
            raise ValueError("the model does not fit the table: " + "; ".join(problems))
        return {a: ours[b] for a, b in rows}


def _left(state: Iterable[str], used: Iterable[str], excused: Mapping[str, str]) -> list[str]:
    used = set(used)
    return [name for name in state if name not in used and name not in excused]


def _listed(what: str, names: Iterable[str]) -> list[str]:
    names = list(names)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [f"{len(names)} {what}: {', '.join(names[:5])}{more}"] if names else []
