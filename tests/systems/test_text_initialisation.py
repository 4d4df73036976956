"""MiniLM's weights give MiniLM's states on text alone, cut down or not."""

import numpy as np
import pytest
import torch

from workbench.data.tokenizers import wordpiece
from workbench.pairs import Offsets, PairBatch, Regions
from workbench.systems import uniter
from workbench.systems.text_initialisation import load_text_encoder, minilm_sizes, minilm_weights

torch.set_num_threads(1)
SENTENCES = ["an owl to the left of a pear.", "two flags."]


def text_only(text):
    pairs, none = len(text), torch.zeros(0)
    regions = Regions(
        none.view(0, 8),
        none.view(0, 4),
        none,
        none.view(0, 3),
        torch.ones(pairs, 2),
        Offsets.from_lengths([0] * pairs),
    )
    names = tuple(SENTENCES[:pairs])
    return PairBatch(regions, text, torch.ones(pairs, dtype=torch.bool), names)


@pytest.mark.parametrize("slim", [False, True])
def test_states_equal_those_of_transformers(slim):
    from transformers import BertConfig, BertModel

    weights = minilm_weights()
    full = wordpiece()
    tokenizer = full.restricted_to(SENTENCES) if slim else full
    encoder = uniter.encoder(minilm_sizes(tokenizer.vocabulary_size, 8, 3, layers=2)).eval()
    load_text_encoder(encoder, weights, tokenizer.original_ids)
    config = BertConfig(
        hidden_size=384, num_hidden_layers=2, num_attention_heads=12, intermediate_size=1536
    )
    theirs = BertModel(config).eval()
    theirs.load_state_dict(weights, strict=False)
    ids = full.encode(SENTENCES[:1]).ids[None]
    with torch.no_grad():
        expected = theirs(ids).last_hidden_state[0]
        ours = encoder(text_only(tokenizer.encode(SENTENCES))).text[: ids.shape[1]]
    torch.testing.assert_close(ours, expected, atol=2e-4, rtol=2e-4)


def test_the_region_side_stays_fresh_and_misfits_are_named():
    weights = minilm_weights()
    tokenizer = wordpiece().restricted_to(SENTENCES)
    encoder = uniter.encoder(minilm_sizes(tokenizer.vocabulary_size, 8, 3, layers=1))
    before = encoder.inputs.regions.feature.weight.clone()
    load_text_encoder(encoder, weights, tokenizer.original_ids)
    assert torch.equal(encoder.inputs.regions.feature.weight, before)
    with pytest.raises(ValueError, match=r"of another shape: inputs\.text\.word\.weight"):
        load_text_encoder(encoder, weights, np.arange(7))
    with pytest.raises(ValueError, match="not in this checkpoint"):
        load_text_encoder(encoder, {}, None)
    with pytest.raises(ValueError, match="MiniLM has 6 layers"):
        minilm_sizes(10, 8, 3, layers=7)
