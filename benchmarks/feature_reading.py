"""Reading region features: the native store against the two formats people bring along.

    python benchmarks/feature_reading.py            (about 20 seconds)

All peers hold the same pictures (10 to 36 regions, 1,280 float16 features that are mostly zero,
91 class probabilities) and answer the same question: 64 random pictures as packed float32
tensors.  They are measured in turns in one process, the best turn counts, and only the ratios are
meant to travel from machine to machine.  ``npz`` is one compressed file a picture; ``LMDB`` is
UNITER's way, msgpack with compressed arrays inside one database.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import lmdb
import msgpack
import numpy as np
import torch

from workbench.data.store import RegionStore
from workbench.pairs import Offsets, Regions

PICTURES = 600
BATCH = 64
TURNS = 4
FIELDS = ("features", "boxes", "confidence", "classes", "size")
Reader = Callable[[Sequence[str]], tuple[torch.Tensor, ...]]


def picture(seed: int) -> dict[str, np.ndarray]:
    """One picture's regions, like those of the default extractor."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(10, 37))
    features = rng.gamma(0.5, 1.0, (count, 1280)) * (rng.random((count, 1280)) < 0.3)
    corner = rng.random((count, 2)) * 0.5
    return {
        "features": features.astype(np.float16),
        "boxes": np.hstack([corner, corner + 0.3]).astype(np.float32),
        "confidence": rng.random(count).astype(np.float32),
        "classes": rng.dirichlet(np.full(91, 0.05), count).astype(np.float16),
        "size": np.array([320, 256], np.float32),
    }


def packed(parts: list[dict[str, np.ndarray]]) -> tuple[torch.Tensor, ...]:
    """What a batch needs: every field of all pictures end to end, float32."""
    return tuple(
        torch.from_numpy(np.concatenate([p[name].reshape(-1) for p in parts])).float()
        for name in FIELDS
    )


def native(folder: Path, pictures: dict[str, dict[str, np.ndarray]]) -> Reader:
    """Write and open a region store."""
    with RegionStore.create(folder, 1280, 91) as store:
        for key, p in pictures.items():
            tensors = {name: torch.from_numpy(p[name]).float() for name in FIELDS[:4]}
            sizes = torch.from_numpy(p["size"])[None]
            offsets = Offsets.from_lengths([len(p["boxes"])])
            store.append(key, Regions(**tensors, sizes=sizes, offsets=offsets))
    store = RegionStore.open(folder)

    def read(keys: Sequence[str]) -> tuple[torch.Tensor, ...]:
        r = store.read(keys)
        found = (r.features, r.boxes, r.confidence, r.classes, r.sizes)
        return tuple(tensor.flatten() for tensor in found)

    return read


def npz(folder: Path, pictures: dict[str, dict[str, np.ndarray]]) -> Reader:
    """Write one npz file a picture."""
    folder.mkdir()
    for key, p in pictures.items():
        np.savez_compressed(folder / f"{key}.npz", **p)

    def read(keys: Sequence[str]) -> tuple[torch.Tensor, ...]:
        return packed([dict(np.load(folder / f"{key}.npz")) for key in keys])

    return read


def npz_plain(folder: Path, pictures: dict[str, dict[str, np.ndarray]]) -> Reader:
    """Write one uncompressed npz file a picture."""
    folder.mkdir()
    for key, p in pictures.items():
        np.savez(folder / f"{key}.npz", **p)

    def read(keys: Sequence[str]) -> tuple[torch.Tensor, ...]:
        return packed([dict(np.load(folder / f"{key}.npz")) for key in keys])

    return read


def lmdb_msgpack(folder: Path, pictures: dict[str, dict[str, np.ndarray]]) -> Reader:
    """Write an LMDB of msgpack maps with compressed arrays."""
    database = lmdb.open(str(folder), map_size=4 << 30)
    with database.begin(write=True) as transaction:
        for key, p in pictures.items():
            stream = io.BytesIO()
            np.savez_compressed(stream, **p)
            transaction.put(key.encode(), msgpack.packb({"npz": stream.getvalue()}))

    def read(keys: Sequence[str]) -> tuple[torch.Tensor, ...]:
        with database.begin(buffers=True) as transaction:
            stored = [msgpack.unpackb(transaction.get(key.encode()))["npz"] for key in keys]
        return packed([dict(np.load(io.BytesIO(data))) for data in stored])

    return read


def lmdb_plain(folder: Path, pictures: dict[str, dict[str, np.ndarray]]) -> Reader:
    """Write an LMDB of msgpack maps with raw bytes."""
    database = lmdb.open(str(folder), map_size=4 << 30)
    with database.begin(write=True) as transaction:
        for key, p in pictures.items():
            raw = {n: (a.dtype.str, a.shape, a.tobytes()) for n, a in p.items()}
            transaction.put(key.encode(), msgpack.packb(raw))

    def array(kind: str, shape: list[int], data: bytes) -> np.ndarray:
        return np.frombuffer(data, kind).reshape(shape)

    def read(keys: Sequence[str]) -> tuple[torch.Tensor, ...]:
        with database.begin(buffers=True) as transaction:
            maps = [msgpack.unpackb(transaction.get(key.encode())) for key in keys]
        return packed([{n: array(*entry) for n, entry in m.items()} for m in maps])

    return read


PEERS = {
    "native store": native,
    "LMDB + msgpack, raw": lmdb_plain,
    "LMDB + msgpack, compressed (UNITER)": lmdb_msgpack,
    "npz a picture": npz_plain,
    "npz a picture, compressed": npz,
}


def measure(readers: dict[str, Reader], keys: list[str]) -> dict[str, float]:
    """Pictures a second of every reader, the best of some turns taken in alternation."""
    best = dict.fromkeys(readers, 0.0)
    order = np.random.default_rng(0).permutation(keys)
    batches = [order[i : i + BATCH] for i in range(0, len(keys) - BATCH + 1, BATCH)]
    for _ in range(TURNS):
        for name, read in readers.items():
            started = time.perf_counter()
            for batch in batches:
                read(batch.tolist())
            speed = len(batches) * BATCH / (time.perf_counter() - started)
            best[name] = max(best[name], speed)
    return best


def main() -> None:
    """Write every format, check that all read the same, and print the table."""
    torch.set_num_threads(1)
    pictures = {f"picture-{i:06d}": picture(i) for i in range(PICTURES)}
    keys = list(pictures)
    with tempfile.TemporaryDirectory() as place:
        readers, sizes = {}, {}
        for number, (name, write) in enumerate(PEERS.items()):
            folder = Path(place) / str(number)
            readers[name] = write(folder, pictures)
            sizes[name] = sum(f.stat().st_blocks * 512 for f in folder.rglob("*")) / 1e6
        expected = packed([pictures[key] for key in keys[:BATCH]])
        for name, read in readers.items():
            for found, wanted in zip(read(keys[:BATCH]), expected, strict=True):
                if not torch.equal(found, wanted):
                    raise AssertionError(f"{name} does not read what was written")
        speeds = measure(readers, keys)
    print(f"{PICTURES} pictures, random batches of {BATCH}, one thread, page cache warm")
    print(f"{'':38s}{'pictures/s':>12s}{'native is':>12s}{'MB':>8s}")
    for name, speed in speeds.items():
        ratio = speeds["native store"] / speed
        print(f"{name:38s}{speed:12,.0f}{ratio:11.1f}x{sizes[name]:8.0f}")


if __name__ == "__main__":
    main()
