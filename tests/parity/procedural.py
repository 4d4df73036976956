"""Large random tensors of a golden case that are drawn again from its JSON instead of stored."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
import torch
from torch import Tensor


def _drawn(item: dict[str, Any]) -> np.ndarray:
    seed = (item["seed"] * 1000003 + zlib.crc32(item["name"].encode())) % 2**32
    normal = np.random.RandomState(seed).standard_normal(item["shape"])
    values = (item["loc"] + item["scale"] * normal).astype(np.float32)
    return np.abs(values) if item.get("abs") else values


def procedural_tensors(facts: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors under ``procedural`` by name, each held to the checksum beside its recipe."""
    made = {}
    for name, recipe in facts.get("procedural", {}).items():
        items = recipe.get("items")
        values = np.stack([_drawn(item) for item in items]) if items else _drawn(recipe)
        checksum = hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
        assert checksum == recipe["sha256"], f"{name} came out differently from its recipe"
        made[name] = torch.from_numpy(values)
    return made
