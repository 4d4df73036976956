"""Every golden case of the originals, by family and kind (``--goldens DIR`` says where)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tests.parity import (
    checks_training,
    checks_unimo,
    checks_unimo_generation,
    checks_uniter,
    checks_vilbert,
    checks_vlp,
    checks_vlp_generation,
)
from tests.parity.later import LATER
from tests.parity.originals import BESIDE, Case, Golden, cases, family_of, goldens_folder

torch.set_num_threads(1)

Check = Callable[[Golden], None]


TABLES: dict[str, list[dict[str, Check]]] = {
    "uniter": [checks_uniter.CHECKS, checks_training.UNITER],
    "vilbert": [checks_vilbert.CHECKS, checks_training.VILBERT],
    "vlp": [
        checks_vlp.CHECKS,
        checks_vlp_generation.CHECKS,
        checks_training.VLP,
    ],
    "unimo": [
        checks_unimo.CHECKS,
        checks_unimo_generation.CHECKS,
        checks_training.UNIMO,
    ],
}
CHECKS: dict[tuple[str, str], Check] = {
    (family, kind): check
    for family, tables in TABLES.items()
    for table in tables
    for kind, check in table.items()
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    folder = goldens_folder(metafunc.config.getoption("--goldens"))
    found = cases(folder)
    if not found:
        reason = f"no golden cases below {folder}: give their folder with --goldens DIR"
        empty = folder.is_dir()
        found = [pytest.param(None, id="none", marks=() if empty else pytest.mark.skip(reason))]
    metafunc.parametrize("case", found, ids=str)


def test_the_original_numbers_come_out(case: Case | None):
    assert case is not None, "the goldens folder is there but holds no case"
    if (family_and_kind := (case.family, case.kind)) in LATER:
        pytest.skip(f"later, with {LATER[family_and_kind]}")
    check = CHECKS.get(family_and_kind)
    assert check is not None, (
        f"{case} is of kind {case.kind!r}, which no check of {case.family!r} knows: write one in "
        "checks_*.py, or say in later.py what it waits for"
    )
    check(Golden.at(case.path))


@pytest.mark.parametrize("family", TABLES)
def test_every_check_has_a_case(family: str, request: pytest.FixtureRequest):
    """A check whose kind was renamed would otherwise never run again."""
    folder = goldens_folder(request.config.getoption("--goldens"))
    if folder.resolve() != BESIDE.resolve() or not folder.is_dir():
        pytest.skip(f"only where the public goldens lie beside the project, in {BESIDE}")
    there = {case.kind for case in cases(folder) if case.family == family}
    assert {kind for table in TABLES[family] for kind in table} <= there
    assert {kind for of, kind in LATER if of == family} <= there


def test_no_kind_is_checked_twice_or_both_now_and_later():
    assert len(CHECKS) == sum(len(table) for tables in TABLES.values() for table in tables)
    assert not CHECKS.keys() & LATER.keys()
    assert {family for family, _ in LATER} <= TABLES.keys()


def test_a_family_is_known_by_its_name_its_repository_or_its_folder(tmp_path):
    path = tmp_path / "odd" / "case.json"
    assert family_of({"family": "uniter", "upstream": {"repo": "x/y"}}, path) == "uniter"
    assert family_of({"upstream": {"repo": "github.com/LuoweiZhou/VLP"}}, path) == "vlp"
    assert family_of({"upstream": {"repo": "PaddlePaddle/Research"}}, path) == "unimo"
    assert family_of({"upstream": {"repo": "x/y"}}, path) == family_of({}, path) == "odd"


def test_only_files_with_a_kind_outside_data_folders_are_cases(tmp_path):
    for name, text in {
        "uniter/a.json": '{"kind": "encoder", "family": "uniter"}',
        "uniter/deep/b.json": '{"kind": "new"}',
        "uniter/INDEX.json": '{"kind": "encoder"}',
        "uniter/list.json": '[{"kind": "encoder"}]',
        "uniter/ondisk_A/txt_db/meta.json": '{"kind": "encoder"}',
        "uniter/note.json": "{}",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert [(str(case), case.kind) for case in cases(tmp_path)] == [
        ("uniter/a", "encoder"),
        ("deep/b", "new"),
    ]


def test_an_unknown_kind_fails_and_says_where_to_go(tmp_path):
    path = tmp_path / "case.json"
    path.write_text("{}")
    with pytest.raises(AssertionError, match=r"kind 'strange'.*checks_\*\.py"):
        test_the_original_numbers_come_out(Case(path, "uniter", "strange"))
