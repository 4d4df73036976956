"""What a region store does when disks, copies and other programs misbehave."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from pyarrow import parquet

from workbench.data.manifest import StoreError, StoreWriteError
from workbench.data.shards import ShardWriter
from workbench.data.store import RegionStore
from workbench.pairs import Offsets, Regions

F, C = 6, 3


def regions(count: int, seed: int) -> Regions:
    generator = torch.Generator().manual_seed(seed)
    return Regions(
        features=torch.rand(count, F, generator=generator),
        boxes=torch.rand(count, 4, generator=generator).sort(-1).values,
        confidence=torch.rand(count, generator=generator),
        classes=torch.rand(count, C, generator=generator),
        sizes=torch.tensor([[320.0, 256.0]]),
        offsets=Offsets.from_lengths([count]),
    )


@pytest.fixture
def folder(tmp_path):
    """A store of three shards with four pictures each: k0 to k11."""
    with RegionStore.create(tmp_path / "store", F, C) as store:
        for i in range(12):
            store.append(f"k{i}", regions(5, i))
            if i % 4 == 3:
                store.flush()
    return tmp_path / "store"


@pytest.mark.parametrize("name", ["features-00001.arrow", "classes-00001.arrow"])
def test_truncated_shard_is_named_with_its_pictures(folder, name):
    file = folder / name
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(StoreError, match=rf"shard 1 of .*{name} has [\d,]+ bytes instead of .*"
                       r"its 4 pictures \(k4 to k7\).*RegionStore\.repair"):  # fmt: skip
        RegionStore.open(folder)


def test_missing_shard_is_named(folder):
    (folder / "features-00002.arrow").unlink()
    with pytest.raises(StoreError, match=r"shard 2 of .*features-00002\.arrow is missing"):
        RegionStore.open(folder)


def test_changed_numbers_are_found_with_shard_and_row(folder):
    file = folder / "features-00001.arrow"
    data = bytearray(file.read_bytes())
    wanted = regions(5, 6).features.half().numpy().tobytes()
    place = bytes(data).index(wanted)
    data[place + 4] ^= 0xFF
    file.write_bytes(bytes(data))
    store = RegionStore.open(folder)
    with pytest.raises(StoreError, match=r"shard 1 .*1 of 4 pictures differ: row 2 \(k6\)"):
        store.verify()


def test_whole_store_passes(folder):
    RegionStore.open(folder).verify()


def test_file_that_is_no_arrow_any_more_is_named(folder):
    file = folder / "features-00001.arrow"
    file.write_bytes(b"\0" * len(file.read_bytes()))
    with pytest.raises(StoreError, match=r"shard 1 .*features-00001\.arrow is not a whole Arrow"):
        RegionStore.open(folder).read(["k5"])
    with pytest.raises(StoreError, match=r"shard 1 .* is not a whole Arrow"):
        RegionStore.open(folder).verify()


def test_repair_drops_the_damaged_shard_and_names_what_to_extract(folder):
    file = folder / "features-00001.arrow"
    file.write_bytes(file.read_bytes()[:100])
    assert RegionStore.repair(folder) == ("k4", "k5", "k6", "k7")
    with RegionStore.open(folder, append=True) as store:
        assert store.keys == tuple(f"k{i}" for i in (0, 1, 2, 3, 8, 9, 10, 11))
        for i in range(4, 8):
            store.append(f"k{i}", regions(5, i))
    store = RegionStore.open(folder)
    store.verify()
    found = store.read([f"k{i}" for i in range(12)])
    assert torch.equal(found.boxes, Regions.join([regions(5, i) for i in range(12)]).boxes)
    assert RegionStore.repair(folder) == ()


@pytest.mark.parametrize("kept", [0, 10, 400])
def test_damaged_manifest_is_named(folder, kept):
    file = folder / "manifest.parquet"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(StoreError, match=r"manifest\.parquet is damaged"):
        RegionStore.open(folder)


def test_missing_manifest_is_named(folder):
    (folder / "manifest.parquet").unlink()
    with pytest.raises(StoreError, match=r"has a store\.json but no manifest\.parquet"):
        RegionStore.open(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as the description"),
        ("[]", "cannot be read as the description"),
        (json.dumps({"format": "vl-workbench regions", "version": 1}), "'feature_size'"),
        (json.dumps({"format": "other", "version": 1}), "says format 'other' version 1, expected"),
        (json.dumps({"format": "vl-workbench regions", "version": 9}), "version 9, expected"),
    ],
)
def test_foreign_description_is_named(folder, text, message):
    (folder / "store.json").write_text(text)
    with pytest.raises(StoreError, match=message):
        RegionStore.open(folder)


FOREIGN = {
    "data.mdb": (b"\0" * 16 + b"\xde\xc0\xef\xbe", "an LMDB data.mdb"),
    "train.bin": (b"\x89HDF\r\n\x1a\n....", "HDF5"),
    "features.npz": (b"PK\x03\x04....", "npz"),
    "feats": (b"\x93NUMPY....", "npy"),
    "trainval_36.tsv": (b"1\t640\t480", "a TSV of base64 rows"),
    "feats.pkl": (b"\x80\x04\x95....", "a Python pickle, which is never opened"),
    "part-0": (b"PAR1....", "Parquet"),
    "readme.txt": (b"hello", "it holds 1 other files, the first is readme.txt"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_folder_is_recognised(tmp_path, name):
    data, called = FOREIGN[name]
    (tmp_path / name).write_bytes(data)
    for attempt in (RegionStore.open, lambda folder: RegionStore.create(folder, F, C)):
        with pytest.raises(StoreError, match=called):
            attempt(tmp_path)
    if called != FOREIGN["readme.txt"][1]:
        with pytest.raises(StoreError, match=called):
            RegionStore.open(tmp_path / name)


def test_real_npz_is_recognised_by_its_bytes(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    (tmp_path / "a.npz").rename(tmp_path / "features")
    with pytest.raises(StoreError, match=r"npz \(a zip archive\)"):
        RegionStore.open(tmp_path)


def test_nothing_and_an_empty_folder_are_told_apart(tmp_path):
    with pytest.raises(StoreError, match="nothing at that path"):
        RegionStore.open(tmp_path / "gone")
    with pytest.raises(StoreError, match="the folder is empty"):
        RegionStore.open(tmp_path)


def test_create_does_not_overwrite(folder):
    with pytest.raises(StoreError, match="already holds a region store: continue it with"):
        RegionStore.create(folder, F, C)
    (folder.parent / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        RegionStore.create(folder.parent / "file", F, C)


def in_another_process(code: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_second_writer_is_refused_until_the_first_closes(folder):
    first = RegionStore.open(folder, append=True)
    with pytest.raises(StoreError, match="another writer has"):
        RegionStore.open(folder, append=True)
    refused = in_another_process(
        """
        import sys
        from workbench.data.store import RegionStore
        RegionStore.open(sys.argv[1], append=True)
        """,
        str(folder),
    )
    assert refused.returncode != 0 and "another writer has" in refused.stderr
    assert len(RegionStore.open(folder)) == 12  # reading goes on beside a writer
    first.close()
    RegionStore.open(folder, append=True).close()


def test_killed_writer_loses_only_the_unfinished_shard(folder):
    killed = in_another_process(
        """
        import os, signal, sys, torch
        from workbench.data.store import RegionStore
        from workbench.pairs import Offsets, Regions
        store = RegionStore.open(sys.argv[1], append=True)
        one = Regions(torch.zeros(40, 6), torch.zeros(40, 4), torch.zeros(40), torch.zeros(40, 3),
                      torch.ones(1, 2), Offsets.from_lengths([40]))
        store.append("finished", one)
        store.flush()
        for i in range(100):
            store.append(f"unfinished-{i}", one)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        str(folder),
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(list(folder.glob("*.partial"))) == 2
    store = RegionStore.open(folder)
    assert store.keys == (*(f"k{i}" for i in range(12)), "finished")
    store.verify()
    with RegionStore.open(folder, append=True) as store:
        assert not list(folder.glob("*.partial"))
        store.append("unfinished-0", regions(2, 0))
    assert len(RegionStore.open(folder)) == 14


def test_crash_between_shard_and_manifest_loses_only_that_shard(folder, monkeypatch):
    store = RegionStore.open(folder, append=True)
    store.append("lost", regions(2, 0))
    store._writer.finish()  # the shard's files are in place, the manifest never hears of them
    store._release()
    with RegionStore.open(folder, append=True) as store:
        assert "lost" not in store
        store.append("lost", regions(3, 1))
    store = RegionStore.open(folder)
    store.verify()
    assert store.counts(["lost"]) == [3]


def test_full_disk_keeps_what_was_on_record(folder, monkeypatch):
    def full(self):
        raise OSError(28, "No space left on device")

    store = RegionStore.open(folder, append=True)
    monkeypatch.setattr(ShardWriter, "_write_batch", full)
    for i in range(31):
        store.append(f"new{i}", regions(1, i))
    with pytest.raises(StoreWriteError, match=r"No space left.*last 31 pictures were not kept, "
                       r"the 12 before them are safe"):  # fmt: skip
        store.append("new31", regions(1, 31))
    assert len(store) == 12 and not list(folder.glob("*.partial"))
    monkeypatch.undo()
    store.append("new0", regions(1, 0))
    store.close()
    reopened = RegionStore.open(folder)
    reopened.verify()
    assert len(reopened) == 13


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreWriteError, match=r"cannot make .*name a folder that you may write to"):
        RegionStore.create(tmp_path / "file" / "store", F, C)


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="file-size limits are POSIX's")
def test_disk_that_fills_up_for_real(folder):
    full = in_another_process(
        """
        import resource, sys, torch
        from workbench.data.store import RegionStore
        from workbench.pairs import Offsets, Regions
        one = Regions(torch.zeros(400, 6), torch.zeros(400, 4), torch.zeros(400),
                      torch.zeros(400, 3), torch.ones(1, 2), Offsets.from_lengths([400]))
        store = RegionStore.open(sys.argv[1], append=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        for i in range(100):
            store.append(f"new{i}", one)
        """,
        str(folder),
    )
    assert full.returncode != 0
    assert "StoreWriteError: cannot write to" in full.stderr
    assert "the 12 before them are safe" in full.stderr
    RegionStore.open(folder).verify()
    assert len(RegionStore.open(folder)) == 12


def test_manifest_is_plain_parquet(folder):
    table = parquet.read_table(folder / "manifest.parquet")
    assert table.column_names == ["key", "shard", "row", "count", "digest"]
    assert table["shard"].to_pylist() == [0] * 4 + [1] * 4 + [2] * 4
    files = json.loads(table.schema.metadata[b"files"])
    assert [entry[1] for entry in files[:2]] == ["features-00000.arrow", "classes-00000.arrow"]
    assert all(len(entry[3]) == 64 for entry in files)
