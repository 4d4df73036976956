"""Every named endpoint of the real demo, served in this process, is asked by a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.ports import free_port
from workbench.front.page import page
from workbench.front.serving import launch

SENTENCE = "a picture of a mushroom below a crab."
NAMED = {
    *("/regions", "/attention", "/guess", "/match", "/find_picture", "/find_sentence"),
    *("/caption", "/compare"),
}


@pytest.fixture(scope="module")
def client(front) -> Iterator[Client]:
    """A client of the page with all tabs, on a free port of this machine."""
    blocks = page(front)
    port = free_port()
    launch(blocks, server_name="127.0.0.1", server_port=port, prevent_thread_lock=True)
    try:
        yield Client(f"http://127.0.0.1:{port}", verbose=False)
    finally:
        blocks.close(verbose=False)


@pytest.fixture(scope="module")
def handed(picture) -> object:
    """The picture as a client hands it in."""
    return handle_file(picture)


def test_every_endpoint_is_named_and_documented(client):
    told = client.view_api(return_format="dict")
    assert set(told["named_endpoints"]) == NAMED
    assert told["unnamed_endpoints"] == {}
    for name, one in told["named_endpoints"].items():
        assert one["description"], f"{name} says nothing of itself"
        assert all(given["parameter_name"] for given in one["parameters"])


def test_guess(client, handed):
    answer, numbers = client.predict("uniter-tiny", handed, "a ___.", api_name="/guess")
    assert "With the picture" in answer
    assert [len(numbers["blanks"][0][side]) for side in numbers["blanks"][0]] == [5, 5]


def test_match(client, handed):
    answer, numbers = client.predict("unimo-tiny", handed, SENTENCE, api_name="/match")
    assert "Similarity" in answer and numbers["kind"] == "contrast cosine"


def test_find_picture(client, front):
    _, pictures, numbers = client.predict("uniter-tiny", SENTENCE, api_name="/find_picture")
    first = front.gallery.files[numbers["found"][0]["picture"]]
    assert len(pictures) == len(front.gallery.files)
    assert Path(pictures[0]["image"]).read_bytes() == first.read_bytes()
    assert pictures[0]["caption"].startswith("1 · ")


def test_find_sentence(client, handed):
    answer, numbers = client.predict("uniter-tiny", handed, "a <b>", api_name="/find_sentence")
    assert "a &lt;b&gt; (yours)" in answer
    assert sum(one["yours"] for one in numbers["found"]) == 1
    _, numbers = client.predict("uniter-tiny", handed, api_name="/find_sentence")
    assert not any(one["yours"] for one in numbers["found"])


def test_caption(client, handed):
    answer, numbers = client.predict("vlp-tiny", handed, 2, 3, api_name="/caption")
    assert "Greedy" in answer and numbers["beam"]["beams"] == 2


def test_compare(client, handed):
    given = ("uniter-tiny", "vlp-tiny", handed, SENTENCE)
    answer, numbers = client.predict(*given, api_name="/compare")
    assert answer.count("<iframe") == 2 and numbers["second"]["checkpoint"] == "vlp-tiny"


def test_attention_and_regions(client, handed):
    answer = client.predict("uniter-tiny", handed, "a ___ crab", api_name="/attention")
    assert "<iframe" in answer and "[MASK]" in answer
    assert Path(client.predict("uniter-tiny", handed, api_name="/regions")).stat().st_size > 1000


@pytest.mark.parametrize(
    ("given", "name", "says"),
    [
        (("vlp-tiny", SENTENCE), "/find_picture", "neither"),
        (("uniter-tiny", None, 5, 20), "/caption", "not trained to write"),
        (("uniter-tiny", " "), "/find_picture", "no sentence"),
        (("<b>nothing</b>", SENTENCE), "/find_picture", "&lt;b&gt;nothing"),
    ],
)
def test_what_cannot_be_answered_is_told_in_words(client, given, name, says):
    with pytest.raises(AppError, match=says):
        client.predict(*given, api_name=name)
