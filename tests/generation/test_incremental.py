"""What is written with kept states equals what is encoded whole, at every step."""

import pytest
import torch

from tests.generation.models import ENCODERS, FEEDINGS, make_model, make_prefix
from tests.properties.batches import VOCABULARY, seeded
from workbench.encoders.incremental import encode_more, encode_prefix
from workbench.generation.feeding import target_text
from workbench.generation.writing import CachedWriter, PlainWriter

torch.set_num_threads(1)
CLOSE = {"atol": 2e-5, "rtol": 2e-5}


@pytest.mark.parametrize("feeding", FEEDINGS.values(), ids=FEEDINGS)
@pytest.mark.parametrize("system", ENCODERS)
def test_every_step_equals_encoding_all_of_it(system, feeding):
    encoder, head = make_model(system)
    prefix = make_prefix([1, 4, 2, 3], [5, 0, 9, 3])
    rng = seeded(1)
    cached, plain = CachedWriter(encoder, head, feeding), PlainWriter(encoder, head, feeding)
    with torch.no_grad():
        kept, whole = cached.begin(prefix), plain.begin(prefix)
        torch.testing.assert_close(kept.logits, whole.logits, **CLOSE)
        for _ in range(5):
            # other beams than before, some with the same parent, some parents with none
            parents = torch.randint(0, kept.tokens.shape[1], (4, 3), generator=rng)
            tokens = torch.randint(5, VOCABULARY, (4, 3), generator=rng)
            kept = cached.go_on(kept, parents, tokens)
            whole = plain.go_on(whole, parents, tokens)
            assert torch.equal(kept.tokens, whole.tokens)
            torch.testing.assert_close(kept.logits, whole.logits, **CLOSE)
    assert kept.logits.std() > 0.1


@pytest.mark.parametrize("system", ["uniter", "unimo"])
def test_pictures_need_no_source_text_left_to_right(system):
    encoder, head = make_model(system)
    feeding = FEEDINGS["left to right"]
    prefix = make_prefix([0, 2, 0], [3, 0, 6])
    with torch.no_grad():
        for writer in (CachedWriter(encoder, head, feeding), PlainWriter(encoder, head, feeding)):
            drafts = writer.begin(prefix)
            zeros = torch.zeros(3, 1, dtype=torch.int64)
            drafts = writer.go_on(drafts, zeros, zeros + 7)
            if isinstance(writer, CachedWriter):
                expected = drafts.logits
    torch.testing.assert_close(drafts.logits, expected, **CLOSE)


def test_a_picture_writes_the_same_alone_and_in_any_batch():
    encoder, head = make_model("vlp")
    prefix = make_prefix([1, 4, 2], [5, 2, 9])
    writer = CachedWriter(encoder, head, FEEDINGS["mask appended"])
    parents, tokens = torch.zeros(3, 2, dtype=torch.int64), torch.tensor([[7, 9], [8, 7], [9, 9]])
    with torch.no_grad():
        together = writer.go_on(writer.begin(prefix), parents, tokens)
        for picture in range(3):
            alone = writer.begin(prefix.select(torch.tensor([picture])))
            alone = writer.go_on(alone, parents[:1], tokens[picture : picture + 1])
            torch.testing.assert_close(alone.logits[0], together.logits[picture], **CLOSE)


def test_the_mask_is_never_kept_and_prefixes_are_kept_once():
    encoder, head = make_model("uniter")
    prefix = make_prefix([1, 3], [4, 2])
    writer = CachedWriter(encoder, head, FEEDINGS["mask appended"])
    with torch.no_grad():
        drafts = writer.begin(prefix)
        assert drafts.kept.own[0].keys.shape[-2] == 0
        five = torch.zeros(2, 5, dtype=torch.int64)
        drafts = writer.go_on(drafts, five, five + 8)
        drafts = writer.go_on(drafts, five, five + 9)
    for block, shared in zip(drafts.kept.own, drafts.kept.shared, strict=True):
        assert block.keys.shape == (2, 5, 3, 2, 8)
        assert shared.keys.shape == (2, 3, 5, 8)
    assert drafts.kept.hidden.tolist() == [[False] * 5, [False] * 5]


def test_several_rows_at_once_see_only_earlier_ones():
    encoder, _ = make_model("uniter")
    prefix = make_prefix([2, 3], [4, 1])
    ids = torch.randint(5, VOCABULARY, (2, 4), generator=seeded(2))
    with torch.no_grad():
        begun = encode_prefix(encoder, prefix)
        at_once, _ = encode_more(encoder, begun, target_text(ids, 0), 4)
        some, kept = encode_more(encoder, begun, target_text(ids[:, :2], 0), 2)
    torch.testing.assert_close(at_once[:, :, :2], some, **CLOSE)
    assert kept.own[0].keys.shape[-2] == 2


def test_runs_that_do_not_fit_the_drafts_are_refused():
    encoder, _ = make_model("uniter")
    begun = encode_prefix(encoder, make_prefix([2, 3], [4, 1]))
    with pytest.raises(ValueError, match=r"2 pictures with 1 drafts each .* got 3 runs"):
        encode_more(encoder, begun, target_text(torch.zeros(3, 1, dtype=torch.int64), 0), 1)
    with pytest.raises(ValueError, match="neither tokens nor regions"):
        encode_prefix(encoder, make_prefix([2, 0], [4, 0]))
