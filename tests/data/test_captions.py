"""Captions of one's own: tables and JSON lines, and a message for every way they can be wrong."""

from __future__ import annotations

import pytest

from workbench.data.manifest import StoreError
from workbench.data.readers.captions import captions_in, write_captions

PAIRS = [("a/1.jpg", 'A dog, a "cat"; both.'), ("2.png", "Ein Bär.")]


def told(file):
    return [(one.image, one.sentence) for one in captions_in(file)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.csv", 'image,sentence\na/1.jpg,"A dog, a ""cat""; both."\n2.png,Ein Bär.\n'),
        (
            "c.csv",
            '\ufeffid; sentence ;image\r\n7;"A dog, a ""cat""; both.";a/1.jpg\r\n8;Ein Bär.;2.png',
        ),
        ("c.tsv", 'sentence\timage\n"A dog, a ""cat""; both."\ta/1.jpg\n\nEin Bär.\t2.png\n'),
    ],
    ids=["commas", "semicolons of a spreadsheet", "tabs"],
)  # fmt: skip
def test_tables_are_read_whatever_divides_them(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    assert told(tmp_path / name) == PAIRS


def test_what_is_written_is_read_again(tmp_path):
    (tmp_path / "c.csv").write_text(
        "image,sentence\nx.jpg, Two\u2028lines. \nx.jpg,Once more.\n", "utf-8"
    )
    examples = captions_in(tmp_path / "c.csv")
    write_captions(tmp_path / "c.jsonl", examples)
    again = captions_in(tmp_path / "c.jsonl")
    assert [(e.image, e.sentence) for e in again] == [(e.image, e.sentence) for e in examples]
    assert len({e.name for e in again}) == 2
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".partial"] == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.csv", b"picture,caption\na,b\n", "lacks image and sentence"),
        ("c.csv", b"", "lacks image and sentence"),
        ("c.csv", b"image,sentence\n", "tells no pair"),
        ("c.csv", b"image,sentence\na.jpg,\n", "line 2: the sentence is ''"),
        ("c.csv", b"image,sentence\na.jpg\n", "line 2: the sentence is None"),
        ("c.csv", b"image,sentence\n,A dog.\n", "line 2: the image is ''"),
        ("c.csv", "image,sentence\na,Bär\n".encode("latin-1"), "save it as UTF-8"),
        ("c.jsonl", b'{"image": "a", "sentence": "b"}\n{"image": "a"}\n', "line 2: expected image"),
        ("c.jsonl", b'{"image": 3, "sentence": "b"}', "line 1: the image is 3"),
    ],
)
def test_what_is_no_pair_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError, match=message):
        captions_in(tmp_path / name)


def test_a_missing_file_says_what_to_write(tmp_path):
    with pytest.raises(StoreError, match="is missing: write a line"):
        captions_in(tmp_path / "captions.jsonl")
