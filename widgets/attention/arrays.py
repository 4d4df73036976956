"""What other libraries give, as the joint maps of an ``AttentionRecord``: plain arrays in and out.

Letters: L layers, H heads, W words, N regions, S = W + N.  A joint map has a row for every word,
then one for every region, and each row sums to 1, as in ``workbench.explain.attention``: a row that
a layer does not touch is *at rest* and sees itself alone, and so are the heads that a layer lacks.

    maps, names = joint_attention("TVC", text=[...], regions=[...], text_to_regions=[...])
    record = AttentionRecord.from_arrays(words, maps, boxes, picture, layer_names=names)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32

from widgets.attention.given_weights import Joint, as_weights, check_rows, check_size


def joint_attention(
    schedule: str,
    *,
    text: Iterable[Any] = (),
    regions: Iterable[Any] = (),
    text_to_regions: Iterable[Any] = (),
    regions_to_text: Iterable[Any] = (),
) -> Joint:
    """The joint maps of a model with a stream of words and a stream of regions, or of patches.

    ``schedule`` are the blocks in the order in which they run, as in "TVTVCTV": T takes the next of
    ``text`` [H, W, W], V of ``regions`` [H, N, N], C of ``text_to_regions`` [H, W, N] and of
    ``regions_to_text`` [H, N, W].  One of these two may be missing: a decoder whose words look at a
    picture is "TC" a layer.  A T beside a V shares its map, for they touch different rows.
    Raises ``ValueError`` for blocks that are missing or left over, sizes that disagree, NaN, scores
    before softmax, and a batch dimension.
    """
    given = {
        name: [as_weights(f"{name}[{i}]", one) for i, one in enumerate(blocks)]
        for name, blocks in (
            ("text", text),
            ("regions", regions),
            ("text_to_regions", text_to_regions),
            ("regions_to_text", regions_to_text),
        )
    }
    _check_schedule(schedule, {name: len(blocks) for name, blocks in given.items()})
    sizes = _stream_sizes(given)
    words, whole = sizes["text"], sum(sizes.values())
    place = {"text": slice(0, words), "regions": slice(words, whole)}
    both_ways = given["text_to_regions"] and given["regions_to_text"]
    called = {"T": "text", "V": "regions", "C": "co-attention" if both_ways else "cross-attention"}
    maps: list[np.ndarray] = []
    names: list[str] = []
    open_to = ""  # the block that may still run beside the one before it
    for step, block in enumerate(schedule):
        number = schedule[:step].count(block)
        if block == open_to:
            names[-1] += f" · {called[block]} {number + 1}"
            open_to = ""
        else:
            maps.append(np.empty((0, whole, whole), dtype=np.float32))
            names.append(f"{called[block]} {number + 1}")
            open_to = {"T": "V", "V": "T", "C": ""}[block]
        for name, query, key in _PARTS[block]:
            if given[name]:
                maps[-1] = _filled(maps[-1], place[query], place[key], given[name][number])
    return stacked(maps), tuple(names)


def grid_boxes(rows: int, columns: int) -> Float32[np.ndarray, "N 4"]:
    """The boxes of a picture cut into patches, row by row from the top left, in 0..1.

    Where a model sets a row of the whole picture before its patches, its box is (0, 0, 1, 1).
    """
    if rows < 1 or columns < 1:
        raise ValueError(f"a grid needs at least one row and one column, got {rows} x {columns}")
    x, y = np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1)
    edges = np.meshgrid(x[:-1], y[:-1]) + np.meshgrid(x[1:], y[1:])
    return np.stack([edge.reshape(-1) for edge in edges], axis=1).astype(np.float32)


# what a block takes, and between which streams that is
_PARTS = {
    "T": (("text", "text", "text"),),
    "V": (("regions", "regions", "regions"),),
    "C": (("text_to_regions", "text", "regions"), ("regions_to_text", "regions", "text")),
}


def _filled(
    whole: np.ndarray, query: slice, key: slice, weights: np.ndarray
) -> Float32[np.ndarray, "H S S"]:
    """The map with these query rows looking at those key rows; more heads if there are more."""
    whole = _at_rest_beyond(whole, len(weights)).copy()
    whole[: len(weights), query] = 0
    whole[: len(weights), query, key] = weights
    return whole


def _at_rest_beyond(layer: np.ndarray, heads: int) -> Float32[np.ndarray, "H S S"]:
    missing = max(0, heads - len(layer))
    rest = np.tile(np.eye(layer.shape[-1], dtype=np.float32), (missing, 1, 1))
    return np.concatenate([layer, rest])


def stacked(maps: Sequence[np.ndarray]) -> Float32[np.ndarray, "L H S S"]:
    """The maps of layers with as many heads each; the heads that one lacks are at rest."""
    heads = max(len(layer) for layer in maps)
    return np.stack([_at_rest_beyond(layer, heads) for layer in maps])


def _check_schedule(schedule: str, given: dict[str, int]) -> None:
    if not schedule or set(schedule) - set(_PARTS):
        raise ValueError(
            "a schedule is made of T (text), V (regions) and C (across), as in 'TVTVC'; got "
            f"{schedule!r}"
        )
    for block, parts in _PARTS.items():
        counts = {name: given[name] for name, _, _ in parts}
        used = {name: count for name, count in counts.items() if count} or counts
        if set(used.values()) != {schedule.count(block)}:
            told = " and ".join(f"{count} of {name}" for name, count in counts.items())
            raise ValueError(
                f"the schedule {schedule!r} has {schedule.count(block)} {block}, but {told} were "
                "given: one for each is needed"
            )


def _stream_sizes(given: dict[str, list[np.ndarray]]) -> dict[str, int]:
    """How many rows each stream has, after all arrays were found to agree."""
    parts = [part for block in _PARTS.values() for part in block]
    sizes: dict[str, int] = {}
    for name, query, key in parts:
        for weights in given[name][:1]:
            sizes.setdefault(query, weights.shape[1])
            sizes.setdefault(key, weights.shape[2])
    for stream in ("text", "regions"):
        if stream not in sizes:
            raise ValueError(f"nothing given says how many rows the {stream} stream has")
    for name, query, key in parts:
        for i, weights in enumerate(given[name]):
            check_size(f"{name}[{i}]", weights, sizes[query], sizes[key])
            check_rows(f"{name}[{i}]", weights)
    return sizes
