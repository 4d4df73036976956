"""What a region store knows about itself: its description, its manifest and foreign formats."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import compute, parquet

FORMAT = "vl-workbench regions"
VERSION = 1
DESCRIPTION = "store.json"
MANIFEST = "manifest.parquet"

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("shard", pa.int32()),
        ("row", pa.int32()),
        ("count", pa.int32()),
        ("digest", pa.binary(32)),
    ]
)


class StoreError(ValueError):
    """A region store, or regions for it, that are not as they must be."""


class StoreWriteError(OSError):
    """The disk refused: full, read-only or gone; nothing that was on record is lost."""


@dataclass(frozen=True)
class ShardFile:
    """One file of a shard as it was when it was finished; ``size`` in bytes."""

    shard: int
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Which picture lies where (``table``) and what every finished file must look like."""

    table: pa.Table
    files: tuple[ShardFile, ...]

    @property
    def next_shard(self) -> int:
        """The first number that no finished shard has (a dropped one leaves a gap)."""
        return 1 + max((file.shard for file in self.files), default=-1)

    def rows_of(self, shard: int) -> list[dict]:
        """Key, row, count and digest of every picture of one shard."""
        return self.table.filter(compute.field("shard") == shard).to_pylist()

    def add(self, table: pa.Table, files: list[ShardFile]) -> Manifest:
        """This manifest and one more finished shard."""
        return Manifest(pa.concat_tables([self.table, table]), (*self.files, *files))

    def drop(self, shards: set[int]) -> Manifest:
        """This manifest without these shards."""
        kept = tuple(file for file in self.files if file.shard not in shards)
        return Manifest(self.table.filter(~compute.field("shard").isin(sorted(shards))), kept)


def file_names(shard: int) -> tuple[str, str]:
    """The features file and the classes file of a shard."""
    return f"features-{shard:05d}.arrow", f"classes-{shard:05d}.arrow"


def describe_file(path: Path, shard: int) -> ShardFile:
    """The file's length and sha256."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ShardFile(shard, path.name, path.stat().st_size, digest)


def write_description(folder: Path, feature_size: int, classes: int) -> None:
    """Write ``store.json``, which makes a folder a store."""
    text = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "feature_size": feature_size,
            "classes": classes,
        },
        indent=2,
    )
    _replace(folder / DESCRIPTION, lambda path: path.write_text(text, encoding="utf-8"))


def read_description(folder: Path) -> dict:
    """Read ``store.json``; raises ``StoreError`` naming what the folder is instead."""
    path = folder / DESCRIPTION
    if not path.is_file():
        raise StoreError(
            f"{folder} is not a region store: {recognise(folder)}. A region store is a folder "
            f"with {DESCRIPTION}, {MANIFEST} and Arrow shards; make one with RegionStore.create"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        name, version = found["format"], found["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} cannot be read as the description of a region store ({error}): "
            "restore it from a copy or extract the regions again"
        ) from error
    if name != FORMAT or version != VERSION:
        raise StoreError(
            f"{path} says format {name!r} version {version!r}, expected {FORMAT!r} version "
            f"{VERSION}: open it with the workbench that wrote it, or extract the regions again"
        )
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step; a reader sees the old one or the new one."""
    files = json.dumps([[f.shard, f.name, f.size, f.sha256] for f in manifest.files])
    table = manifest.table.replace_schema_metadata({"files": files})
    _replace(folder / MANIFEST, lambda path: parquet.write_table(table, path))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest; raises ``StoreError`` when it is missing or damaged."""
    path = folder / MANIFEST
    if not path.is_file():
        raise StoreError(
            f"{folder} has a {DESCRIPTION} but no {MANIFEST}, which lists its pictures: restore "
            "it from a copy or extract the regions again"
        )
    try:
        table = parquet.read_table(path)
        recorded = json.loads(table.schema.metadata[b"files"])
        files = tuple(ShardFile(*entry) for entry in recorded)
        return Manifest(table.replace_schema_metadata(None).cast(SCHEMA), files)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} is damaged ({type(error).__name__}: {error}): restore it from a copy or "
            "extract the regions again"
        ) from error


def check_lengths(folder: Path, manifest: Manifest) -> None:
    """Raise ``StoreError`` naming the first finished file that is missing or cut short."""
    for file in manifest.files:
        path = folder / file.name
        size = path.stat().st_size if path.is_file() else None
        if size == file.size:
            continue
        seen = "is missing" if size is None else f"has {size:,} bytes instead of {file.size:,}"
        rows = manifest.rows_of(file.shard)
        raise StoreError(
            f"shard {file.shard} of {folder} is damaged: {file.name} {seen}, so its {len(rows)} "
            f"pictures ({rows[0]['key']} to {rows[-1]['key']}) cannot be read. {REMEDY}"
        )


def damaged_shards(folder: Path, manifest: Manifest) -> set[int]:
    """Shards with a file that is missing or has another sha256 than when it was written."""
    return {
        file.shard
        for file in manifest.files
        if not (folder / file.name).is_file()
        or describe_file(folder / file.name, file.shard) != file
    }


REMEDY = (
    "Copy that file again, or drop the shard with RegionStore.repair(folder) and extract its "
    "pictures again"
)


def _replace(path: Path, write) -> None:
    """Write beside ``path``, flush to the disk, then take its place atomically."""
    beside = path.with_name(path.name + ".new")
    write(beside)
    with beside.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(beside, path)


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
