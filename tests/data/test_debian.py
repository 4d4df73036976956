from __future__ import annotations

import os
import stat

import pytest

from workbench.data import debian


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    return tmp_path


def _pretend_apt(home, monkeypatch, body: str) -> None:
    tools = home / "tools"
    tools.mkdir()
    script = tools / "apt-get"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")


def test_members_are_the_files_under_a_folder(tmp_path, deb):
    file = tmp_path / "thing_1_all.deb"
    file.write_bytes(deb({"usr/a/one.txt": b"1", "usr/a/two.png": b"2", "usr/ab/three.txt": b"3"}))
    assert list(debian.members(file, "/usr/a", (".txt",))) == [("one.txt", b"1")]
    assert dict(debian.members(file, "usr", (".txt", ".png")))["a/two.png"] == b"2"


def test_a_package_in_the_cache_is_not_fetched_again(home, monkeypatch):
    monkeypatch.setenv("PATH", "")
    present = home / ".cache" / "packages" / "thing_1%3a2_all.deb"
    present.parent.mkdir(parents=True)
    present.write_bytes(b"x")
    assert debian.fetch("thing") == present


def test_without_apt_the_error_says_what_to_do(home, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(debian.PackageUnavailable) as raised:
        debian.fetch("thing")
    said = str(raised.value)
    for part in ("thing", "no apt-get", "WORKBENCH_SCENES_SOURCE=openmoji", "packages"):
        assert part in said


def test_apt_downloads_into_the_cache(home, monkeypatch):
    _pretend_apt(home, monkeypatch, 'echo content > thing_1_all.deb; test "$1" = -q')
    file = debian.fetch("thing")
    assert file == home / ".cache" / "packages" / "thing_1_all.deb"
    assert file.read_text() == "content\n"
    assert list(file.parent.iterdir()) == [file]


def test_empty_lists_are_renewed_in_the_cache(home, monkeypatch):
    body = (
        'case "$*" in\n'
        '  *Lists=*update) touch "$WORKBENCH_HOME/updated" ;;\n'
        '  *Lists=*download*) test -f "$WORKBENCH_HOME/updated" && echo new > thing_2_all.deb ;;\n'
        "  *) echo 'E: Unable to locate package thing' >&2; exit 100 ;;\n"
        "esac"
    )
    _pretend_apt(home, monkeypatch, body)
    assert debian.fetch("thing").read_text() == "new\n"


def test_apt_that_fails_is_quoted(home, monkeypatch):
    _pretend_apt(home, monkeypatch, "echo 'E: Unable to locate package thing' >&2; exit 100")
    with pytest.raises(debian.PackageUnavailable, match=r"Unable to locate.*sudo apt-get update"):
        debian.fetch("thing")


def test_a_file_that_is_no_package_says_so(tmp_path):
    file = tmp_path / "thing_1_all.deb"
    file.write_bytes(b"<!DOCTYPE html>")
    with pytest.raises(ValueError, match=r"not a Debian package.*<!DOCTY.*fetch it again"):
        list(debian.members(file, "usr", (".txt",)))


def test_a_package_that_is_cut_off_says_so(tmp_path, deb):
    file = tmp_path / "thing_1_all.deb"
    whole = deb({"usr/one.txt": os.urandom(4000)})
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut off.*fetch it again"):
        list(debian.members(file, "usr", (".txt",)))


def test_a_package_with_damaged_bytes_says_so(tmp_path, deb):
    file = tmp_path / "thing_1_all.deb"
    whole = bytearray(deb({"usr/one.txt": os.urandom(4000)}))
    whole[400:900] = bytes(500)
    file.write_bytes(whole)
    with pytest.raises(ValueError, match=r"damaged.*fetch it again"):
        list(debian.members(file, "usr", (".txt",)))


def test_a_zstandard_package_without_dpkg_says_what_to_do(tmp_path, deb, monkeypatch):
    file = tmp_path / "thing_1_all.deb"
    file.write_bytes(deb({"usr/one.txt": b"1"}).replace(b"data.tar.xz ", b"data.tar.zst"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"zstandard.*dpkg-deb"):
        list(debian.members(file, "usr", (".txt",)))
