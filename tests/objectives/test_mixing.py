"""Mixes: what a step trains, how losses make one number, and what cannot go together."""

import pytest
import torch
from torch import nn

from tests.properties.batches import (
    CLASSES,
    FEATURES,
    MASK,
    VOCABULARY,
    make_batch,
    make_uniter,
    seeded,
)
from workbench.objectives.by_kind import ByKind, kinds_of
from workbench.objectives.contrastive import Contrastive
from workbench.objectives.fragments import FragmentGeneration
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionClass, RegionDistribution, RegionFeatures
from workbench.objectives.masking import Tokens
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Alternate, Apart, Together
from workbench.pairs import LossSum
from workbench.patterns import BIDIRECTIONAL
from workbench.training.model import Pretraining

torch.set_num_threads(1)
WIDTH = 24


def words(name="mlm", **options) -> MaskedLanguage:
    torch.manual_seed(1)
    return MaskedLanguage(nn.Linear(WIDTH, VOCABULARY), MASK, (5, VOCABULARY), name=name, **options)


def regions(**options) -> RegionClass:
    torch.manual_seed(2)
    return RegionClass(nn.Linear(WIDTH, CLASSES), **options)


def features() -> RegionFeatures:
    torch.manual_seed(3)
    return RegionFeatures(nn.Linear(WIDTH, FEATURES))


def matching(**options) -> Matching:
    torch.manual_seed(4)
    return Matching(nn.Linear(WIDTH, 2), **options)


def fragments() -> FragmentGeneration:
    return FragmentGeneration(nn.Linear(WIDTH, VOCABULARY), 2, 3)


@pytest.fixture(scope="module")
def encoder():
    return make_uniter().encoder


def batch_of():
    return make_batch([9, 12, 6, 8, 10, 7], [4, 3, 5, 2, 6, 3])


def losses_of(encoder, parts) -> dict[str, LossSum]:
    found: dict[str, LossSum] = {}
    for part in parts:
        encoding = encoder(part.batch, part.pattern)
        for objective, broken in part.asked:
            loss = objective.loss(encoding, broken)
            found[objective.name] = (
                found[objective.name] + loss if objective.name in found else loss
            )
    return found


MIXES = {
    "alternate": lambda: Alternate([words(), matching(), features()], [1.0, 1.0, 1.0]),
    "per sample": lambda: Alternate(
        [words("bi"), words("s2s", source_rows=1)], [1.0, 3.0], per="sample"
    ),
    "together": lambda: Together(
        [matching(replace="either"), words(), features(), regions(already_hidden=True)]
    ),
    "apart": lambda: Apart([Together([words(), features()], [1.0, 0.5]), matching()]),
    "by kind": lambda: ByKind(
        pairs=Together([words(), features()]), images=features(), texts=words()
    ),
    "nested": lambda: Alternate(
        [Together([words(), features()]), Together([fragments(), features()])], [1.0, 1.0]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXES)
def test_a_mix_leaves_its_batch_alone_and_follows_its_seed(encoder, name):
    mix, batch = MIXES[name](), batch_of()
    kept = [t.clone() for t in (batch.text.ids, batch.regions.features, batch.matched)]
    model = Pretraining(encoder, mix)
    with torch.no_grad():
        one, two, other = (model(batch, seeded(seed)) for seed in (3, 3, 4))
    assert one.total.item() == two.total.item() != other.total.item()
    assert list(one.losses) == list(two.losses)
    assert all(torch.equal(*each) for each in zip(
        (batch.text.ids, batch.regions.features, batch.matched), kept, strict=True
    ))  # fmt: skip
    assert batch.regions.hidden is None


@pytest.mark.parametrize("name", MIXES)
def test_every_part_is_scored_on_the_rows_that_it_reports(name):
    for seed in range(6):
        for part in MIXES[name]().plan(batch_of(), seeded(seed)):
            for objective, broken in part.asked:
                assert torch.equal(broken.batch.text.offsets.starts, part.batch.text.offsets.starts)
                if objective.name in ("mlm", "bi", "s2s"):
                    kept = part.batch.text.ids[broken.rows] == broken.targets
                    assert (part.batch.text.words[broken.rows] >= 0).all() and not kept.all()
                elif objective.name in ("mrfr", "mrc"):
                    assert (part.batch.regions.features[broken.rows] == 0).all()
                    assert part.batch.regions.hidden[broken.rows].all()
                elif objective.name == "itm":
                    assert torch.equal(part.batch.matched.long(), broken.targets)


def test_apart_gives_every_member_the_whole_batch_and_adds_their_losses(encoder):
    mix, batch = MIXES["apart"](), batch_of()
    parts = mix.plan(batch, seeded(0))
    assert [[one.name for one, _ in part.asked] for part in parts] == [["mlm", "mrfr"], ["itm"]]
    assert all(part.batch.names == batch.names for part in parts)
    assert torch.equal(parts[1].batch.text.ids, batch.text.ids), "what one hides others see"
    with torch.no_grad():
        losses = losses_of(encoder, parts)
    means = {name: loss.mean() for name, loss in losses.items()}
    expected = means["mlm"] + 0.5 * means["mrfr"] + means["itm"]
    torch.testing.assert_close(mix.total(losses), expected)


def test_drawing_for_each_pair_is_one_pooled_mean(encoder):
    mix, batch = MIXES["per sample"](), make_batch([9] * 40, [2] * 40)
    parts = mix.plan(batch, seeded(0))
    shares = {part.asked[0][0].name: len(part.batch) / 40 for part in parts}
    assert shares["s2s"] == pytest.approx(0.75, abs=0.2) and sum(shares.values()) == 1
    names = [name for part in parts for name in part.batch.names]
    assert sorted(names) == sorted(batch.names), "every pair is trained once"
    with torch.no_grad():
        losses = losses_of(encoder, parts)
        scored = Pretraining(encoder, mix)(batch, seeded(0))
    pooled = sum(loss.sum for loss in losses.values()) / sum(loss.count for loss in losses.values())
    torch.testing.assert_close(scored.total, pooled)
    apart = sum(loss.mean() for loss in losses.values())
    assert (apart - pooled).abs() > 0.1


def test_kinds_are_told_apart_and_their_losses_added_by_name(encoder):
    batch = make_batch([9, 0, 7, 8, 0, 6], [4, 5, 0, 3, 2, 0])
    kinds = {kind: mine.nonzero().squeeze(1).tolist() for kind, mine in kinds_of(batch).items()}
    assert kinds == {"pairs": [0, 3], "images": [1, 4], "texts": [2, 5]}
    mix = MIXES["by kind"]()
    parts = mix.plan(batch, seeded(0))
    assert [part.batch.names for part in parts] == [
        tuple(f"pair-{i}" for i in kinds[kind]) for kind in kinds
    ]
    with torch.no_grad():
        each = [losses_of(encoder, [part]) for part in parts]
        scored = Pretraining(encoder, mix)(batch, seeded(0))
    assert [list(losses) for losses in each] == [["mlm", "mrfr"], ["mrfr"], ["mlm"]]
    mlm, mrfr = each[0]["mlm"] + each[2]["mlm"], each[0]["mrfr"] + each[1]["mrfr"]
    assert scored.losses["mlm"].count == mlm.count and scored.losses["mrfr"].count == mrfr.count
    torch.testing.assert_close(scored.total, mlm.mean() + mrfr.mean())


def test_weights_of_a_joint_step(encoder):
    batch = batch_of()
    mix = Together([words(), features()], [1.0, 0.25])
    with torch.no_grad():
        scored = Pretraining(encoder, mix)(batch, seeded(0))
    expected = scored.losses["mlm"].mean() + 0.25 * scored.losses["mrfr"].mean()
    torch.testing.assert_close(scored.total, expected)


def test_a_bending_objective_takes_the_pattern_of_a_firm_one():
    batch = batch_of()
    (part,) = Together([features(), words(source_rows=2)]).plan(batch, seeded(0))
    assert part.pattern.source.tolist() == [2] * 6
    (part,) = Together([fragments(), features()]).plan(batch, seeded(0))
    assert part.pattern is part.asked[0][1].pattern
    (part,) = Together([features(), regions(already_hidden=True)]).plan(batch, seeded(0))
    assert part.pattern is BIDIRECTIONAL
    (part,) = Together([fragments(), features(), Contrastive()]).plan(batch, seeded(0))
    assert [objective.name for objective, _ in part.asked] == ["fragments", "mrfr", "cmcl"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([words(), fragments()], "changes the rows .* name it first"),
        ([words(choose=Tokens(0.5)), words("s2s", source_rows=2)], "'mlm' and 's2s' ask for diff"),
        ([matching(), words(source_rows=2)], "'itm' and 'mlm' ask for different"),
        ([features(), matching(probability=1.0)], "'itm' changes the rows"),
        ([words(), matching(probability=1.0, replace="text")], "'itm' changes the rows"),
        ([words(), Contrastive(alone=True)], "'cmcl' changes the rows"),
        ([features(), regions()], "hidden already"),
    ],
)
def test_what_cannot_share_a_pass_is_refused(members, message):
    with pytest.raises(ValueError, match=message):
        Together(members).plan(batch_of(), seeded(0))


def test_mixes_explain_mistakes():
    with pytest.raises(ValueError, match="need different names"):
        Together([words(), words()])
    with pytest.raises(ValueError, match="takes objectives, not the mixes"):
        Together([Alternate([words()], [1.0]), features()])
    with pytest.raises(ValueError, match="2 objectives were given 1 weights"):
        Alternate([words(), features()], [1.0])
    with pytest.raises(ValueError, match="sum above zero"):
        Alternate([words()], [0.0])
    with pytest.raises(KeyError, match=r"no objective 'mrc'; there are .*mlm.*mrfr"):
        MIXES["by kind"]()["mrc"]


def test_scores_only_matched_after_pictures_moved():
    mix = Together(
        [
            matching(),
            words(only_matched=True),
            RegionDistribution(nn.Linear(WIDTH, CLASSES), only_matched=True),
        ]
    )
    batch = make_batch([9] * 30, [3] * 30)
    (part,) = mix.plan(batch, seeded(0))
    (_, moved), (_, said), (_, seen) = part.asked
    assert 0 < moved.targets.sum() < 30
    text, pictures = part.batch.text.offsets, part.batch.regions.offsets
    matched = set(moved.targets.nonzero().squeeze(1).tolist())
    assert set(text.owner[said.rows].tolist()) == matched == set(pictures.owner[seen.rows].tolist())
    assert part.batch.regions.hidden.sum() > len(seen.rows)
