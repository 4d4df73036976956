"""ViLBERT's sizes: the paper's, the depths of its ablation, one for a laptop (V1, V3, V23)."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes


def schedule(
    text_layers: int, region_layers: int, text_ids: Sequence[int], region_ids: Sequence[int]
) -> str:
    """The order of blocks that the original's configuration means (V3), for ``TwoStreamSizes``.

    Co-attention ``k`` comes before text layer ``text_ids[k]`` and region layer ``region_ids[k]``
    ([c] ``t_biattention_id``, ``v_biattention_id``); between two of them text goes first, after
    the last regions do.  The order of text and regions matters to ``text_gates`` alone.
    """
    for ids, layers in ((text_ids, text_layers), (region_ids, region_layers)):
        rising = all(a <= b for a, b in zip([0, *ids], [*ids, layers], strict=True))
        if len(text_ids) != len(region_ids) or not rising:
            raise ValueError(
                "co-attention needs as many text as region layers, in rising order and up to "
                f"{text_layers} and {region_layers}; got {list(text_ids)} and {list(region_ids)}"
            )
    order, text, regions = "", 0, 0
    for text_id, region_id in zip(text_ids, region_ids, strict=True):
        order += "T" * (text_id - text) + "V" * (region_id - regions) + "C"
        text, regions = text_id, region_id
    return order + "V" * (region_layers - regions) + "T" * (text_layers - text)


def _at_the_top(text_layers: int, blocks: int) -> str:
    return schedule(text_layers, blocks, range(text_layers - blocks, text_layers), range(blocks))


def base(
    blocks: int = 6, vocabulary: int = 30522, feature_size: int = 2048, classes: int = 1601
) -> TwoStreamSizes:
    """ViLBERT on BERT-base with 2, 4, 6 or 8 co-attention blocks at its top (V1–V3, V23).

    With 6 the blocks and poolers have 209.8 M parameters; with the 11.0 M that the released code
    holds and never uses these are the 221 M that the UNITER paper counts.
    """
    order = _at_the_top(12, blocks)
    stream = 768, 12, 3072, 1024, 8, 1024, 1024, 8
    return TwoStreamSizes(order, *stream, vocabulary, 512, feature_size, classes)


def large(
    blocks: int = 6, vocabulary: int = 30522, feature_size: int = 2048, classes: int = 1601
) -> TwoStreamSizes:
    """The released configuration on BERT-large's 24 layers, with the same region stream [c]."""
    order = _at_the_top(24, blocks)
    stream = 1024, 16, 4096, 1024, 8, 1024, 1024, 8
    return TwoStreamSizes(order, *stream, vocabulary, 512, feature_size, classes)


def tiny(
    vocabulary: int, feature_size: int, classes: int, blocks: int = 2, text_layers: int = 4
) -> TwoStreamSizes:
    """Two streams of about two million parameters for a laptop, without dropout."""
    order, stream = _at_the_top(text_layers, blocks), (128, 4, 512, 128, 4, 256, 128, 4)
    return TwoStreamSizes(
        order, *stream, vocabulary, 64, feature_size, classes, dropout=0.0, attention_dropout=0.0
    )


def single_base(
    vocabulary: int = 30522, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """The single-stream baseline: BERT-base over regions and text together (V21)."""
    return SingleStreamSizes(768, 12, 12, 3072, vocabulary, 512, feature_size, classes)


def single_tiny(vocabulary: int, feature_size: int, classes: int) -> SingleStreamSizes:
    """The baseline of ``tiny``: one stream as deep and wide as its text stream (V21)."""
    stream = 128, 4, 4, 512
    return SingleStreamSizes(
        *stream, vocabulary, 64, feature_size, classes, dropout=0.0, attention_dropout=0.0
    )
