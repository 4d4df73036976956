"""A two-column table of parameter names, applied strictly and invertible.

A row pairs the original name with ours; ``{i}`` in both stands for a layer number, and other
letters in braces for the numbers of other lists of layers.  One original tensor may fill several
of ours (a head that two objectives share).  What the originals have and we do not use is
*dropped*, what we have and they do not is *fresh*, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

State = dict[str, Tensor]
Layers = int | Mapping[str, int]


def _numbers(name: str, layers: Layers) -> list[tuple[str, int]]:
    """The (letter, number) pairs to write into a name, one stand-in for a name without letters."""
    counts = {"i": layers} if isinstance(layers, int) else layers
    for letter, count in counts.items():
        if f"{{{letter}}}" in name:
            return [(letter, number) for number in range(count)]
    return [("", 0)]


def _numbered(name: str, number: tuple[str, int]) -> str:
    return name.replace(f"{{{number[0]}}}", str(number[1]))


@dataclass(frozen=True)
class NameTable:
    """Rows (theirs, ours), and the names left out on either side with the reason."""

    rows: tuple[tuple[str, str], ...]
    dropped: Mapping[str, str] = field(default_factory=dict)
    fresh: Mapping[str, str] = field(default_factory=dict)
    transposed: tuple[str, ...] = ()
    """Endings of original names whose matrices lie the other way round ([in, out])."""

    def expanded(self, layers: Layers) -> tuple[tuple[str, str], ...]:
        """The rows with every layer number written out.

        ``layers`` counts the layers of ``{i}``, or of each letter.
        """
        return tuple(
            (_numbered(theirs, number), _numbered(ours, number))
            for theirs, ours in self.rows
            for number in _numbers(theirs, layers)
        )

    def at(self, layers: Layers) -> NameTable:
        """The same table with every layer number written out; its own layers are 0 then."""
        return NameTable(
            self.expanded(layers),
            self._excused(self.dropped, layers),
            self._excused(self.fresh, layers),
            self.transposed,
        )

    def _turned(self, original_name: str, tensor: Tensor) -> Tensor:
        turned = tensor.ndim == 2 and original_name.endswith(self.transposed)
        return tensor.T.contiguous() if turned else tensor

    def read(
        self, original: Mapping[str, Tensor], ours: Mapping[str, Tensor], layers: Layers
    ) -> State:
        """Our state from an original one; raises ``ValueError`` listing whatever does not fit.

        ``ours`` is the model's present state: it says what must be filled and in which shapes.
        """
        rows = [(a, b) for a, b in self.expanded(layers) if b in ours or a in original]
        state = {b: self._turned(a, original[a]) for a, b in rows if a in original and b in ours}
        strangers = _left(original, (a for a, _ in rows), self._excused(self.dropped, layers))
        unfilled = _left(ours, (b for _, b in rows), self._excused(self.fresh, layers))
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

    def write(
        self, ours: Mapping[str, Tensor], layers: Layers, kept: Mapping[str, Tensor] | None = None
    ) -> State:
        """The original layout from our state; undoes ``read``.

        ``kept`` are tensors that ``read`` dropped, by original name, to go back as they were.
        """
        rows = [(a, b) for a, b in self.expanded(layers) if b in ours]
        excused = self._excused(self.fresh, layers)
        problems = _listed("without a row", _left(ours, (b for _, b in rows), excused))
        if problems:
            raise ValueError("the model does not fit the table: " + "; ".join(problems))
        return {a: self._turned(a, ours[b]) for a, b in rows} | dict(kept or {})

    def left_out(self, original: Mapping[str, Tensor], layers: Layers) -> State:
        """What ``read`` drops of an original state, for ``write`` to put back."""
        dropped = self._excused(self.dropped, layers)
        return {name: tensor for name, tensor in original.items() if name in dropped}

    def _excused(self, names: Mapping[str, str], layers: Layers) -> dict[str, str]:
        return {
            _numbered(name, number): reason
            for name, reason in names.items()
            for number in _numbers(name, layers)
        }


def _left(state: Iterable[str], used: Iterable[str], excused: Mapping[str, str]) -> list[str]:
    used = set(used)
    return [name for name in state if name not in used and name not in excused]


def _listed(what: str, names: Iterable[str]) -> list[str]:
    names = list(names)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [f"{len(names)} {what}: {', '.join(names[:5])}{more}"] if names else []
