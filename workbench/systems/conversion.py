"""The authors' checkpoints into folders of ours and back, to the bit.

A converted folder is one that ``hub.from_pretrained`` loads, with two files more:
``dropped.safetensors``, what our model has no place for, and ``conversion.json``, the report and
how the authors' file was packaged.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.systems import published
from workbench.systems.description import ACTIVATIONS, Description, Words
from workbench.systems.hub import card, first_names, read_folder, write_folder
from workbench.systems.measuring import HEADS, Measured
from workbench.systems.published import Published
from workbench.systems.readings import named
from workbench.training.model import Pretraining
from workbench.weights.counting import count
from workbench.weights.files import Packaging, read, write
from workbench.weights.table import NameTable, State

DROPPED, REPORT = "dropped.safetensors", "conversion.json"
ASKED = "asked for"


@dataclass(frozen=True)
class Report:
    """What became of every tensor: ``dropped`` of theirs and ``fresh`` of ours with the reasons."""

    system: str
    source: str
    converted: int
    dropped: Mapping[str, str]
    fresh: Mapping[str, str]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.converted} tensors converted for {self.system}"]
        lines += [f"  note: {note}" for note in self.notes]
        for title, names in (("dropped", self.dropped), ("fresh", self.fresh)):
            lines.append(f"  {title}: {len(names) or 'nothing'}")
            lines += [f"    {name}: {reason}" for name, reason in names.items()]
        return "\n".join(lines)


def convert(
    system: str,
    source: str | Path,
    folder: str | Path,
    *,
    size: str | Path | None = None,
    variant: Any = "released",
    words: Words | None = None,
    drop: Sequence[str] = (),
    fresh: Sequence[str] = (),
) -> Report:
    """Reads the authors' file or folder ``source`` into a folder of ours.

    Sizes come from the shapes; ``size`` is "base" or "large" to be held to it, or the authors'
    configuration file, which alone tells the heads of unusual widths, activations and the order of
    co-attention.  ``variant`` is a reading of the system, by its name or whole.  ``words`` are
    needed for another vocabulary than the published one.  ``drop`` and ``fresh`` are patterns
    (``*`` stands for anything) of their names to leave out and of ours to leave as they begin.
    Raises ``ValueError`` saying what does not fit.
    """
    known = published.find(system)
    opened = read(source)
    original = opened.state
    config = _config(size)
    reading = known.seen(named(variant, known.variants), original, config)
    table = known.table(reading, original)
    description = _description(system, known, table, original, config, size, reading, words)
    sketch = published.sketch(description)
    table = table.at(known.layers(description.sizes))
    table = _narrowed(table, known, original, sketch, drop, fresh)
    unfilled = sketch.state_dict().keys() - table.fresh.keys()
    advice = "take variant='released', or leave theirs out (drop) and ours as they begin (fresh)"
    wanted = unfilled | {ours for _, ours in table.rows}
    _refuse_other_weights(known, description, sketch, wanted, advice)
    first = first_names(sketch)
    _refuse_untied(table, original, first)
    covered = {ours for _, ours in table.rows}
    filled = {first[ours] for _, ours in table.rows if ours in first}
    copies = {name: "a copy" for name in first if name not in covered and first[name] in filled}
    table = dataclasses.replace(table, fresh={**table.fresh, **copies})
    state = table.read(original, sketch.state_dict(), 0)
    left = {n: reason for n, reason in table.fresh.items() if first.get(n, n) not in filled}
    left = {name: reason for name, reason in left.items() if name in first}
    kept = table.left_out(original, 0)
    report = Report(
        system,
        Path(source).name,
        len(original) - len(kept),
        {name: table.dropped[name] for name in kept},
        left,
        opened.notes,
    )
    own = {first[name]: tensor.contiguous() for name, tensor in state.items()}
    own |= {first[name]: tensor for name, tensor in _fresh(description, left).items()}
    folder = Path(folder)
    trained = f"as its authors did; converted from their {Path(source).name}"
    text = card(description, count(sketch), "other", trained)
    write_folder(folder, own, description, text)
    save_file({n: t.contiguous().clone() for n, t in kept.items()}, folder / DROPPED)
    facts = {"report": dataclasses.asdict(report), "packaging": opened.packaging.as_json()}
    (folder / REPORT).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return report


def convert_back(
    system: str, folder: str | Path, target: str | Path, *, like: str | Path | None = None
) -> Report:
    """Writes a folder of ours in the authors' layout, in the format that ``target`` ends in.

    ``like`` is the folder that an authors' file was converted into (None: ``folder`` itself): it
    says the names, their order and what was dropped.  Where nothing was converted the names come
    in the table's order and what our model has no place for is missing.
    """
    known, folder = published.find(system), Path(folder)
    description = published.description_in(folder)
    if description.system != system:
        raise ValueError(f"{folder} holds a {description.system}, not a {system}")
    sketch = published.sketch(description)
    state = read_folder(folder, sketch)
    packaging, kept = _conversion_in(folder if like is None else Path(like))
    before = {} if packaging is None else dict.fromkeys(packaging.names, torch.empty(0))
    table = known.table(description.variant, before).at(known.layers(description.sizes))
    rows = tuple(
        (theirs, ours)
        for theirs, ours in table.rows
        if ours in state and (packaging is None or theirs in before)
    )
    covered = {ours for _, ours in rows}
    fresh = {name: "the authors' file has no such tensor" for name in state if name not in covered}
    wanted = {ours for theirs, ours in table.rows if theirs in before and theirs not in kept}
    if packaging is None:
        wanted = {ours for _, ours in table.rows} | (fresh.keys() - table.fresh.keys())
    advice = "their code could not read a file of these; share the folder as it is"
    _refuse_other_weights(known, description, sketch, wanted, advice)
    table = dataclasses.replace(table, rows=rows, fresh=fresh)
    written = table.write(state, 0, kept)
    notes = () if packaging else ("nothing was converted into it: names in the table's order",)
    write(target, written, packaging or Packaging(tuple(written)))
    return Report(system, str(folder), len(written), {}, fresh, notes)


def _refuse_other_weights(
    known: Published,
    description: Description,
    sketch: Pretraining,
    names: Iterable[str],
    advice: str,
) -> None:
    """Raises ``ValueError`` where a reading has other weights than the authors' models have."""
    stored = dataclasses.replace(description, variant=known.stored(description.variant))
    theirs, ours = (
        {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        for model in (published.sketch(stored), sketch)
    )
    if wrong := sorted(name for name in set(names) if theirs.get(name) != ours.get(name)):
        listed = [f"{n} is {ours.get(n)}, not {theirs.get(n)}" for n in wrong[:5]]
        raise ValueError(
            f"{known.title}'s checkpoints hold the weights of its released reading, and this one "
            f"has others, {len(wrong)} differ: {'; '.join(listed)}; {advice}"
        )


def _config(size: str | Path | None) -> dict[str, Any]:
    """The authors' configuration, where ``size`` is a file."""
    if size is None or str(size) in ("base", "large"):
        return {}
    try:
        config = json.loads(Path(size).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise ValueError(f"{size} is neither base, large nor a JSON file: {problem}") from None
    if not isinstance(config, dict):
        raise ValueError(f"{size} is not a configuration: an object of named values is wanted")
    return config


def _description(
    system: str,
    known: Published,
    table: NameTable,
    original: Mapping[str, Tensor],
    config: Mapping[str, Any],
    size: str | Path | None,
    variant: Any,
    words: Words | None,
) -> Description:
    held_to = str(size) if str(size) in known.sizes else None
    like = known.sizes[held_to or "base"]()
    if held_to:
        config = {theirs: getattr(like, ours, 0) for theirs, ours in HEADS.items()}
    sizes = known.measure(Measured(table, original), like, config)
    fixed = ("width", "layers", "heads", "inner", "schedule", "region_width", "shared")
    wrong = [n for n in fixed if getattr(sizes, n, None) != getattr(like, n, None)]
    if held_to and wrong:
        found = ", ".join(f"{n} {getattr(sizes, n)} not {getattr(like, n)}" for n in wrong)
        raise ValueError(
            f"this is no {system}-{held_to}: {found}; leave the size out to measure it"
        )
    if words is None and sizes.vocabulary != like.vocabulary:
        raise ValueError(
            f"the vocabulary has {sizes.vocabulary} entries, the published one {like.vocabulary}; "
            "give the vocabulary file, so that [MASK] and the others are known"
        )
    activations = [str(config.get(field, "gelu")) for field in ("hidden_act", "v_hidden_act")]
    for activation in activations:
        _one_of(ACTIVATIONS, activation, "activation")
    return Description(system, sizes, variant, words or known.words, *activations)


def _one_of(known: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in known:
        raise ValueError(f"no {what} {name!r}; there are {', '.join(known)}")
    return known[name]


def _narrowed(
    table: NameTable,
    known: Published,
    original: Mapping[str, Tensor],
    sketch: Pretraining,
    drop: Sequence[str],
    fresh: Sequence[str],
) -> NameTable:
    """The table without the rows that this file or the user leaves out."""
    dropped = dict(table.dropped)
    for start, reason in known.tasks.items():
        dropped |= {name: reason for name in original if name.startswith(start)}
    for pattern in drop:
        dropped |= {name: ASKED for name in original if fnmatchcase(name, pattern)}
    new = dict(table.fresh)
    for pattern in fresh:
        new |= {name: ASKED for name in sketch.state_dict() if fnmatchcase(name, pattern)}
    rows = tuple(row for row in table.rows if row[0] not in dropped and new.get(row[1]) != ASKED)
    return dataclasses.replace(table, rows=rows, dropped=dropped, fresh=new)


def _fresh(description: Description, names: Mapping[str, str]) -> State:
    """What a new model of this description begins with, the same on every run."""
    if not names:
        return {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = published.build(description).state_dict()
    return {name: state[name] for name in names}


def _refuse_untied(
    table: NameTable, original: Mapping[str, Tensor], first: Mapping[str, str]
) -> None:
    """Raises ``ValueError`` where two of their tensors share one place of ours and differ."""
    places: dict[str, str] = {}
    for theirs, ours in table.rows:
        if theirs not in original or ours not in first:
            continue
        other = places.setdefault(first[ours], theirs)
        if not _same(original[other], original[theirs]):
            raise ValueError(
                f"{other} and {theirs} are one tensor in this system but differ in this file; "
                "keep one of them by leaving the other out (drop)"
            )


def _same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors agree to the bit, not-a-numbers included."""
    if one is other:
        return True
    bytes_of = [tensor.contiguous().reshape(-1).view(torch.uint8) for tensor in (one, other)]
    return one.dtype == other.dtype and one.shape == other.shape and torch.equal(*bytes_of)


def _conversion_in(folder: Path) -> tuple[Packaging | None, State]:
    if not (folder / REPORT).is_file():
        return None, {}
    facts = json.loads((folder / REPORT).read_text("utf-8"))
    return Packaging.from_json(facts["packaging"]), load_file(folder / DROPPED)
