"""The Jobs service of a Ray cluster over plain HTTP, so that whoever submits needs no Ray."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.training.errors import RunError

PORT = 8265
"""Where Ray's dashboard listens unless told otherwise."""

ENDED = ("STOPPED", "SUCCEEDED", "FAILED")
"""The states of a job in which nothing of it runs any more."""

_PATIENCE = 30.0


def address_of(text: str) -> str:
    """``http://HOST:PORT`` of a dashboard given whole, as HOST:PORT or as HOST.

    Raises ``ValueError`` for anything else.
    """
    given = text.strip()
    parts = urllib.parse.urlsplit(given if "://" in given else f"http://{given}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    odd = parts.query or parts.fragment or parts.username or any(map(str.isspace, given))
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or odd:
        raise ValueError(
            f"{text!r} is no address of a Ray dashboard: give http://HOST:{PORT}, the address that "
            "`ray start --head` prints for it"
        )
    add = f":{PORT}" if "://" not in given and port is None else ""
    return f"{parts.scheme}://{parts.netloc}{add}{parts.path.rstrip('/')}"


def token() -> str | None:
    """The token of the cluster, from where Ray itself looks; None where there is none."""
    if given := os.environ.get("RAY_AUTH_TOKEN", "").strip():
        return given
    file = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    try:
        return Path(file).read_text().strip() or None
    except OSError:
        return None


@dataclass(frozen=True)
class Jobs:
    """The jobs of the cluster at this address; every method raises ``RunError`` with what to do."""

    address: str

    def version(self) -> str:
        """The Ray that answers there."""
        return str(self._ask("GET", "version")["ray_version"])

    def submit(self, name: str, command: str, facts: Mapping[str, str]) -> None:
        """Starts a shell command on the cluster's head under a name of its own."""
        job = {"entrypoint": command, "submission_id": name, "metadata": dict(facts)}
        self._ask("POST", "jobs/", job)

    def status(self, name: str) -> str:
        """PENDING, RUNNING, or one of ``ENDED``."""
        return str(self._ask("GET", f"jobs/{name}")["status"])

    def log(self, name: str) -> str:
        """What the command printed so far."""
        return str(self._ask("GET", f"jobs/{name}/logs")["logs"])

    def stop(self, name: str) -> None:
        """Asks the command to end, and ends it a little later."""
        self._ask("POST", f"jobs/{name}/stop")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.address}/api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        if known := token():
            # Not sent on to wherever the answer may redirect to.
            request.add_unredirected_header("Authorization", f"Bearer {known}")
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise self._refused(problem) from problem
        except OSError as problem:
            reason = getattr(problem, "reason", problem)
            raise RunError(
                f"no Ray cluster answers at {self.address} ({reason}): start one with "
                "`ray start --head`, or give the address of its dashboard, "
                f"http://HEAD:{PORT} (from elsewhere through `ssh -L {PORT}:localhost:{PORT} HEAD`)"
            ) from problem
        except ValueError as problem:
            raise self._stranger() from problem

    def _refused(self, problem: urllib.error.HTTPError) -> RunError:
        said = problem.read().decode(errors="replace").strip()
        if problem.code in (401, 403):
            return RunError(
                f"the Ray cluster at {self.address} lets nobody in without its token ({said}): put "
                "what `ray get-auth-token` prints on its head into RAY_AUTH_TOKEN or into "
                "~/.ray/auth_token here"
            )
        if problem.code in (404, 405) and "does not exist" not in said:
            return self._stranger()
        # What it says is often a traceback, whose end is not always the error.
        lines = said.splitlines() or ["without a word"]
        told = [line for line in lines if "Error: " in line or "Exception: " in line] or lines
        return RunError(f"the Ray cluster at {self.address} refused ({problem.code}): {told[-1]}")

    def _stranger(self) -> RunError:
        return RunError(
            f"what answers at {self.address} is not the dashboard of a Ray cluster: give its "
            f"address, http://HEAD:{PORT}, which `ray start --head` prints"
        )
