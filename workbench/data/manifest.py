"""What a region store knows about itself: its description, its manifest and foreign formats."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import compute, parquet

from workbench.data.foreign import recognise

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


def read_description(folder: Path) -> dict[str, int]:
    """The sizes in ``store.json``; raises ``StoreError`` naming what the folder is instead."""
    path = folder / DESCRIPTION
    if not path.is_file():
        raise StoreError(
            f"{folder} is not a region store: {recognise(folder)}. A region store is a folder "
            f"with {DESCRIPTION}, {MANIFEST} and Arrow shards; make one with RegionStore.create"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        name, version = found["format"], found["version"]
        if name == FORMAT and version == VERSION:
            found = {size: int(found[size]) for size in ("feature_size", "classes")}
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


def _replace(path: Path, write) -> None:
    """Write beside ``path``, flush to the disk, then take its place atomically."""
    beside = path.with_name(path.name + ".new")
    write(beside)
    with beside.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(beside, path)
