"""The native region store: a folder of memory-mapped Arrow shards under a checksummed manifest.

Written once per picture, read a thousand times: float16 features, float32 boxes, no compression
(measured against ten other formats in the project's data-plane study).  A picture counts from the
moment the manifest names it, and the manifest is replaced whole after a shard is finished, so a
crash costs at most the shard being written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from workbench.data.foreign import recognise
from workbench.data.integrity import check_lengths, damage, damaged_shards, lock, repair
from workbench.data.manifest import (
    DESCRIPTION,
    SCHEMA,
    Manifest,
    StoreError,
    StoreWriteError,
    read_description,
    read_manifest,
    write_description,
    write_manifest,
)
from workbench.data.shards import ShardReader, ShardWriter
from workbench.data.stored import Stored
from workbench.pairs import Offsets, Regions

SHARD_PICTURES = 512


class RegionStore:
    """Pictures as bags of regions, by key; ``create`` or ``open(append=True)`` to write."""

    def __init__(self, folder: Path, writable: bool, shard_pictures: int) -> None:
        description = read_description(folder)
        self.folder = folder
        self.feature_size: int = description["feature_size"]
        self.classes: int = description["classes"]
        self._shard_pictures = shard_pictures
        self._writer: ShardWriter | None = None
        self._readers: dict[int, ShardReader] = {}
        self._pending: dict[str, int] = {}
        self._lock = lock(folder) if writable else None
        try:
            manifest = read_manifest(folder)
            check_lengths(folder, manifest)
        except StoreError:
            self._release()
            raise
        self._manifest = manifest
        self._index: dict[str, int] = {}
        self._places = np.zeros((0, 3), np.int32)
        self._learn(manifest.table)
        if writable:
            for leftover in folder.glob("*.partial"):
                leftover.unlink()

    @classmethod
    def create(
        cls,
        folder: Path | str,
        feature_size: int,
        classes: int,
        shard_pictures: int = SHARD_PICTURES,
    ) -> RegionStore:
        """A new, empty store open for appending; raises ``StoreError`` where something lies.

        ``shard_pictures`` is how many a crash can cost, and the unit of copying and repairing.
        """
        if feature_size < 1 or classes < 1:
            raise StoreError(
                f"a region has 1 feature and 1 class or more, not {feature_size} and {classes}; "
                "where no detector told classes, keep one column of ones"
            )
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file ({recognise(folder)}): name a new folder")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreWriteError(
                f"cannot make {folder} ({error}): name a folder that you may write to"
            ) from error
        if (folder / DESCRIPTION).exists():
            raise StoreError(
                f"{folder} already holds a region store: continue it with "
                "RegionStore.open(folder, append=True), or name a new folder"
            )
        if any(folder.iterdir()):
            raise StoreError(f"{folder} is not empty, {recognise(folder)}: name a new folder")
        write_manifest(folder, Manifest(SCHEMA.empty_table(), ()))
        write_description(folder, feature_size, classes)
        return cls(folder, True, shard_pictures)

    @classmethod
    def open(
        cls, folder: Path | str, append: bool = False, shard_pictures: int = SHARD_PICTURES
    ) -> RegionStore:
        """An existing store; raises ``StoreError`` saying what is damaged or what it saw."""
        return cls(Path(folder), append, shard_pictures)

    def __reduce__(self):
        if self._lock is not None:
            raise TypeError("a region store open for appending cannot go to another process")
        return RegionStore.open, (self.folder,)

    def __enter__(self) -> RegionStore:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._index) + len(self._pending)

    def __contains__(self, key: str) -> bool:
        return key in self._index or key in self._pending

    @property
    def keys(self) -> tuple[str, ...]:
        """Every picture, in the order of appending."""
        return (*self._index, *self._pending)

    def counts(self, keys: Sequence[str] | None = None) -> list[int]:
        """Regions of these pictures (of all, if None), without touching a shard."""
        self.flush()
        if keys is None:
            return self._places[:, 2].tolist()
        return [int(self._find(key)[2]) for key in keys]

    def read(self, keys: Sequence[str], classes: bool = True) -> Regions:
        """These pictures as one bag, float32, in this order, repeats allowed.

        Without ``classes`` the class file stays untouched and ``Regions.classes`` is [R, 0].
        Raises ``KeyError`` for an unknown key.
        """
        self.flush()
        places = [self._find(key) for key in keys]
        rows = [(self._reader(shard), row) for shard, row, _ in places]

        def column(name: str, empty: np.ndarray) -> torch.Tensor:
            parts = [reader.column(name, row) for reader, row in rows]
            return torch.from_numpy(np.concatenate([empty, *parts])).float()

        width = self.classes if classes else 0
        offsets = Offsets.from_lengths([count for _, _, count in places])
        sizes = np.array([reader.size(row) for reader, row in rows], np.float32)
        return Regions(
            features=column("features", np.zeros((0, self.feature_size), np.float16)),
            boxes=column("boxes", np.zeros((0, 4), np.float32)),
            confidence=column("confidence", np.zeros(0, np.float32)),
            classes=column("classes", np.zeros((0, width), np.float16))
            if classes
            else torch.zeros(offsets.rows, 0),
            sizes=torch.from_numpy(sizes.reshape(-1, 2)),
            offsets=offsets,
        )

    def append(self, key: str, regions: Regions) -> None:
        """Add one picture (P = 1); raises ``StoreError`` naming key and row of what is wrong."""
        if self._lock is None:
            raise StoreError(
                f"{self.folder} is open for reading: use RegionStore.open(folder, append=True)"
            )
        if key in self:
            raise StoreError(f"{self.folder} already holds a picture {key!r}: keys are unique")
        picture = Stored.from_regions(key, regions, self.feature_size, self.classes)
        try:
            if self._writer is None:
                sizes = (self.feature_size, self.classes)
                self._writer = ShardWriter(self.folder, self._manifest.next_shard, *sizes)
            self._writer.append(picture)
        except OSError as error:
            raise self._give_up(error) from error
        self._pending[key] = len(picture.features)
        if len(self._writer) >= self._shard_pictures:
            self.flush()

    def flush(self) -> None:
        """Finish the shard being written and put it on record."""
        if self._writer is None:
            return
        try:
            table, files = self._writer.finish()
            manifest = self._manifest.add(table, files)
            write_manifest(self.folder, manifest)
        except OSError as error:
            raise self._give_up(error) from error
        self._writer = None
        self._pending = {}
        self._manifest = manifest
        self._learn(table)

    def _give_up(self, error: OSError) -> StoreWriteError:
        """Forget the unfinished shard; what was on record before stays as it is."""
        lost, self._pending = len(self._pending), {}
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()
        return StoreWriteError(
            f"cannot write to {self.folder} ({error}): the last {lost} pictures were not kept, "
            f"the {len(self)} before them are safe. Make room or allow writing, then continue "
            "with RegionStore.open(folder, append=True)"
        )

    def close(self) -> None:
        """Finish what was appended and let others write; reading stays possible."""
        self.flush()
        self._release()

    def fingerprint(self) -> str:
        """sha256 of all contents: equal for equal pictures, however ordered and sharded."""
        self.flush()
        table = self._manifest.table
        found = hashlib.sha256(f"{self.feature_size} {self.classes}".encode())
        # The key is part of each digest.
        for digest in sorted(table["digest"].to_pylist()):
            found.update(digest)
        return found.hexdigest()

    def verify(self) -> None:
        """Compare every file with its sha256; raises ``StoreError`` naming shard and rows."""
        self.flush()
        for shard in sorted(damaged_shards(self.folder, self._manifest)):
            raise StoreError(damage(self.folder, self._manifest, self._reader(shard)))

    @classmethod
    def repair(cls, folder: Path | str) -> tuple[str, ...]:
        """Drop every damaged shard; returns the keys of the pictures to extract again."""
        return repair(Path(folder))

    def _learn(self, table: pa.Table) -> None:
        """Take up where these pictures lie: shard, row and number of regions of each."""
        places = np.stack([table[name].to_numpy() for name in ("shard", "row", "count")], axis=1)
        for key in table["key"].to_pylist():
            self._index[key] = len(self._index)
        self._places = np.concatenate([self._places, places])

    def _reader(self, shard: int) -> ShardReader:
        if shard not in self._readers:
            sizes = (self.feature_size, self.classes)
            self._readers[shard] = ShardReader(self.folder, shard, *sizes)
        return self._readers[shard]

    def _find(self, key: str) -> tuple[int, int, int]:
        if key not in self._index:
            raise KeyError(
                f"no picture {key!r} among the {len(self)} of {self.folder}: extract it first"
            )
        return tuple(self._places[self._index[key]].tolist())

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None
