"""Where chance comes from: a number from (seed, step, purpose), never a global state.

A resumed run therefore repeats exactly what an uninterrupted one does, without saved states.
"""

from __future__ import annotations

import hashlib

import torch


def seed_of(seed: int, step: int, purpose: str, shard: int = 0) -> int:
    """A 63-bit seed that differs for every seed, step, purpose and shard of the batch."""
    text = f"{seed}/{step}/{purpose}/{shard}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1


def generator(seed: int, step: int, purpose: str, shard: int = 0) -> torch.Generator:
    """A generator on the CPU, fresh for this step and purpose."""
    return torch.Generator().manual_seed(seed_of(seed, step, purpose, shard))


def fingerprint(seed: int, step: int) -> int:
    """The first draw of a step: kept with a checkpoint to notice if torch draws differently."""
    rng = generator(seed, step, "objective")
    return int(torch.randint(2**62, (), generator=rng))
