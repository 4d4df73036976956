"""What each split of the scenes holds out, decided by names alone and never by chance or seed."""

from __future__ import annotations

import hashlib
import itertools

from workbench.data.datasets.cutouts import Background, Cutout, Source

SPLITS = {
    "train": "pairs of names, cut-outs and backgrounds that are not held out",
    "validation": "other scenes from the same pairs, cut-outs and backgrounds as train",
    "test": "other scenes from the same pairs, cut-outs and backgrounds as train",
    "test-pairs": "each scene shows a pair of names that no other split shows (a tenth of them)",
    "test-cutouts": "only held-out cut-outs, one of each name that has several",
    "test-backgrounds": "only held-out backgrounds, a quarter of them",
}


def check(split: str) -> None:
    """Raise ``ValueError`` for a split that does not exist."""
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}")


def holds_out_pair(one: str, other: str) -> bool:
    """Whether scenes with both names are kept for ``test-pairs``."""
    return one != other and number("pair", *sorted((one, other))) % 10 == 0


def cutouts(source: Source, names: tuple[str, ...], split: str) -> dict[str, tuple[Cutout, ...]]:
    """For each name the cut-outs that a split may show; names that have none are left out."""
    chosen = {}
    for name, all_of_name in source.of_names(names).items():
        held = held_out_cutout(all_of_name)
        if split == "test-cutouts":
            chosen[name] = (held,) if held else ()
        else:
            chosen[name] = tuple(c for c in all_of_name if c != held)
    return {name: several for name, several in chosen.items() if several}


def held_out_cutout(all_of_name: tuple[Cutout, ...]) -> Cutout | None:
    """The cut-out of a name that is kept for ``test-cutouts``, None where the name has one."""
    if len(all_of_name) < 2:
        return None
    return min(all_of_name, key=lambda cutout: number("cutout", cutout.id))


def backgrounds(source: Source, split: str) -> tuple[Background, ...]:
    """The backgrounds that a split may show."""
    ranked = sorted(source.backgrounds, key=lambda b: number("background", b.id))
    held = max(1, len(ranked) // 4)
    return tuple(ranked[:held] if split == "test-backgrounds" else ranked[held:])


def kept_from_training(source: Source, names: tuple[str, ...]) -> dict[str, int]:
    """How much no training scene may show, so that the test splits hold nothing that was seen."""
    pairs = sum(holds_out_pair(a, b) for a, b in itertools.combinations(names, 2))
    held = [held_out_cutout(several) for several in source.of_names(names).values()]
    return {
        "pairs of names": pairs,
        "cut-outs": sum(cutout is not None for cutout in held),
        "backgrounds": len(backgrounds(source, "test-backgrounds")),
    }


def number(*words: str) -> int:
    """The same large number for the same words, in every process."""
    digest = hashlib.blake2b("|".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
