"""Golden numbers of the original implementations, and their padded inputs as packed batches.

A case is a JSON file with a ``kind`` and, beside it, a safetensors file of the same name when it
has tensors.  ``cases`` finds them; ``Golden`` is one of them, read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from tests.parity.procedural import procedural_tensors
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "goldens"
TOLERANCE = {"atol": 5e-5, "rtol": 5e-5}
LOOSE = {"atol": 1e-4, "rtol": 1e-4}
"""For cases produced by other frameworks or versions than ours: VLP and UNIMO."""

_FAMILY_OF_REPOSITORY = {
    "chenrocks/uniter": "uniter",
    "jiasenlu/vilbert_beta": "vilbert",
    "facebookresearch/vilbert-multi-task": "vilbert",
    "luoweizhou/vlp": "vlp",
    "paddlepaddle/research": "unimo",
}
_ACTIVATIONS = {"gelu": F.gelu, "relu": F.relu, "swish": F.silu}


def goldens_folder(given: str | None = None) -> Path:
    """The folder to read: the one given, else ``WORKBENCH_GOLDENS``, else ../shared/goldens."""
    return Path(given or os.environ.get("WORKBENCH_GOLDENS") or BESIDE)


@dataclass(frozen=True)
class Golden:
    """One case: what its JSON says and its tensors by name."""

    path: Path
    facts: dict[str, Any]
    tensors: dict[str, Tensor]

    @classmethod
    def at(cls, path: Path) -> Golden:
        """Reads a case from its JSON file."""
        beside, facts = path.with_suffix(".safetensors"), json.loads(path.read_text())
        stored = load_file(beside) if beside.is_file() else {}
        return cls(path, facts, stored | procedural_tensors(facts))

    @property
    def config(self) -> dict[str, Any]:
        return self.facts["config"]

    def group(self, prefix: str) -> dict[str, Tensor]:
        """Tensors under ``prefix/`` by the rest of their names."""
        start = prefix + "/"
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}

    @property
    def activation(self) -> Callable[[Tensor], Tensor]:
        return _ACTIVATIONS[self.config["hidden_act"]]


@dataclass(frozen=True)
class Case:
    """Where a case is, whose numbers it holds and what they test."""

    path: Path
    family: str
    kind: str

    def __str__(self) -> str:
        return f"{self.family}/{self.path.stem}"


def cases(folder: Path) -> list[Case]:
    """Every case below a folder; JSON files without a kind, or of data on disk, are none."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        within = path.relative_to(folder)
        if path.name == "INDEX.json" or any("ondisk" in part for part in within.parts[:-1]):
            continue
        facts = json.loads(path.read_text())
        if isinstance(facts, dict) and "kind" in facts:
            found.append(Case(path, family_of(facts, path), facts["kind"]))
    return found


def family_of(facts: dict[str, Any], path: Path) -> str:
    """Whose code made a case: said outright, known by its repository, or else by its folder."""
    if "family" in facts:
        return facts["family"]
    repository = (facts.get("upstream") or {}).get("repo", "")
    known = _FAMILY_OF_REPOSITORY.get(repository.lower().removeprefix("github.com/"))
    return known or path.parent.name


def close(ours: Tensor, theirs: Tensor, name: str = "", tolerance: dict | None = None) -> None:
    """Asserts equality within ``TOLERANCE`` (or another), naming what differs."""
    tolerance = tolerance or TOLERANCE
    torch.testing.assert_close(ours, theirs, **tolerance, msg=lambda text: f"{name}: {text}")


def pack(padded: Tensor, lengths: Tensor) -> Tensor:
    """Padded rows [P, longest, ...] laid end to end."""
    return torch.cat([row[: int(n)] for row, n in zip(padded, lengths, strict=True)])


def joint_to_packed(padded: Tensor, text: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
    """The original's compact [text | regions] rows as (packed text, packed regions)."""
    lengths = text.tolist(), regions.tolist()
    rows = list(zip(padded, *lengths, strict=True))
    return (
        torch.cat([row[:t] for row, t, _ in rows]),
        torch.cat([row[t : t + r] for row, t, r in rows]),
    )


def lengths_of(given: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Text and region lengths of a case, from the joint mask and the token ids."""
    text = (given["input_ids"] != 0).sum(1)
    return text, given["attn_masks"].sum(1) - text


def batch_of(
    given: dict[str, Tensor], classes: int = 3, segments: tuple[Tensor, Tensor] | None = None
) -> PairBatch:
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
