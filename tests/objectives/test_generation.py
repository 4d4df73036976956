"""Generation from left to right: fragments cut out of a text, and captions."""

import dataclasses
import random

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.properties.batches import VOCABULARY, make_batch, make_uniter, seeded
from workbench.encoders.encoding import Encoding
from workbench.objectives.fragments import FragmentGeneration, drawn_fragments
from workbench.objectives.next_token import NextToken
from workbench.pairs import Offsets

torch.set_num_threads(1)
START, END = 48, 49


def fragments(**options) -> FragmentGeneration:
    torch.manual_seed(0)
    return FragmentGeneration(nn.Linear(24, VOCABULARY), START, END, **options)


def text_of(lengths, regions=None):
    """Sentences of two sub-words to a word, in which no id is a start or an end."""
    batch = make_batch(lengths, regions or [1] * len(lengths))
    return dataclasses.replace(
        batch, text=dataclasses.replace(batch.text, ids=batch.text.ids.clamp(max=47))
    )


def pieces(broken):
    """Per pair the source rows and each fragment's rows (with its start and end)."""
    text, source = broken.batch.text, broken.pattern.source.tolist()
    for pair, count in enumerate(source):
        begin, stop = text.offsets.starts[pair : pair + 2].tolist()
        found, rows = [], list(range(begin + count, stop))
        while rows:
            cut = next(i for i, row in enumerate(rows) if text.ids[row] == END) + 1
            found.append(rows[:cut])
            rows = rows[cut:]
        yield list(range(begin, begin + count)), found


def test_fragments_and_source_are_the_text():
    batch = text_of([40, 12, 3, 0, 90])
    broken = fragments(first_position=3).corrupt(batch, seeded(0))
    text = broken.batch.text
    for pair, (source, found) in enumerate(pieces(broken)):
        begin, stop = batch.text.offsets.starts[pair : pair + 2].tolist()
        original = range(begin, stop)
        inner = [row for fragment in found for row in fragment[1:-1]]
        assert all(text.ids[fragment[0]] == START for fragment in found)
        # source rows keep their positions, so that these say where each row was
        left = text.positions[source].tolist()
        assert text.ids[source].tolist() == [int(batch.text.ids[begin + at]) for at in left]
        moved = [at for at in range(len(original)) if at not in left]
        assert text.ids[inner].tolist() == [int(batch.text.ids[begin + at]) for at in moved]
        assert text.words[inner].tolist() == [int(batch.text.words[begin + at]) for at in moved]
        target = [row for fragment in found for row in fragment]
        assert text.positions[target].tolist() == list(range(3, 3 + len(target)))
        ends = [row for fragment in found for row in (fragment[0], fragment[-1])]
        assert (text.words[ends] == -1).all()
        assert bool(found) == (len(original) > 2)
    assert torch.equal(broken.batch.regions.features, batch.regions.features)


def test_every_fragment_is_guessed_to_its_end_and_no_start_is():
    broken = fragments().corrupt(text_of([40, 12, 3, 90]), seeded(1))
    text = broken.batch.text
    expected = [row for _, found in pieces(broken) for fragment in found for row in fragment[:-1]]
    assert broken.rows.tolist() == expected
    assert torch.equal(broken.targets, text.ids[broken.rows + 1])
    assert (broken.targets != START).all() and (broken.targets == END).sum() >= 4


def test_fragments_are_as_long_and_as_many_as_the_paper_says():
    batch = text_of([402] * 40)
    broken = fragments().corrupt(batch, seeded(0))
    lengths, shares = [], []
    for source, found in pieces(broken):
        inner = [len(fragment) - 2 for fragment in found]
        assert sum(inner) + len(source) == 402
        shares.append(sum(inner) / 400)
        lengths += inner
    assert min(lengths) >= 4 and max(lengths) <= 33  # the 32nd token may be half a word
    assert sum(shares) / 40 == pytest.approx(0.25, abs=0.005)


def test_fragment_lengths_are_uniform():
    dice = random.Random(0)
    lengths = []
    for _ in range(80):
        found = drawn_fragments([1] * 800, [True] * 800, (4, 32), 0.25, dice)
        assert sum(behind - first for first, behind in found) in range(200, 204)
        lengths += [behind - first for first, behind in found]
    counts = torch.bincount(torch.tensor(lengths), minlength=33)[4:33]
    # the last fragment of each text is cut to what is left, so that shorter ones are commoner
    assert len(counts) == counts.count_nonzero() == 29
    assert sum(lengths) / len(lengths) == pytest.approx(17.2, abs=1.0)


def test_short_texts_give_their_shortest_fragment_and_words_stay_whole():
    broken = fragments().corrupt(text_of([12] * 50), seeded(0))
    words = broken.batch.text.words
    for source, found in pieces(broken):
        assert [len(fragment) - 2 for fragment in found] == [4]
        assert not set(words[found[0][1:-1]].tolist()) & set(words[source].tolist())


def test_phrases_move_whole():
    batch = text_of([22] * 50)
    inside = (batch.text.words >= 2) & (batch.text.words < 8)
    text = dataclasses.replace(batch.text, phrases=torch.where(inside, 0, -1))
    broken = fragments().corrupt(dataclasses.replace(batch, text=text), seeded(0))
    for source, found in pieces(broken):
        rows = [row for fragment in found for row in fragment]
        kept, moved = (int((broken.batch.text.phrases[each] == 0).sum()) for each in (source, rows))
        assert (kept, moved) in ((12, 0), (0, 12))


@pytest.mark.parametrize("task", [fragments(), NextToken(nn.Linear(24, VOCABULARY), source=1)])
def test_no_state_knows_what_it_has_to_guess(task):
    """Whatever a row guesses may be changed, with all behind it, and its state stays."""
    encoder = make_uniter().encoder
    broken = task.corrupt(text_of([14, 9], [3, 2]), seeded(0))
    text = broken.batch.text
    with torch.no_grad():
        before = encoder(broken.batch, broken.pattern).text
        for row, target in zip(broken.rows.tolist(), broken.targets.tolist(), strict=True):
            assert int(text.ids[row + 1]) == target
            last = int(text.offsets.starts[text.offsets.owner[row] + 1])
            ids = text.ids.clone()
            ids[row + 1 : last] = (ids[row + 1 : last] + 5) % VOCABULARY
            changed = dataclasses.replace(broken.batch, text=dataclasses.replace(text, ids=ids))
            after = encoder(changed, broken.pattern).text
            assert (after[row] - before[row]).abs().max() < 1e-6
            assert (after[row + 1] - before[row + 1]).abs().max() > 1e-6


def test_captions_are_guessed_token_by_token():
    batch = text_of([6, 3, 2, 0])
    task = NextToken(
        nn.Linear(24, VOCABULARY), source=lambda text: text.offsets.lengths // 3, smoothing=0.1
    )
    broken = task.corrupt(batch, seeded(0))
    assert broken.batch is batch and broken.pattern.source.tolist() == [2, 1, 0, 0]
    assert broken.rows.tolist() == [2, 3, 4, 7, 9]
    assert torch.equal(broken.targets, batch.text.ids[[3, 4, 5, 8, 10]])
    rows = torch.randn(11, 24, generator=seeded(0))
    nothing = torch.zeros(4, 1)
    encoding = Encoding(rows, torch.zeros(4, 1), nothing, nothing, nothing)
    scores = task.head(rows[broken.rows])
    expected = F.cross_entropy(scores, broken.targets, label_smoothing=0.1)
    torch.testing.assert_close(task.loss(encoding, broken).mean(), expected)
    plain = NextToken(nn.Identity(), source=4).corrupt(batch, seeded(0))
    assert plain.pattern.source.tolist() == [4, 3, 2, 0] and plain.rows.tolist() == [4]


def test_fragments_explain_mistakes():
    with pytest.raises(ValueError, match="1 <= shortest <= longest"):
        fragments(lengths=(4, 3))
    with pytest.raises(ValueError, match="share"):
        fragments(share=0.0)


def test_rebuilding_keeps_segments_and_sources():
    batch = text_of([8, 5])
    segments = batch.text.offsets.owner + 1
    text = dataclasses.replace(batch.text, segments=segments)
    moved, source, ends = fragments().rebuilt(text, [[(2, 4), (5, 6)], []])
    assert source.tolist() == [5, 5] and moved.offsets.lengths.tolist() == [12, 5]
    assert torch.equal(moved.segments, Offsets.from_lengths([12, 5]).owner + 1)
    assert ends.nonzero().squeeze(1).tolist() == [8, 11]
