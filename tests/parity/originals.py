"""Golden numbers of the original implementations, and their padded inputs as packed batches."""

import json
import os
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from workbench.pairs import Offsets, PairBatch, Regions, TextTokens

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "goldens"
GOLDENS = Path(os.environ.get("WORKBENCH_GOLDENS", BESIDE))
TOLERANCE = {"atol": 5e-5, "rtol": 5e-5}


class Golden:
    """One case: its configuration and its tensors by group."""

    def __init__(self, family: str, case: str) -> None:
        path = GOLDENS / family / f"{case}.json"
        if not path.is_file():
            pytest.skip(f"no golden {family}/{case}; set WORKBENCH_GOLDENS to the goldens folder")
        self.facts = json.loads(path.read_text())
        self.tensors = load_file(path.with_suffix(".safetensors"))

    @property
    def config(self) -> dict:
        return self.facts["config"]

    def group(self, prefix: str) -> dict[str, torch.Tensor]:
        """Tensors under ``prefix/`` by the rest of their names."""
        start = prefix + "/"
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}

    @property
    def activation(self):
        return {"gelu": F.gelu, "relu": F.relu}[self.config["hidden_act"]]


def pack(padded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    return torch.cat([row[: int(n)] for row, n in zip(padded, lengths, strict=True)])


def joint_to_packed(padded: torch.Tensor, text: torch.Tensor, regions: torch.Tensor):
    """The original's compact [text | regions] rows as (packed text, packed regions)."""
    lengths = text.tolist(), regions.tolist()
    rows = list(zip(padded, *lengths, strict=True))
    return (
        torch.cat([row[:t] for row, t, _ in rows]),
        torch.cat([row[t : t + r] for row, t, r in rows]),
    )


def lengths_of(given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Text and region lengths of a case, from the joint mask and the token ids."""
    text = (given["input_ids"] != 0).sum(1)
    return text, given["attn_masks"].sum(1) - text


def batch_of(given: dict[str, torch.Tensor], classes: int = 3, segments=None) -> PairBatch:
    """The packed batch of a padded case; ``classes`` only sizes the unused class columns."""
    text, regions = lengths_of(given)
    ids = pack(given["input_ids"], text)
    positions = torch.cat([torch.arange(int(n)) for n in text])
    features = pack(given["img_feat"], regions)
    hidden = given.get("img_masks")
    text_segments, region_segments = segments if segments is not None else (None, None)
    pairs = len(text)
    return PairBatch(
        Regions(
            features,
            pack(given["img_pos_feat"], regions)[:, :4],
            torch.ones(len(features)),
            torch.zeros(len(features), classes),
            torch.ones(pairs, 2),
            Offsets.from_lengths(regions),
            None if hidden is None else pack(hidden, regions),
            None if region_segments is None else pack(region_segments, regions),
        ),
        TextTokens(
            ids,
            torch.zeros_like(ids) if text_segments is None else pack(text_segments, text),
            positions,
            positions,
            Offsets.from_lengths(text),
        ),
        torch.ones(pairs, dtype=torch.bool),
        tuple(str(i) for i in range(pairs)),
    )
