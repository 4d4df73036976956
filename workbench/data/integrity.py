"""Keeping a region store whole: one writer at a time, damage found, named and cut out."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from workbench.data.manifest import (
    Manifest,
    StoreError,
    describe_file,
    read_description,
    read_manifest,
    write_manifest,
)
from workbench.data.shards import ShardReader

REMEDY = (
    "Copy that file again, or drop the shard with RegionStore.repair(folder) and extract its "
    "pictures again"
)


def lock(folder: Path) -> FileLock:
    """The only writer's lock; the system frees it when the process ends, however it ends."""
    held = FileLock(folder / "writer.lock")
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise StoreError(
            f"another writer has {folder} open: wait until it closes the store, or write to a "
            "folder of your own"
        ) from None
    return held


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


def damage(folder: Path, manifest: Manifest, reader: ShardReader) -> str:
    """In words, which rows of a shard differ from what was written."""
    rows = manifest.rows_of(reader.shard)
    bad = [row for row in rows if reader.stored(row["row"]).digest != row["digest"]]
    named = ", ".join(f"row {row['row']} ({row['key']})" for row in bad[:5])
    return (
        f"shard {reader.shard} of {folder} is damaged: its sha256 is not the one recorded; "
        f"{len(bad)} of {len(rows)} pictures differ{': ' if bad else ''}{named}. {REMEDY}"
    )


def repair(folder: Path) -> tuple[str, ...]:
    """Take every damaged shard off the record; returns the keys of its pictures."""
    read_description(folder)
    held = lock(folder)
    try:
        manifest = read_manifest(folder)
        damaged = damaged_shards(folder, manifest)
        write_manifest(folder, manifest.drop(damaged))
    finally:
        held.release()
    return tuple(row["key"] for shard in sorted(damaged) for row in manifest.rows_of(shard))
