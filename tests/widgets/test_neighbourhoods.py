"""Neighbours, projections and the neighbourhood explorer, without a browser."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np
import pytest
from traitlets import TraitError

from tests.widgets import neighbourhood_sample as sample
from widgets import EmbeddingTable, Neighbourhoods, figure_four
from widgets.neighbours import wire
from widgets.neighbours.nearest import METRICS, agreement, agreements, chance, nearest
from widgets.neighbours.one_thread import one_thread
from widgets.neighbours.projection import aligned, principal, shared_principal
from widgets.neighbours.space import MOST, NeighbourSpace
from widgets.neighbours.umap_projection import umap_positions

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tables() -> list[EmbeddingTable]:
    return sample.tables()


@pytest.fixture
def view(tables) -> Neighbourhoods:
    return Neighbourhoods(tables, "toucan")


def by_hand(vectors: np.ndarray, metric: str) -> np.ndarray:
    """All distances, one pair at a time."""
    vectors = vectors.astype(np.float64)
    found = np.zeros((len(vectors), len(vectors)))
    for i, one in enumerate(vectors):
        for j, other in enumerate(vectors):
            if metric == "cosine":
                found[i, j] = 1 - one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
            else:
                found[i, j] = np.sqrt(((one - other) ** 2).sum())
    np.fill_diagonal(found, np.inf)
    return found


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_those_found_by_hand(metric, monkeypatch) -> None:
    monkeypatch.setattr(
        "widgets.neighbours.nearest._CELLS", 1000
    )  # so that there are several chunks
    vectors = np.random.default_rng(0).normal(3, 1, (130, 12)).astype(np.float32)
    numbers, distances = nearest(vectors, 9, metric)
    expected = by_hand(vectors, metric)
    np.testing.assert_array_equal(numbers, np.argsort(expected, axis=1, kind="stable")[:, :9])
    np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :9], atol=1e-12)
    some, _ = nearest(vectors, 9, metric, of=[7, 100])
    np.testing.assert_array_equal(some, numbers[[7, 100]])


@pytest.mark.parametrize("metric", METRICS)
def test_equal_distances_go_by_number_and_missing_ones_are_marked(metric) -> None:
    vectors = np.tile(np.random.default_rng(1).normal(size=(4, 5)), (12, 1)).astype(np.float32)
    numbers, distances = nearest(vectors, 5, metric)
    assert numbers[5].tolist() == [1, 9, 13, 17, 21]
    assert np.abs(distances[5]).max() < 1e-7
    among = np.zeros(48, dtype=np.bool_)
    among[[5, 2, 30]] = True
    numbers, distances = nearest(vectors, 4, metric, of=[5], among=among)
    assert sorted(numbers[0, :2]) == [2, 30] and numbers[0, 2:].tolist() == [-1, -1]
    assert np.isinf(distances[0, 2:]).all()
    with pytest.raises(ValueError, match="k must be 1 or more"):
        nearest(vectors, 0, metric)


def test_a_vector_of_zeros_is_near_to_nothing() -> None:
    vectors = np.array([[0, 0], [1, 0], [2, 0.1]], dtype=np.float32)
    numbers, distances = nearest(vectors, 2)
    assert distances[0].tolist() == [1, 1] and numbers[1].tolist() == [2, 0]


def test_agreement_counts_what_is_shared_and_chance_is_what_blind_choices_give() -> None:
    first = np.array([[1, 2, 3, 4], [5, 6, -1, -1], [-1, -1, -1, -1]])
    second = np.array([[3, 9, 1, 8], [6, 5, -1, -1], [1, 2, 3, 4]])
    assert agreement(first, second).tolist() == [0.5, 1.0, 0.0]
    assert agreement(first, second, "jaccard").tolist() == pytest.approx([1 / 3, 1.0, 0.0])
    both = agreements([first, second])
    assert both[0, 1].tolist() == both[1, 0].tolist() == [0.5, 1.0, 0.0]
    assert (both[0, 0] == 1).all()
    rng = np.random.default_rng(0)
    blind = [np.array([rng.permutation(40)[:6] for _ in range(4000)]) for _ in range(2)]
    for measure in ("overlap", "jaccard"):
        assert chance(40, 6, measure) == pytest.approx(agreement(*blind, measure).mean(), abs=0.01)
    assert chance(40, 6) == pytest.approx(6 / 40)
    assert chance(6, 3, "jaccard") == pytest.approx(
        sum(comb(3, i) ** 2 / comb(6, 3) * i / (6 - i) for i in range(4))
    )


def test_principal_components_hold_the_variance_that_they_say() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(80, 3)) @ np.diag([5.0, 2.0, 0.5]) @ rng.normal(size=(3, 7)) + 4
    found = principal(vectors)
    values = np.linalg.eigvalsh(np.cov(vectors.T))[::-1]
    np.testing.assert_allclose(found.explained, values[:2] / values.sum(), rtol=1e-9)
    np.testing.assert_allclose(found.positions.var(axis=0, ddof=1), values[:2], rtol=1e-9)
    np.testing.assert_array_equal(found.positions, principal(vectors.copy()).positions)
    wide = principal(vectors[:5])  # fewer points than dimensions
    assert wide.positions.shape == (5, 2) and 0 < wide.explained.sum() <= 1 + 1e-12
    alone = principal(vectors[:1])
    assert alone.positions.tolist() == [[0, 0]] and alone.explained.tolist() == [0, 0]


def test_components_of_some_points_place_all_of_them() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 6))
    chosen = np.arange(10)
    found = principal(vectors, chosen)
    np.testing.assert_allclose(found.positions[chosen], principal(vectors[:10]).positions)
    np.testing.assert_allclose(found.explained, principal(vectors[:10]).explained)
    assert found.positions.shape == (50, 2)


def test_turned_models_lie_on_each_other_and_keep_their_distances() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 8)) * [4, 3, 1, 1, 1, 1, 1, 1]
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    first, second = principal(vectors), principal(-(vectors @ turn))
    moved = aligned(second, first.positions)
    np.testing.assert_allclose(moved.positions, first.positions, atol=1e-8)
    np.testing.assert_allclose(moved.explained, first.explained, atol=1e-9)
    other = principal(rng.normal(size=(60, 8)))
    turned = aligned(other, first.positions)
    gaps = [np.linalg.norm(p.positions[:, None] - p.positions, axis=2) for p in (other, turned)]
    np.testing.assert_allclose(*gaps, atol=1e-9)
    assert turned.explained.sum() == pytest.approx(other.explained.sum())
    before, after = (((p.positions - first.positions) ** 2).sum() for p in (other, turned))
    assert after < before


def test_a_shared_basis_is_one_pair_of_axes() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 6)) * [5, 3, 1, 1, 1, 1]
    one, other = shared_principal([vectors, 2 * vectors + 7])
    np.testing.assert_allclose(other.positions, 2 * one.positions, atol=1e-9)
    with pytest.raises(ValueError, match="models of 5, 6 units have no axes in common"):
        shared_principal([vectors, vectors[:, :5]])


def test_tables_say_what_is_wrong_with_them(tables) -> None:
    table = tables[0]
    for change, message in (
        ({"vectors": table.vectors[:, :-1]}, r"vectors must be \[layers, 129, width\]"),
        ({"vectors": np.full_like(table.vectors, np.nan)}, "first in layer 0, 'toucan'"),
        ({"kinds": ("thing",) * 129}, "a word or a region, not 'thing'"),
        ({"groups": ("x",)}, "1 groups were given for 129 points"),
        ({"layer_names": ("x",)}, "1 layer names were given for 3 layers"),
        ({"thumbnail": np.full(129, 500)}, "number the 90 thumbnails"),
        ({"thumbnails": np.zeros((2, 4, 5, 3), np.uint8)}, "thumbnails must be uint8"),
        ({"column_names": ("a", "b")}, r"columns must be \[129, 2\]"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(table, **change)
    with pytest.raises(ValueError, match="the same points, but 'words first' has 129"):
        Neighbourhoods([table, EmbeddingTable.from_arrays("x", ["a"], np.ones((1, 3)))])
    with pytest.raises(ValueError, match="got none"):
        Neighbourhoods([])


def test_plain_arrays_are_a_table(tmp_path) -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    table = EmbeddingTable.from_arrays("mine", ["a", "B", "c", "d", "e"], vectors)
    assert table.groups[1] == "b" and table.layers == 1 and set(table.kinds) == {"word"}
    table.save(tmp_path / "mine.npz")
    view = Neighbourhoods(tmp_path / "mine.npz", "b")
    assert view.centre == 1 and view.sentence().startswith("Nearest to “B”: in mine “")
    assert view.to_image().width == 900
    assert len(view.table()) == 4, "everything else is a neighbour"


def test_the_view_says_what_the_numbers_say(view, tables) -> None:
    rows = view.table()
    assert rows.groupby("model", sort=False)["rank"].max().tolist() == [8, 8, 8]
    for table, (numbers, distances) in zip(tables, view.neighbours(), strict=True):
        expected = by_hand(table.vectors[-1], "cosine")[view.centre]
        assert numbers.tolist() == np.argsort(expected, kind="stable")[:8].tolist()
        np.testing.assert_allclose(distances, np.sort(expected)[:8], atol=1e-9)
    first, second = (set(numbers.tolist()) for numbers, _ in view.neighbours()[:2])
    found = rows[(rows.model == "words first") & rows.point.isin(second)]
    assert (found.found_in >= 2).all() and len(found) == len(first & second)
    agreed = view.agreement()
    assert agreed.loc[view.centre, "words first – both"] == len(first & second) / 8
    assert agreed.attrs["chance"] == pytest.approx(8 / 128)
    assert view.sentence().endswith("of 8 neighbours on average; 0.5 by chance.")


def test_kinds_layers_and_metrics_change_whom_is_found(view) -> None:
    view.set_state({"kind": "word"})
    assert set(view.table().kind) == {"word"}
    view.set_state({"kind": "region", "k": 3, "metric": "euclidean"})
    assert set(view.table().kind) == {"region"} and len(view.table()) == 9
    last = view.table().point.tolist()
    view.set_state({"layer": 0})
    assert view.table().point.tolist() != last


def test_a_shallower_model_shows_its_last_layer(tables) -> None:
    short = replace(tables[1], vectors=tables[1].vectors[-1:], layer_names=("only",))
    view = Neighbourhoods([tables[0], short], 0)
    assert view.layer == 2
    last = view.neighbours()[1][0].tolist()
    view.layer = 0
    assert view.neighbours()[1][0].tolist() == last


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("centre", 129, "points 0 to 128"),
        ("layer", 3, "layers 0 to 2"),
        ("k", 11, "k must be 1 to 10"),
        ("kind", "things", "kind"),
        ("group", "unicorn", "no point is of the concept 'unicorn'"),
        ("metric", "taxi", "metric"),
        ("selection", [0, -1], "point -1 was given"),
        ("view", [0.5, 0.5, 0.0], "zoom of 1 or more"),
    ],
)
def test_choices_that_there_are_not_are_refused(view, tables, trait, value, message) -> None:
    with pytest.raises(TraitError, match=message):
        view.set_state({trait: value})
    with pytest.raises(TraitError, match=message):
        Neighbourhoods(tables, **{trait: value})
    assert view.sentence()


def test_unknown_names_bring_close_ones_and_unknown_choices_the_known(tables) -> None:
    with pytest.raises(ValueError, match="no point is called 'tucan'; close to it are toucan"):
        Neighbourhoods(tables, "tucan")
    with pytest.raises(TypeError, match="no 'color'; choose centre, layer"):
        Neighbourhoods(tables, color="red")
    thin = [tables[0], replace(tables[1], vectors=tables[1].vectors[:, :, :9])]
    with pytest.raises(TraitError, match="have no axes in common"):
        Neighbourhoods(thin, projection="shared")


def test_a_selection_keeps_its_points_whatever_is_filtered(view) -> None:
    """Numbers of points are theirs for good: after a filter no point has another's picture."""
    chosen = [view.find("foot"), 5, 40]
    view.set_state({"selection": chosen})
    before = view.selected()
    view.set_state({"kind": "region", "group": "foot", "layer": 1})
    after = view.selected()
    assert after.index.tolist() == chosen and after.name.tolist() == before.name.tolist()
    assert view.thumbnail == view.space.points.thumbnail.tolist()
    assert after["x both"].tolist() != before["x both"].tolist(), "another layer, another place"
    assert list(after.columns[:4]) == ["name", "kind", "concept", "sentence"]


def unpacked(view: Neighbourhoods, values: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a browser reads: positions, and the neighbours of every point with their distances."""
    count, models = len(view.names), len(view.models)
    layers = len(values["drawn"]["layers"])
    positions = np.frombuffer(values["positions"], "<f4").reshape(layers, models, count, 2)
    shape = (layers, models, 3, count, MOST)
    numbers = np.frombuffer(values["numbers"], "<u2").reshape(shape)
    scales = np.array(values["scales"]).reshape(layers, models, 3, 1, 1)
    distances = np.frombuffer(values["distances"], "<u2").reshape(shape) * scales / 65535
    return positions, numbers, distances


def test_bytes_hold_what_python_found(view) -> None:
    values = view.page_values()
    positions, numbers, distances = unpacked(view, values)
    drawn = view.space.projections("pca", 1)[2].positions
    np.testing.assert_allclose(positions[1, 2], drawn, rtol=1e-5, atol=1e-5)
    view.set_state({"kind": "region", "layer": 1})
    for model, (expected, away) in enumerate(view.neighbours()):
        assert numbers[1, model, 2, view.centre, :8].tolist() == expected.tolist()
        np.testing.assert_allclose(distances[1, model, 2, view.centre, :8], away, atol=3e-5)
    assert (numbers[1, 0, 1, :, -1] != wire.NONE).all()


def test_of_many_points_only_the_centre_is_sent() -> None:
    many = sample.many(2500, models=2)
    view = Neighbourhoods(many, 3)
    assert view.numbers == b"" and view.nearby["asked"] == [3, 0, "cosine", "all"]
    assert view.nearby["numbers"][0][:8] == view.neighbours()[0][0].tolist()
    view.set_state({"centre": 77, "kind": "word"})
    assert view.nearby["asked"] == [77, 0, "cosine", "word"]
    assert view.page_values()["numbers"] == b""


def test_layers_beyond_what_fits_are_sent_one_by_one(monkeypatch, tables) -> None:
    monkeypatch.setattr(wire, "LARGEST", 5000)
    view = Neighbourhoods(tables, 0)
    assert view.drawn["layers"] == [2] and len(view.positions) == 3 * 129 * 2 * 4
    first = view.positions
    view.set_state({"layer": 0})
    assert view.drawn["layers"] == [0] and view.positions != first
    assert view.page_values()["drawn"]["layers"] == [0]


def test_figure_four_is_drawn_on_the_axes_of_the_neighbourhood(tables) -> None:
    view = figure_four(tables, "hamburger", k=4)
    around = view.drawn["around"]
    assert around[0] == view.find("hamburger") and view.projection == "local"
    assert set(around) == {view.centre, *view.table().point}
    spread = [
        one.positions[around].var(axis=0) for one in view.space.projections("local", 2, around)
    ]
    everything = tables[0].vectors[2][around].astype(np.float64).var(axis=0).sum()
    np.testing.assert_allclose(view.explained[0], spread[0] / everything, rtol=1e-6)
    before = view.positions
    view.set_state({"centre": view.find("foot")})
    assert view.drawn["around"][0] == view.find("foot") and view.positions != before
    image = view.to_image(900)
    assert image.width == 900 and image.height > 400


def test_pictures_states_and_saved_notebooks(view, tables, tmp_path) -> None:
    view.set_state({"centre": 3, "k": 5, "selection": [1, 2], "view": [0.4, 0.5, 2.0]})
    again = Neighbourhoods.from_state(view.state(), tables)
    assert again.state() == view.state() and again.sentence() == view.sentence()
    assert np.asarray(again.to_image(700)).tobytes() == np.asarray(view.to_image(700)).tobytes()
    with pytest.raises(ValueError, match="has no colour"):
        Neighbourhoods.from_state({"colour": 1}, tables)
    with pytest.raises(ValueError, match="needs a width of 600"):
        view.to_image(300)
    data, _ = view._repr_mimebundle_()
    assert data["text/plain"] == view.sentence() and len(data["image/png"]) < 120_000
    whole = np.asarray(Neighbourhoods(tables, 3, k=5).to_image(700), dtype=int)
    closer = np.asarray(view.to_image(700), dtype=int)
    assert whole.shape == closer.shape and np.abs(whole - closer).mean() > 1
    view.focused = True
    focused = np.asarray(view.to_image(700), dtype=int)
    left = slice(0, 232)  # the first panel is where the others are brought to
    assert (focused[:, left] == closer[:, left]).all() and (focused != closer).any()
    page = view.to_html(tmp_path / "page.html")
    assert "</script><" not in page.replace("</script>\n<", "") and "http" not in view._esm


UMAP_IN_A_FRESH_PROCESS = """
import sys
import numpy as np
from widgets.neighbours.umap_projection import umap_positions
vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
found = umap_positions(vectors, neighbours=6, folder=sys.argv[1])
print("umap" in sys.modules, float(found.sum()))
"""


@pytest.mark.slow
def test_umap_is_seeded_kept_and_read_without_umap(tmp_path, tables, monkeypatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    first = umap_positions(vectors, neighbours=6, folder=tmp_path / "one")
    second = umap_positions(vectors, neighbours=6, folder=tmp_path / "two")
    np.testing.assert_array_equal(first, second)
    other = umap_positions(vectors, neighbours=6, seed=1, folder=tmp_path / "one")
    assert np.abs(other - first).max() > 0.1
    assert len(list((tmp_path / "one").glob("umap-*.npz"))) == 2, "another seed is another file"
    command = [sys.executable, "-c", UMAP_IN_A_FRESH_PROCESS, str(tmp_path / "one")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    loaded, total = ran.stdout.split()
    assert loaded == "False" and float(total) == pytest.approx(float(first.sum()))

    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    view = Neighbourhoods(tables[:2], "toucan")
    before = view.positions
    view.set_state({"projection": "umap"})
    assert "UMAP is being worked out" in view.busy and view.to_image().width == 900
    view._wait()
    assert view.busy == "" and view.drawn["projection"] == "umap" and view.positions != before
    assert len(list((tmp_path / ".cache" / "projections").glob("*.npz"))) == 2


def test_umap_that_is_not_there_says_what_to_install(tmp_path, monkeypatch, tables) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match=r"pip install \"vl-workbench\[explain\]\""):
        umap_positions(np.ones((5, 3), dtype=np.float32), folder=tmp_path)
    with pytest.raises(ValueError, match="4 points or more, got 3"):
        umap_positions(np.ones((3, 3), dtype=np.float32), folder=tmp_path)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    view = Neighbourhoods(tables[0], projection="umap")
    view._wait()
    assert "vl-workbench[explain]" in view.busy and view.to_image()


def test_small_matrices_are_left_to_one_thread() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with one_thread():
        pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    assert pools and set(pools) == {1}


def test_asking_twice_works_once(tables) -> None:
    space = NeighbourSpace(tables)
    assert space.near(0, "cosine", "all") is space.near(0, "cosine", "all")
    assert space.projections("pca", 0) is space.projections("pca", 0)
    assert space.knows("pca", 0) and not space.knows("umap", 0)
