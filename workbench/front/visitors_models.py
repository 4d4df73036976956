"""Models of the Hub that strangers name: looked at before they are downloaded, held to limits."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError

from workbench.encoders.two_stream import TwoStreamSizes
from workbench.systems import published
from workbench.systems.hub import CONFIG, TOKENIZER, WEIGHTS

HIDDEN = (401, 403, 404)
"""How the Hub answers for a model that is private, gated or not there."""


class ModelRefused(ValueError):
    """A model of the Hub that is not taken; the message says why and what to do."""


@dataclass(frozen=True)
class ModelLimits:
    """What is taken: bytes of weights, of each other file and of all downloads; blocks of layers.

    The other files are parsed, so they may not be large; a config may not ask for a model whose
    mere outline would fill memory.
    """

    weights: int = 600_000_000
    other_files: int = 5_000_000
    in_all: int = 2_000_000_000
    layers: int = 64


class VisitorsModels:
    """Downloads for visitors, without this machine's token: only what everybody may read."""

    def __init__(self, limits: ModelLimits = ModelLimits(), endpoint: str | None = None) -> None:
        self.limits = limits
        self.endpoint = endpoint
        self._downloaded = 0
        self._lock = threading.Lock()

    def folder(self, name: str) -> Path:
        """Where the files of the Hub's ``name`` lie, downloaded now unless they are there.

        Raises ``ModelRefused`` for one that is not there, not public, not ours, or too large.
        """
        if constants.is_offline_mode():
            raise ModelRefused(
                f"{name} is not fetched, this demo works without the Hub (HF_HUB_OFFLINE); "
                "whoever runs it can name models that are on the machine: "
                "workbench serve OWNER/NAME"
            )
        try:
            return self._fetched(name)
        except OSError as problem:
            said = problem if isinstance(problem, HfHubHTTPError) else problem.__cause__
            if isinstance(said, HfHubHTTPError) and said.response.status_code in HIDDEN:
                raise ModelRefused(
                    f"the Hub shows no model {name} to everybody: check the name; private and "
                    "gated ones are opened by whoever runs the demo (workbench serve OWNER/NAME)"
                ) from problem
            raise ModelRefused(
                f"{name} could not be fetched, the Hub did not answer; try again later"
            ) from problem

    def _fetched(self, name: str) -> Path:
        wanted = {"allow_patterns": [CONFIG, WEIGHTS, TOKENIZER], "token": False}
        if self.endpoint is not None:
            wanted["endpoint"] = self.endpoint
        files = snapshot_download(name, dry_run=True, **wanted)
        sizes = {file.filename: file.file_size for file in files if file.file_size is not None}
        if not {CONFIG, WEIGHTS} <= {file.filename for file in files}:
            raise ModelRefused(
                f"{name} has no {CONFIG} with {WEIGHTS}, so it was not saved by this workbench "
                "(save_pretrained, push_to_hub); open it in a notebook instead"
            )
        if len(sizes) < len(files):
            raise ModelRefused(f"the Hub does not say how large {name} is, so it is not fetched")
        for file, size in sizes.items():
            most = self.limits.weights if file == WEIGHTS else self.limits.other_files
            if size > most:
                raise ModelRefused(
                    f"{name} has a {file} of {size / 1e6:,.1f} MB, more than the "
                    f"{most / 1e6:,.0f} MB that this demo fetches; open it in a notebook instead"
                )
        self._count(sum(sizes[file.filename] for file in files if file.will_download))
        # What was looked at is what is fetched: the very commit.
        folder = Path(snapshot_download(name, revision=files[0].commit_hash, **wanted))
        self._refuse_deep(folder, name)
        return folder

    def _count(self, size: int) -> None:
        with self._lock:
            if self._downloaded + size > self.limits.in_all:
                raise ModelRefused(
                    f"this demo has fetched {self._downloaded / 1e6:,.0f} MB for its visitors and "
                    f"takes {self.limits.in_all / 1e6:,.0f} MB in all; choose one that is here"
                )
            self._downloaded += size

    def _refuse_deep(self, folder: Path, name: str) -> None:
        sizes = published.description_in(folder).sizes
        depth = len(sizes.schedule) if isinstance(sizes, TwoStreamSizes) else sizes.layers
        if depth > self.limits.layers:
            raise ModelRefused(
                f"{name} asks for {depth:,} layers, more than the {self.limits.layers} that this "
                "demo builds; open it in a notebook instead"
            )
