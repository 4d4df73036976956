"""Weights files of others, read without running anything in them and written back as they were.

Known are PyTorch's (``.bin``, ``.pt``, ``.pth``), ``.safetensors``, NumPy's ``.npz`` and a Paddle
folder with one file per variable.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.weights.paddle import decode, encode
from workbench.weights.table import State

TORCH = (".bin", ".pt", ".pth")
NESTS = ("model_state_dict", "model_state", "state_dict")
"""Keys under which training programs put the weights beside other things."""
PARALLEL = "module."
_OLD_NAMES = ((re.compile(r"\bgamma$"), "weight"), (re.compile(r"\bbeta$"), "bias"))


@dataclass(frozen=True)
class Packaging:
    """How a file held its weights: enough to write it again with the same names in the same order.

    ``order`` are the file's own names; ``nest`` the key they were under; ``renamed`` maps the
    names we give to those of the file, where they differ.
    """

    order: tuple[str, ...]
    nest: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that ``read`` gave, in the file's order."""
        given = {name: new for new, name in self.renamed.items()}
        return tuple(given.get(name, name) for name in self.order)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Packaging:
        """Undoes ``as_json``."""
        return cls(tuple(plain["order"]), plain["nest"], dict(plain["renamed"]))


@dataclass(frozen=True)
class Opened:
    """Weights by the names that tables know, how they were packaged, and what was changed."""

    state: State
    packaging: Packaging
    notes: tuple[str, ...]


def read(path: str | Path) -> Opened:
    """The weights in ``path``, whose ending says the format; a folder is Paddle's.

    An outer key (``model_state_dict``, …), a leading ``module.`` and the old names gamma and beta
    are taken away and noted.  Raises ``ValueError`` saying what a file is and what to do.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"there is no {path}")
    if path.is_dir():
        return _tidied(_read_paddle(path), None, ())
    if path.suffix in TORCH:
        return _tidied(*_unnested(_read_torch(path), path))
    if path.suffix == ".safetensors":
        return _tidied(_read_safetensors(path), None, ())
    if path.suffix == ".npz":
        return _tidied(_read_npz(path), None, ())
    raise ValueError(
        f"{path} ends in none of {', '.join((*TORCH, '.safetensors', '.npz'))} and is no folder "
        "of Paddle variables; rename it if it is one of these, or save the weights as safetensors"
    )


def write(path: str | Path, state: Mapping[str, Tensor], packaging: Packaging) -> None:
    """Writes weights in the format that the ending of ``path`` names (none: a Paddle folder).

    Names, order and nesting are those of ``packaging``; undoes ``read``.
    """
    path = Path(path)
    named = {packaging.renamed.get(name, name): tensor for name, tensor in state.items()}
    missing = [name for name in packaging.order if name not in named]
    added = [name for name in named if name not in set(packaging.order)]
    if missing or added:
        raise ValueError(f"the weights do not fill the file: missing {missing}, added {added}")
    named = {name: named[name].contiguous() for name in packaging.order}
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in TORCH:
        torch.save(named if packaging.nest is None else {packaging.nest: named}, path)
    elif path.suffix == ".safetensors":
        own = {name: tensor.clone() for name, tensor in named.items()}
        save_file(own, path, {"format": "pt"})
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {name: tensor.numpy() for name, tensor in named.items()}
        with path.open("wb") as out:
            np.savez(out, **arrays)
    elif path.suffix == "":
        if outside := [name for name in named if Path(name).name != name]:
            raise ValueError(f"not names of files in {path}: {', '.join(outside)}")
        path.mkdir(exist_ok=True)
        for name, tensor in named.items():
            (path / name).write_bytes(encode(tensor, name))
    else:
        raise ValueError(f"cannot write {path}: its ending names no format of weights")


def _read_torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as problem:
        reason = str(problem).strip().splitlines()
        raise ValueError(
            f"{path} holds more than weights, and reading the rest could run code: "
            f"{next((line for line in reason if 'GLOBAL' in line), reason[0])}; in a place where "
            "nothing can be harmed, save only its tensors (a dictionary of names) and convert that"
        ) from None
    except (RuntimeError, EOFError, BadZipFile) as problem:
        raise ValueError(f"{path} is not a whole PyTorch file: {problem}") from None


def _unnested(found: Any, path: Path) -> tuple[State, str | None, tuple[str, ...]]:
    """The weights in what a PyTorch file held, the key they were under, and notes."""
    nest = None
    if isinstance(found, dict):
        nest = next((key for key in NESTS if isinstance(found.get(key), dict)), None)
    outer, found = found, found if nest is None else found[nest]
    if not isinstance(found, dict) or not any(isinstance(v, Tensor) for v in found.values()):
        keys = list(found)[:5] if isinstance(found, dict) else type(found).__name__
        raise ValueError(
            f"{path} holds no dictionary of tensors, nor one under {', '.join(NESTS)}, but {keys}"
        )
    notes = []
    if nest is not None:
        notes.append(f"the weights were under {nest!r}")
        if beside := [str(key) for key in outer if key != nest]:
            notes.append(f"not weights, left behind: {', '.join(beside)}")
    if other := [str(key) for key, value in found.items() if not isinstance(value, Tensor)]:
        notes.append(f"not tensors, left behind: {', '.join(other)}")
    state = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    return state, nest, tuple(notes)


def _read_safetensors(path: Path) -> State:
    try:
        return load_file(path)
    except SafetensorError as problem:
        raise ValueError(f"{path} is not a whole safetensors file: {problem}") from None


def _read_npz(path: Path) -> State:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    except (ValueError, TypeError, BadZipFile, OSError) as problem:
        raise ValueError(
            f"{path} is not an archive of plain number arrays: {problem}; pickled objects are "
            "never read, save the arrays themselves with numpy.savez"
        ) from None


def _read_paddle(folder: Path) -> State:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if not files:
        raise ValueError(f"{folder} has no files; a Paddle checkpoint has one per variable")
    return {path.name: decode(path.read_bytes(), str(path)) for path in files}


def _tidied(state: State, nest: str | None, notes: tuple[str, ...]) -> Opened:
    parallel = bool(state) and all(name.startswith(PARALLEL) for name in state)
    tidy, renamed, aged = {}, {}, 0
    for name, tensor in state.items():
        short = name.removeprefix(PARALLEL) if parallel else name
        new = short
        for old, modern in _OLD_NAMES:
            new = old.sub(modern, new)
        aged += new != short
        if new in tidy:
            raise ValueError(f"two tensors would be called {new}: {renamed.get(new, new)}, {name}")
        tidy[new] = tensor
        if new != name:
            renamed[new] = name
    found = [*notes]
    if parallel:
        found.append(f"the leading {PARALLEL!r} of {len(state)} names was taken away")
    if aged:
        found.append(f"{aged} names ending in gamma or beta became weight or bias")
    return Opened(tidy, Packaging(tuple(state), nest, renamed), tuple(found))
