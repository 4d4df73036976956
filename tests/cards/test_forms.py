"""The forms of a card: Markdown, a web page, files in the run's folder, the command line."""

from __future__ import annotations

import argparse
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from workbench.cards.command import add_card
from workbench.cards.comparing import as_markdown, compare, differing
from workbench.cards.curves import Curve, drawing
from workbench.cards.facts import card_of
from workbench.cards.markdown import markdown, table
from workbench.cards.page import page
from workbench.cards.sections import lead
from workbench.cards.writing import write_card


class Outline(HTMLParser):
    """What a page has: its tags, the ids, the links, and whether all that opens closes."""

    VOID = ("meta", "link", "br")

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.open = [], [], [], []
        self.labels = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.labels += [given["aria-label"]] if given.get("role") == "img" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def card(told):
    return card_of(told)


@pytest.fixture(scope="module")
def html(card, told):
    return page(card, told.frame())


def test_the_lead_says_how_it_went(card):
    assert lead(card).startswith("told finished 12 of 12 steps in")
    assert "interrupted once" in lead(card)


def test_markdown_has_every_section_and_keeps_its_tables_whole(card):
    text = markdown(card)
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert titles == [
        "Results", "Losses", "Validation", "Chosen otherwise than by default", "Data",
        "Data in this run", "Speed", "Environment", "Attempts", "To do it again",
        "Fingerprints", "The whole recipe", "Files",
    ]  # fmt: skip
    assert "| name accuracy | with regions 0.750 |" in text
    assert "nothing &lt;b>real&lt;/b> \\| at all" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1, block


def test_a_cell_cannot_end_its_table():
    assert table(["a"], [["x|y\n<z>"]]).splitlines()[-1] == "| x\\|y &lt;z> |"


def test_the_page_is_whole_and_loads_nothing(html, told):
    outline = Outline(html)
    assert outline.open == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert "script" not in outline.tags and "http" not in html.replace("http-equiv", "")
    for link in outline.links:
        assert link == "data:," or (told.path / link).exists()
    assert "<b>real</b>" not in html and "nothing &lt;b&gt;real" in html


def test_every_curve_is_a_picture_with_words(html):
    curves = re.findall(r"<figcaption>(.*?) <b>", html)
    assert curves == [
        "itm loss", "mlm loss", "accuracy, held out", "pairs per second", "learning rate",
    ] or curves == [
        "mlm loss", "itm loss", "accuracy, held out", "pairs per second", "learning rate",
    ]  # fmt: skip
    drawings = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html)]
    assert len(drawings) == 5
    dots = [sum(part.get("class") == "dot" for part in one) for one in drawings]
    assert sorted(dots) == [0, 0, 0, 3, 3]
    assert all("at the end" in label or "held-out" in label for label in Outline(html).labels)
    for one in drawings:
        width, height = map(float, one.attrib["viewBox"].split()[2:])
        for line in (part for part in one if part.tag == "polyline"):
            places = [tuple(map(float, p.split(","))) for p in line.attrib["points"].split()]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in places)


def test_the_files_lie_where_they_are_wanted(told, tmp_path):
    card = write_card(told, tmp_path)
    kept = json.loads((tmp_path / "card.json").read_text())
    assert kept["weights_sha256"] == card.weights_sha256 and kept["steps"] == 12
    assert (tmp_path / "card.md").read_text() == markdown(card)
    assert (tmp_path / "card.html").read_text().startswith("<!doctype html>")


def test_runs_side_by_side(told):
    found = compare([told, told])
    assert list(found.index) == ["told", "told"]
    assert not [name for name in found.columns if name.startswith("recipe")]
    assert found["steps"].tolist() == [12, 12]
    best = min(event["metrics"]["mlm"] for event in told.events() if event.kind == "validation")
    assert found["best mlm"].tolist() == [best, best]
    text = as_markdown(found)
    assert (
        text.splitlines()[0] == "|  | told | told |" and "| state | finished | finished |" in text
    )
    with pytest.raises(ValueError, match="one run or more"):
        compare([])


def test_only_what_differs_in_recipes_is_told():
    one = {"name": "a", "seed": 0, "model": {"arguments": {"width": 16, "old": 1}}}
    other = {"name": "b", "seed": 1, "model": {"arguments": {"width": 16}}}
    assert differing([one, other]) == {"seed": [0, 1], "model.arguments.old": [1, None]}


def run_verb(*words):
    top = argparse.ArgumentParser()
    add_card(top.add_subparsers())
    given = top.parse_args(list(map(str, words)))
    return given.command(given)


def test_the_verbs(told, tmp_path, capsys):
    assert run_verb("card", told.path, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["data_fingerprint"] == "toy-0-8" and len(facts["weights_sha256"]) == 64
    html, text = tmp_path / "card.html", tmp_path / "card.md"
    assert run_verb("card", told.path, "--html", html, "--markdown", text) == 0
    assert html.read_text().startswith("<!doctype") and text.read_text().startswith("# Run card")
    assert run_verb("compare", told.path, told.path, "--json") == 0
    assert [row["run"] for row in json.loads(capsys.readouterr().out)] == ["told", "told"]
    assert run_verb("export", told.path, "--csv", tmp_path / "told.csv") == 0
    lines = (tmp_path / "told.csv").read_text().splitlines()
    assert lines[0].startswith("step,time,attempt") and len(lines) == 13
    assert run_verb("export", told.path, "--tensorboard", tmp_path / "board") == 0
    assert list((tmp_path / "board" / "told").glob("events.out.tfevents.*"))


def test_a_single_value_is_a_point():
    drawn = drawing(Curve("loss", [3.0], [2.0]), 10.0)
    assert drawn.count('class="point"') == 2 and "polyline" not in drawn
