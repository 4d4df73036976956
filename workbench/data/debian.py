"""Debian packages as a source of data: fetched without root, opened without dpkg."""

from __future__ import annotations

import io
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbench import places


class PackageUnavailable(RuntimeError):
    """A Debian package could not be had; the message says what to do about it."""


def fetch(package: str) -> Path:
    """The package's .deb in the cache, downloaded by ``apt-get`` if it is not there yet.

    No root is needed: where the machine's package lists are empty or old, fresh ones are kept
    in the cache.  Raises ``PackageUnavailable`` where there is no apt or no such package.
    """
    folder = places.cache() / "packages"
    present = sorted(folder.glob(f"{package}_*.deb"))
    if present:
        return present[-1]
    if shutil.which("apt-get") is None:
        raise PackageUnavailable(_advice(package, folder, "this machine has no apt-get"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        said = _apt(["download", package], scratch)
        if not list(Path(scratch).glob("*.deb")):
            private = _private_lists(places.cache() / "apt")
            said = _apt([*private, "update"], scratch) or said
            said = _apt([*private, "download", package], scratch) or said
        found = sorted(Path(scratch).glob(f"{package}_*.deb"))
        if not found:
            raise PackageUnavailable(_advice(package, folder, f"apt-get said: {said or 'nothing'}"))
        target = folder / found[-1].name
        os.replace(found[-1], target)
    return target


def members(package: Path, under: str, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Name (relative to ``under``) and bytes of each file of a .deb with one of the endings.

    Raises ``ValueError`` for a file that is no complete Debian package.
    """
    under = under.strip("/") + "/"
    try:
        with _data(package) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if member.isfile() and name.startswith(under) and name.endswith(endings):
                    opened = archive.extractfile(member)
                    assert opened is not None
                    yield name.removeprefix(under), opened.read()
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise ValueError(
            f"{package} is damaged or incomplete ({error}); delete it and fetch it again"
        ) from error


def _data(package: Path) -> tarfile.TarFile:
    """The tar archive of the files a .deb installs, as a stream."""
    for name, start, size in _entries(package):
        if not name.startswith("data.tar"):
            continue
        if name.endswith(".zst"):
            return _zstandard(package)
        with package.open("rb") as file:
            file.seek(start)
            return tarfile.open(fileobj=io.BytesIO(file.read(size)), mode="r|*")
    raise ValueError(f"{package} has no data.tar inside; delete it and fetch it again")


def _entries(package: Path) -> list[tuple[str, int, int]]:
    """Name, first byte and size of each entry of an ar archive (the container of a .deb)."""
    entries = []
    total = package.stat().st_size
    with package.open("rb") as file:
        magic = file.read(8)
        if magic != b"!<arch>\n":
            raise ValueError(
                f"{package} is not a Debian package: it starts with {magic!r}, "
                "expected b'!<arch>\\n'; delete it and fetch it again"
            )
        while len(header := file.read(60)) == 60:
            size = int(header[48:58])
            start = file.tell()
            if start + size > total:
                raise ValueError(
                    f"{package} is cut off: it says it holds {start + size} bytes, found {total}; "
                    "delete it and fetch it again"
                )
            entries.append((header[:16].decode("ascii").strip().rstrip("/"), start, size))
            file.seek(start + size + size % 2)
    return entries


def _zstandard(package: Path) -> tarfile.TarFile:
    """Ubuntu packs with zstandard, which Python 3.11 cannot read; its dpkg-deb can."""
    if shutil.which("dpkg-deb") is None:
        raise ValueError(
            f"{package} is packed with zstandard and there is no dpkg-deb to open it; "
            "put Debian's own build of the package in its place"
        )
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"dpkg-deb cannot open {package}: {done.stderr.decode().strip()}")
    return tarfile.open(fileobj=io.BytesIO(done.stdout), mode="r|")


def _apt(arguments: list[str], folder: str) -> str:
    """Run apt-get in a folder; its complaint, empty when it had none."""
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    done = subprocess.run(
        ["apt-get", "-q", *sandbox, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(done.stderr.split()) if done.returncode else ""


def _private_lists(folder: Path) -> list[str]:
    """Options that make apt keep its lists in a folder of our own."""
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return [
        "-o", f"Dir::State::Lists={folder / 'lists'}",
        "-o", f"Dir::Cache={folder}",
    ]  # fmt: skip


def _advice(package: str, folder: Path, reason: str) -> str:
    return (
        f"the Debian package {package} could not be fetched ({reason}). Run `sudo apt-get update` "
        f"and try again, or put its .deb file into {folder}, or use the other source of pictures: "
        "set WORKBENCH_SCENES_SOURCE=openmoji"
    )
