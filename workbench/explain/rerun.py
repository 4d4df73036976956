"""Looking again without some words, regions or heads: what an attention explorer asks for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from widgets.attention.change import AttentionChange, Rerun
from widgets.attention.record import AttentionRecord
from workbench.encoders.two_stream import TwoStream
from workbench.explain.attention import attention_on, traced
from workbench.explain.joint_maps import PairRows, layers_of
from workbench.explain.questions import masked_language
from workbench.explain.shown import Shown
from workbench.layers.attention import Attention
from workbench.layers.blocks import Block, CoBlock
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.training.model import Pretraining


def rerun(model: Pretraining, shown: Shown, pattern: AttentionPattern = BIDIRECTIONAL) -> Rerun:
    """A function that looks at a changed pair again; its records have the rows of the first one.

    Words are masked with the model's own mask, regions hidden as in its training, and a head that
    is silent adds nothing in every attention of its layer.  The model stays as it is.  Of a change
    that cannot be made the function raises ``IndexError`` for a place or head that there is not,
    ``ValueError`` for a row that the encoder adds, or a word where the model knows no mask.
    """
    device = next(model.parameters()).device
    with torch.no_grad():
        _, trace, rows = traced(model.encoder, shown.batch.to(device), pattern.to(device))
    layers = list(layers_of(n for n, t in trace.items() if t.ndim == 4).values())

    def look(change: AttentionChange) -> AttentionRecord:
        changed = without(model, shown, rows, change)
        with silenced(model.encoder, layers, change.heads):
            record = attention_on(model, changed, pattern)
        return dataclasses.replace(record, words=tuple(rows.worded(shown.words)))

    return look


def without(model: Pretraining, shown: Shown, rows: PairRows, change: AttentionChange) -> Shown:
    """The pair with the words of a change masked and its regions hidden."""
    words = [_own_place(rows.added_text, place, "word") for place in change.words]
    whole = (*[False] * rows.regions, *[True] * rows.leads)
    regions = [_own_place(whole, place, "region") for place in change.regions]
    if words:
        shown = shown.with_words_hidden(words, masked_language(model).mask_id)
    return shown.with_regions_hidden(regions) if regions else shown


def _own_place(added: Sequence[bool], place: int, kind: str) -> int:
    """A row's place among those of the batch itself."""
    if not 0 <= place < len(added):
        raise IndexError(
            f"there is no {kind} {place}: this record has {kind}s 0 to {len(added) - 1}"
        )
    if added[place]:
        raise ValueError(
            f"{kind} {place} is a row that the encoder adds by itself, so it cannot be taken away; "
            f"choose one of the pair's own (a record marks the others as added)"
        )
    return place - sum(added[:place])


@contextmanager
def silenced(
    encoder: nn.Module, layers: Sequence[Sequence[str]], heads: Sequence[tuple[int, int]]
) -> Iterator[None]:
    """While it lasts, these (layer, head) add nothing to what their attention hands on.

    ``layers`` name the traced attentions of each layer (``joint_maps.layers_of``).  Raises
    ``IndexError`` for a layer or head that the encoder does not have.
    """
    silent: dict[Attention, set[int]] = {}
    for layer, head in heads:
        if not 0 <= layer < len(layers):
            raise IndexError(f"there is no layer {layer}: this encoder has 0 to {len(layers) - 1}")
        found = [attention_at(encoder, name) for name in layers[layer]]
        most = max(one.heads for one in found)
        if not 0 <= head < most:
            raise IndexError(f"there is no head {head} in layer {layer}: it has 0 to {most - 1}")
        for one in found:
            if head < one.heads:
                silent.setdefault(one, set()).add(head)
    with ExitStack() as stack:
        for one, its in silent.items():
            hook = one.output.register_forward_pre_hook(_zeroing(one.heads, sorted(its)))
            stack.callback(hook.remove)
        yield


def _zeroing(heads: int, silent: list[int]):
    """A hook that empties the silent heads' units of what a projection is given."""

    def empty(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        mixed = given[0].unflatten(-1, (heads, -1))
        kept = torch.ones(heads, 1, dtype=mixed.dtype, device=mixed.device)
        kept[silent] = 0.0
        return ((mixed * kept).flatten(-2),)

    return empty


def attention_at(encoder: nn.Module, name: str) -> Attention:
    """The attention whose weights an encoder traces under this name."""
    stream, number, what = name.split(".")
    if not isinstance(encoder, TwoStream):
        return cast(Block, cast(nn.ModuleList, encoder.blocks)[int(number)]).attention
    if stream == "cross":
        block = cast(CoBlock, encoder.cross_blocks[int(number)])
        return block.text_attention if what == "text_to_regions" else block.region_attention
    blocks = encoder.text_blocks if stream == "text" else encoder.region_blocks
    return cast(Block, blocks[int(number)]).attention
