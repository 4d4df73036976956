"""Which sentence is said of which picture: read from a table or JSON lines, kept as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.data.example import Example
from workbench.data.manifest import StoreError

TABLES = (".csv", ".tsv")


def captions_in(file: Path | str) -> list[Example]:
    """The pairs that a file tells, named after it and their line.

    A ``.csv`` or ``.tsv`` needs the columns ``image`` and ``sentence``, divided by commas,
    semicolons or tabs; any other file a line {"image": KEY, "sentence": TEXT} for every pair.
    Raises ``StoreError`` where there is no file, none in it, or naming the line that is no pair.
    """
    file = Path(file)
    if not file.is_file():
        raise StoreError(
            f"{file} is missing: write a line "
            '{"image": KEY, "sentence": TEXT} for every pair, KEY as in the region store'
        )
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise StoreError(f"{file} is no UTF-8 text ({problem}); save it as UTF-8") from problem
    told = _table(file, text) if file.suffix.lower() in TABLES else _lines(file, text)
    found = [_example(file, number, image, sentence) for number, image, sentence in told]
    if not found:
        raise StoreError(f"{file} tells no pair: it needs a picture and a sentence on every line")
    return found


def write_captions(file: Path | str, examples: Iterable[Example]) -> None:
    """The pairs as JSON lines, which ``captions_in`` reads again; the file appears whole."""
    lines = [
        json.dumps({"image": one.image, "sentence": one.sentence}, ensure_ascii=False)
        for one in examples
    ]
    beginning = Path(file).with_suffix(".partial")
    beginning.write_text("\n".join(lines) + "\n", "utf-8")
    beginning.replace(file)


def _table(file: Path, text: str) -> Iterator[tuple[int, object, object]]:
    header = text.partition("\n")[0]
    divider = max(",;\t", key=header.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=divider)
    names = [name.strip() for name in rows.fieldnames or ()]
    if missing := {"image", "sentence"} - set(names):
        raise StoreError(
            f"{file} has the columns {', '.join(map(repr, names)) or 'nothing'} and lacks "
            f"{' and '.join(sorted(missing))}: its first line must name image and sentence"
        )
    rows.fieldnames = names
    for row in rows:
        yield rows.line_num, row["image"], row["sentence"]


def _lines(file: Path, text: str) -> Iterator[tuple[int, object, object]]:
    for number, line in enumerate(text.split("\n"), 1):  # a sentence may hold other line breaks
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            yield number, said["image"], said["sentence"]
        except (ValueError, KeyError, TypeError) as problem:
            raise StoreError(
                f"{file}, line {number}: expected image and sentence as JSON, got {line[:60]!r} "
                f"({type(problem).__name__})"
            ) from problem


def _example(file: Path, number: int, image: object, sentence: object) -> Example:
    for name, value in (("image", image), ("sentence", sentence)):
        if not isinstance(value, str) or not value.strip():
            raise StoreError(f"{file}, line {number}: the {name} is {value!r}, expected some text")
    return Example(f"{file.stem}-{number}", str(image).strip(), str(sentence).strip())
