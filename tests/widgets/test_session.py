"""A session: what is chosen in one explorer is chosen in all, whichever pair is looked at."""

from __future__ import annotations

import json

import pytest

from tests.widgets import widget_samples as samples
from tests.widgets.session_sample import Made, attention_of
from widgets import AttentionRecord, AttentionView, AttributionView, Session
from widgets.attention.change import AttentionChange


@pytest.fixture
def session() -> Session:
    return Session(Made())


def test_an_explorer_is_made_once_and_only_when_asked_for(session: Session) -> None:
    assert session.look.asked == [] and session.made == {}
    assert session.attention is session.attention
    assert session.look.asked == [("attention", 0, 0)]
    assert list(session.made) == ["attention"]


def test_a_word_and_a_region_go_together(session: Session) -> None:
    first, second = session.attention, session.attribution
    assert isinstance(first, AttentionView) and isinstance(second, AttributionView)
    assert second.word == first.word
    first.word = 8
    assert second.word == 8
    second.region = 2
    assert first.region == 2
    session.guesses.place = 4  # "yellow", a word
    assert [first.word, first.region, second.word] == [11, -1, 11]
    session.guesses.place = 8  # the sun, a region
    assert first.region == second.region == 2


def test_opening_a_pair_brings_it_everywhere(session: Session) -> None:
    seen, explained, found = session.attention, session.attribution, session.retrieval
    assert found.opened == [0, 0]
    seen.word = 14  # a word that the next sentence does not have
    found.opened = [1, 2]
    assert session.pair == [1, 2]
    assert seen.record.title == "12 words" and len(explained.record.words) == 12
    assert ("attribution", 1, 2) in session.look.asked
    assert 0 <= seen.word < 12
    seen.word = 3
    assert explained.word == 3, "they are linked again"
    session.pair = [0, 1]
    assert found.opened == [0, 1] and len(seen.words) == 16


def test_a_panel_follows_to_another_pair(session: Session) -> None:
    panel = session.panel("attention", "attribution", columns=2)
    seen, explained = panel.explorers
    seen.word = 14
    session.pair = [1, 0]
    assert len(seen.words) == len(explained.words) == 12
    explained.word = 5
    assert seen.word == 5
    assert set(session._repr_mimebundle_()) >= {"image/png", "text/plain"}
    assert len(session.table()) > 100


def test_looking_again_asks_about_the_pair_that_is_open(session: Session) -> None:
    view = session.attention
    session.pair = [1, 0]
    view.change = AttentionChange(words=(2,)).plain()
    assert session.look.asked[-1] == ("rerun", 1, 0)
    assert view.problem == "" and view.changed["words"] == [2]


def test_the_chosen_word_is_the_centre_of_its_neighbourhood(session: Session) -> None:
    near = session.neighbours
    names = [name.lower() for name in near.space.points.names]
    known = [i for i, word in enumerate(samples.WORDS) if word in names]
    assert known, "the samples share no word"
    assert session.attention.word not in (known[-1], -1) or len(known) == 1
    session.attention.word = known[-1]
    assert near.space.points.names[near.centre].lower() == samples.WORDS[known[-1]]


def test_a_look_that_cannot_answer_is_told(session: Session) -> None:
    class Little:
        def attention(self, sentence: int, picture: int) -> AttentionRecord:
            return attention_of(16)

    little = Session(Little())
    assert not little.attention.rerunnable
    with pytest.raises(LookupError, match="Little cannot be asked for retrieval: give it a method"):
        little.retrieval  # noqa: B018
    with pytest.raises(ValueError, match="a session has no 'maps'; it has retrieval, attention"):
        session.panel("maps")


def test_state_survives_json(session: Session) -> None:
    session.attention.layer = 1
    session.retrieval.opened = [1, 1]
    session.attribution.method = 1
    state = json.loads(json.dumps(session.state()))
    again = Session.from_state(state, Made())
    assert again.state() == session.state()
    assert again.attention.layer == 1 and again.pair == [1, 1] and again.attribution.method == 1
    with pytest.raises(ValueError, match="the state of Session has no lens"):
        Session.from_state({"pair": [0, 0], "lens": 1}, Made())


def test_a_page_and_a_picture_hold_every_explorer(session: Session) -> None:
    parts = [session.attention, session.retrieval, session.neighbours]
    page = session.to_html()
    assert page.count('type="application/json"') == 3
    assert session.sentence() == " ".join(part.sentence() for part in parts)
    heights = [part.to_image(900).height for part in parts]
    assert session.to_image(900).height == sum(heights) + 24
