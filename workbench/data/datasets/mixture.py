"""What scenes are made of and which sentences are said of them."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.data.datasets import grammar


@dataclass(frozen=True)
class Mixture:
    """Shares of the kinds of sentence, and the make-up of the scenes.

    ``existence``, ``list``, ``relation``, ``count``, ``attribute`` and ``place`` are shares of
    all sentences; ``objects`` the shares of scenes with 2, 3 and 4 objects; ``repeated`` the share
    of scenes that show one name several times (counts need them); ``scales`` the ranges of an
    object's size (side of the square of equal area, in picture heights), equally likely.
    """

    existence: float = 0.3
    list: float = 0.3
    relation: float = 0.3
    count: float = 0.04
    attribute: float = 0.06
    place: float = 0.0
    objects: tuple[float, float, float] = (0.5, 0.3, 0.2)
    repeated: float = 0.08
    scales: tuple[tuple[float, float], ...] = ((0.26, 0.31), (0.35, 0.42), (0.48, 0.58))

    @property
    def kinds(self) -> tuple[tuple[grammar.Kind, float], ...]:
        """Each kind of sentence with the weight it is drawn by in a scene that allows it."""
        return (
            (grammar.existence, self.existence),
            (grammar.listing, self.list),
            (grammar.relating, self.relation),
            (grammar.counting, self.count / max(self.repeated, 1e-9)),
            (grammar.describing, self.attribute),
            (grammar.placing, self.place),
        )


def relations() -> Mixture:
    """A harder mixture over the same pictures: it leans on relations, and on places, which lead
    to them (where *one* thing lies must be known before where it lies as seen from another)."""
    return Mixture(existence=0.0, list=0.2, relation=0.3, count=0.0, attribute=0.0, place=0.5)
