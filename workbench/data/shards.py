"""One shard of a region store: two Arrow IPC files of ragged rows, written once, then mapped.

``features-*.arrow`` holds key, boxes, confidence, size and float16 features; ``classes-*.arrow``
the float16 class probabilities, apart because only region-class objectives read them.  Files are
uncompressed: reading a picture is then a view of mapped memory.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pyarrow as pa

from workbench.data.manifest import SCHEMA, ShardFile, StoreError, describe_file, file_names
from workbench.data.stored import Stored

BATCH_PICTURES = 32


class ShardWriter:
    """Writes one shard under temporary names; nothing counts until ``finish`` renames it."""

    def __init__(self, folder: Path, shard: int, feature_size: int, classes: int) -> None:
        self.shard = shard
        self._folder = folder
        self._entries: list[tuple[str, int, bytes]] = []
        self._waiting: list[Stored] = []
        self._schemas = (_features_schema(feature_size), _classes_schema(classes))
        self._partial = [folder / f"{name}.partial" for name in file_names(shard)]
        self._files = [
            pa.ipc.new_file(str(path), schema)
            for path, schema in zip(self._partial, self._schemas, strict=True)
        ]

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, row: Stored) -> None:
        """Add a picture."""
        self._waiting.append(row)
        self._entries.append((row.key, len(row.features), row.digest))
        if len(self._waiting) == BATCH_PICTURES:
            self._write_batch()

    def finish(self) -> tuple[pa.Table, list[ShardFile]]:
        """Close and rename both files; returns manifest rows and the files' checksums."""
        if self._waiting:
            self._write_batch()
        done = []
        for file, path in zip(self._files, self._partial, strict=True):
            file.close()
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
            final = path.with_suffix("")
            path.replace(final)
            done.append(describe_file(final, self.shard))
        keys, counts, digests = zip(*self._entries, strict=True)
        columns = [keys, [self.shard] * len(keys), range(len(keys)), counts, digests]
        table = pa.table(
            [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA
        )
        return table, done

    def abandon(self) -> None:
        """Close and delete the unfinished files; never fails, so that the first error is seen."""
        for file, path in zip(self._files, self._partial, strict=True):
            with contextlib.suppress(OSError, pa.ArrowException):
                file.close()
            path.unlink(missing_ok=True)

    def _write_batch(self) -> None:
        rows, self._waiting = self._waiting, []
        starts = np.zeros(len(rows) + 1, np.int32)
        np.cumsum([len(r.features) for r in rows], out=starts[1:])

        def ragged(name: str, schema: pa.Schema) -> pa.ListArray:
            return _ragged(starts, [getattr(r, name) for r in rows], schema.field(name).type)

        features, classes = self._schemas
        columns = [
            pa.array([r.key for r in rows]),
            pa.FixedSizeListArray.from_arrays(np.concatenate([r.size for r in rows]), 2),
            *(ragged(name, features) for name in ("boxes", "confidence", "features")),
        ]
        self._files[0].write_batch(pa.record_batch(columns, schema=features))
        self._files[1].write_batch(pa.record_batch([ragged("classes", classes)], schema=classes))


class ShardReader:
    """A finished shard, memory-mapped; every array handed out is a view of the file."""

    def __init__(self, folder: Path, shard: int, feature_size: int, classes: int) -> None:
        self.shard = shard
        self._files = []
        schemas = (_features_schema(feature_size), _classes_schema(classes))
        for name, schema in zip(file_names(shard), schemas, strict=True):
            try:
                opened = pa.ipc.open_file(_mapped(folder / name))
            except (pa.ArrowException, OSError) as error:
                raise StoreError(
                    f"shard {shard} of {folder} is damaged: {name} is not a whole Arrow IPC file "
                    f"({error}). Copy it again, or drop the shard with RegionStore.repair(folder)"
                ) from error
            if opened.schema != schema:
                raise StoreError(
                    f"shard {shard} of {folder}: {name} holds {opened.schema.names} "
                    f"{opened.schema.types}, expected {schema.names} {schema.types}"
                )
            self._files.append(opened)
        self._views: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}

    def stored(self, number: int) -> Stored:
        """The picture at this row of the shard, as views."""
        found = self._batch(0, number // BATCH_PICTURES)["key"][number % BATCH_PICTURES].as_py()
        names = ("features", "boxes", "confidence", "classes")
        columns = {name: self.column(name, number) for name in names}
        return Stored(key=found, size=self.size(number), **columns)

    def column(self, name: str, number: int) -> np.ndarray:
        """One ragged column (features, boxes, confidence, classes) of one picture, as a view."""
        batch, within = divmod(number, BATCH_PICTURES)
        view = self._views.get((name, batch))
        if view is None:
            column = self._batch(int(name == "classes"), batch)[name]
            view = (column.offsets.to_numpy(), _flat(column.values))
            self._views[name, batch] = view
        starts, values = view
        return values[starts[within] : starts[within + 1]]

    def size(self, number: int) -> np.ndarray:
        """Width and height in pixels of one picture."""
        batch, within = divmod(number, BATCH_PICTURES)
        view = self._views.get(("size", batch))
        if view is None:
            values = _flat(self._batch(0, batch)["size"])
            view = self._views["size", batch] = (values, values)
        return view[0][within]

    def _batch(self, file: int, batch: int) -> pa.RecordBatch:
        return self._files[file].get_batch(batch)


def _mapped(path: Path) -> pa.BufferReader:
    """The file's bytes as mapped memory, without a file handle kept for each of many shards."""
    with pa.memory_map(str(path)) as file:
        return pa.BufferReader(file.read_buffer())


def _features_schema(feature_size: int) -> pa.Schema:
    return pa.schema(
        [
            ("key", pa.string()),
            ("size", pa.list_(pa.float32(), 2)),
            ("boxes", pa.list_(pa.list_(pa.float32(), 4))),
            ("confidence", pa.list_(pa.float32())),
            ("features", pa.list_(pa.list_(pa.float16(), feature_size))),
        ]
    )


def _classes_schema(classes: int) -> pa.Schema:
    return pa.schema([("classes", pa.list_(pa.list_(pa.float16(), classes)))])


def _ragged(starts: np.ndarray, parts: list[np.ndarray], kind: pa.DataType) -> pa.ListArray:
    values = pa.array(np.concatenate(parts).reshape(-1))
    if pa.types.is_fixed_size_list(kind.value_type):
        values = pa.FixedSizeListArray.from_arrays(values, type=kind.value_type)
    return pa.ListArray.from_arrays(pa.array(starts), values, type=kind)


def _flat(values: pa.Array) -> np.ndarray:
    """Arrow values as a NumPy view, [rows, width] for fixed-size lists."""
    if not pa.types.is_fixed_size_list(values.type):
        return values.to_numpy()
    return values.flatten().to_numpy().reshape(len(values), values.type.list_size)
