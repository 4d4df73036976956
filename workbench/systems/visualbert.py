"""VisualBERT: BERT over words and projected regions, its boxes unseen (Li et al., 2019).

A fifth system as the proof that one takes a single file: everything but the input layer and the
names is shared.  It is the model of ``transformers`` (``VisualBertForPreTraining``), whose
published checkpoints it loads.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from workbench.encoders.inputs import InputLayer, InputRows
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.encoders.summaries import FirstToken
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import TextEmbedder, fitting_features
from workbench.layers.heads import TiedHead
from workbench.layers.initialisation import initialise
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Together
from workbench.pairs import PairBatch, Regions
from workbench.patterns import AttentionPattern, Layout
from workbench.systems.text_initialisation import BERT_NAMES
from workbench.training.model import Pretraining
from workbench.weights.table import NameTable


def base(vocabulary: int = 30522, feature_size: int = 2048, classes: int = 1) -> SingleStreamSizes:
    """BERT-base's sizes; ``classes`` is only there for objectives that the system does not have."""
    return SingleStreamSizes(768, 12, 12, 3072, vocabulary, 512, feature_size, classes)


def tiny(vocabulary: int, feature_size: int, classes: int) -> SingleStreamSizes:
    """Sizes for a laptop, without dropout."""
    return SingleStreamSizes(
        128, 4, 4, 512, vocabulary, 64, feature_size, classes, dropout=0.0, attention_dropout=0.0
    )


class VisualRows(nn.Module):
    """Projection + visual type + visual position 0: the row of a region before it is normalised.

    The position table is as long as the text's because the checkpoints store it so.
    """

    def __init__(self, sizes: SingleStreamSizes) -> None:
        super().__init__()
        self.projection = nn.Linear(sizes.feature_size, sizes.width)
        self.segment = nn.Embedding(sizes.segments, sizes.width)
        self.position = nn.Embedding(sizes.positions, sizes.width)

    def forward(self, regions: Regions) -> Float[Tensor, "R D"]:
        """One row per region; type 1 where the regions name no segments of their own."""
        segments, table = regions.segments, self.segment.weight
        rows = self.projection(fitting_features(regions, self.projection.in_features))
        return rows + self.position.weight[0] + table[1 if segments is None else segments]


class OneNormInputs(InputLayer):
    """Words and regions under one LayerNorm, the text embedder's."""

    def forward(self, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
        """The rows of a batch; the pattern changes nothing here."""
        embedder = cast(TextEmbedder, self.text)
        regions = embedder.dropout(embedder.norm(self.regions(batch.regions)))
        return InputRows(embedder(batch.text), regions, Layout.of(batch))


def encoder(
    sizes: SingleStreamSizes, *, activation: Activation = F.gelu, init_range: float = 0.02
) -> SingleStream:
    """The encoder; its visual tables begin as copies of the text's, as the authors' do [c]."""
    text = TextEmbedder(
        sizes.width, sizes.vocabulary, sizes.positions, sizes.segments, sizes.dropout, sizes.eps
    )
    visual = VisualRows(sizes)
    inputs = OneNormInputs(text, visual)
    made = SingleStream(sizes, inputs, FirstToken(sizes.width), activation)
    made.apply(lambda module: initialise(module, init_range))
    visual.segment.load_state_dict(cast(nn.Embedding, text.segment).state_dict())
    visual.position.load_state_dict(text.position.state_dict())
    return made


def pretraining(
    sizes: SingleStreamSizes,
    mask_id: int,
    random_range: tuple[int, int],
    *,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> Pretraining:
    """Masked words and matching in one pass; class 0 means that text and picture belong together.

    The original puts two captions beside a picture and replaces the second; here the caption
    itself is replaced.
    """
    made = encoder(sizes, activation=activation, init_range=init_range)
    word = cast(TextEmbedder, made.inputs.text).word.weight
    head = TiedHead(word, activation=activation, eps=sizes.eps)
    objectives: list[nn.Module] = [
        Matching(nn.Linear(sizes.width, 2), replace="text", match_class=0),
        MaskedLanguage(head, mask_id, random_range),
    ]
    for objective in objectives:
        objective.apply(lambda module: initialise(module, init_range))
    return Pretraining(made, Together(objectives))


_VISUAL = "embeddings.visual_"
ORIGINAL_ENCODER_NAMES = NameTable(
    (
        *BERT_NAMES.rows,
        (f"{_VISUAL}token_type_embeddings.weight", "inputs.regions.segment.weight"),
        (f"{_VISUAL}position_embeddings.weight", "inputs.regions.position.weight"),
        (f"{_VISUAL}projection.weight", "inputs.regions.projection.weight"),
        (f"{_VISUAL}projection.bias", "inputs.regions.projection.bias"),
    ),
    dropped=BERT_NAMES.dropped,
)
"""Parameter names of ``transformers``' VisualBertModel beside those of ``SingleStream``."""

_MLM, _ITM = "mix.by_name.mlm.head", "mix.by_name.itm.head"
ORIGINAL_NAMES = NameTable(
    (
        *((f"visual_bert.{a}", f"encoder.{b}") for a, b in ORIGINAL_ENCODER_NAMES.rows),
        ("cls.predictions.bias", f"{_MLM}.bias"),
        ("cls.predictions.decoder.bias", f"{_MLM}.bias"),
        ("cls.predictions.decoder.weight", f"{_MLM}.weight"),
        *(
            (f"cls.{theirs}.{kind}", f"{ours}.{kind}")
            for kind in ("weight", "bias")
            for theirs, ours in (
                ("predictions.transform.dense", f"{_MLM}.transform.dense"),
                ("predictions.transform.LayerNorm", f"{_MLM}.transform.norm"),
                ("seq_relationship", _ITM),
            )
        ),
    ),
    dropped={f"visual_bert.{name}": why for name, why in BERT_NAMES.dropped.items()},
)
"""Parameter names of ``transformers``' VisualBertForPreTraining beside ours."""
