"""Recognising region features in somebody else's format, by name or by the first bytes."""

from __future__ import annotations

from pathlib import Path

_BY_FIRST_BYTES = (
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"PK\x03\x04", "npz (a zip archive)"),
    (b"\x93NUMPY", "npy"),
    (b"ARROW1", "an Arrow IPC file"),
    (b"PAR1", "Parquet"),
    (b"\x80\x04", "a Python pickle, which is never opened"),
    (b"\x80\x02", "a Python pickle, which is never opened"),
)
_BY_NAME = {
    "data.mdb": "an LMDB data.mdb",
    ".tsv": "a TSV of base64 rows (bottom-up attention)",
    ".h5": "HDF5",
    ".hdf5": "HDF5",
    ".npz": "npz",
    ".npy": "npy",
    ".tar": "tar shards (WebDataset)",
    ".lance": "Lance",
    ".safetensors": "safetensors",
}


def recognise(path: Path) -> str:
    """In words, what a file or folder looks like that is not a region store."""
    if not path.exists():
        return "there is nothing at that path"
    if path.is_file():
        return f"it looks like {_format_of(path) or 'a file of unknown format'}"
    entries = sorted(path.iterdir())
    if not entries:
        return "the folder is empty"
    for entry in entries:
        found = _format_of(entry)
        if found:
            return f"it looks like {found} ({entry.name})"
    return f"it holds {len(entries)} other files, the first is {entries[0].name}"


def _format_of(path: Path) -> str | None:
    named = _BY_NAME.get(path.name) or _BY_NAME.get(path.suffix)
    if named or not path.is_file():
        return named
    with path.open("rb") as stream:
        start = stream.read(16)
    return next((name for first, name in _BY_FIRST_BYTES if start.startswith(first)), None)
