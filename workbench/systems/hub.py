"""Models in folders and on the Hub, in the Hub's own form: config.json, model.safetensors, card.

The functions do what ``huggingface_hub.PyTorchModelHubMixin`` does for a class of its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelCard, ModelCardData, snapshot_download
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from workbench.data.tokenizer import Tokenizer
from workbench.systems import published
from workbench.systems.description import Description
from workbench.training.model import Pretraining
from workbench.weights.counting import ParameterCounts, count
from workbench.weights.table import State

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
TOKENIZER = "workbench-tokenizer.json"
LIBRARY = "vl-workbench"

_WITH_WORDS = """
With its words, ready for pictures and sentences of one's own:

```python
from workbench.quickstart.opened import open_pretrained

opened = open_pretrained("this repository or its folder")
```
"""


def save_pretrained(
    model: Pretraining,
    folder: str | Path,
    description: Description,
    *,
    licence: str = "other",
    trained: str = "unknown",
    tokenizer: Tokenizer | None = None,
) -> Path:
    """Writes a model so that ``from_pretrained`` gives it back; answers the folder.

    ``licence`` (an SPDX name) and ``trained``, a sentence on data and training, go into the model
    card; the ``tokenizer`` that it was trained with goes beside the weights.  Raises ``ValueError``
    where the description would build another encoder or other weights.
    """
    description = published.resolved(description)
    refuse_other_models(model, description)
    text = card(description, count(model), licence, trained, words=tokenizer is not None)
    write_folder(Path(folder), unshared(model), description, text)
    if tokenizer is not None:
        (Path(folder) / TOKENIZER).write_text(tokenizer.to_json(), "utf-8")
    return Path(folder)


def tokenizer_in(folder: Path) -> Tokenizer | None:
    """The tokenizer that was saved with a model; None where none was."""
    path = folder / TOKENIZER
    return Tokenizer.from_json(path.read_text("utf-8")) if path.is_file() else None


def from_pretrained(name: str | Path, **download: Any) -> Pretraining:
    """A model from a folder, or from the Hub by the name of its repository, in evaluation mode.

    ``download`` goes to ``huggingface_hub.snapshot_download`` (revision, token, cache_dir, …).
    Objectives get the settings of their system.  Raises ``ValueError`` for a folder that is not
    one of ours or whose weights are not those of its config.
    """
    folder = located(name, **download)
    description = published.description_in(folder)
    state = read_folder(folder, published.sketch(description))
    model = published.build(description)
    model.load_state_dict(state)
    return model.eval()


def push_to_hub(
    model: Pretraining,
    repository: str,
    description: Description,
    *,
    licence: str = "other",
    trained: str = "unknown",
    tokenizer: Tokenizer | None = None,
    private: bool | None = None,
    token: str | None = None,
    message: str = "Model saved by vl-workbench",
    endpoint: str | None = None,
) -> str:
    """Saves a model and uploads its folder in one commit; answers the commit's address.

    The repository is made if there is none.  Without ``token`` the one of ``hf auth login`` is
    used; ``endpoint`` is for a Hub of one's own.
    """
    api = HfApi(endpoint=endpoint, token=token)
    with tempfile.TemporaryDirectory() as folder:
        told = {"licence": licence, "trained": trained, "tokenizer": tokenizer}
        save_pretrained(model, folder, description, **told)
        made = api.create_repo(repository, private=private, exist_ok=True)
        commit = api.upload_folder(
            repo_id=made.repo_id, folder_path=folder, commit_message=message, repo_type="model"
        )
    return str(commit)


def located(name: str | Path, **download: Any) -> Path:
    """The folder itself, or the Hub's repository of this name, downloaded without its code."""
    if Path(name).is_dir():
        return Path(name)
    wanted = [CONFIG, WEIGHTS, CARD, TOKENIZER]
    return Path(snapshot_download(str(name), allow_patterns=wanted, **download))


def write_folder(folder: Path, state: State, description: Description, text: str) -> None:
    """Writes the three files, from a state without shared tensors and the model card's text."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / WEIGHTS, {"format": "pt"})
    config = {"library_name": LIBRARY, **description.as_json()}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    (folder / CARD).write_text(text, "utf-8")


def read_folder(folder: Path, sketch: nn.Module) -> State:
    """The whole state of a folder's weights, shared tensors under all their names.

    ``sketch`` is a model of the folder's config, whose weights may be on the meta device.  Raises
    ``ValueError`` listing what is missing, left over or of another shape.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise ValueError(f"{folder} has no {WEIGHTS}")
    wanted = {name: tuple(tensor.shape) for name, tensor in unshared(sketch).items()}
    try:
        with safe_open(path, "pt") as file:
            there = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as problem:
        raise ValueError(f"{path} is not a whole safetensors file: {problem}") from None
    if there != wanted:
        wrong = sorted(n for n in there.keys() | wanted if there.get(n) != wanted.get(n))
        listed = [f"{n} is {there.get(n)}, not {wanted.get(n)}" for n in wrong[:5]]
        raise ValueError(
            f"{path} does not hold the weights of its config, {len(wrong)} differ: "
            + "; ".join(listed)
        )
    state = load_file(path)
    return {name: state[first] for name, first in first_names(sketch).items()}


def first_names(model: nn.Module) -> Mapping[str, str]:
    """For every name in the model's state the first name of the same tensor."""
    first: dict[int, str] = {}
    state = model.state_dict(keep_vars=True)
    return {name: first.setdefault(id(tensor), name) for name, tensor in state.items()}


def unshared(model: nn.Module) -> State:
    """The model's state with every tensor once, under its first name."""
    kept = set(first_names(model).values())
    return {n: t.contiguous() for n, t in model.state_dict().items() if n in kept}


def refuse_other_models(model: Pretraining, description: Description) -> None:
    """Raises ``ValueError`` where a model is not the one that its description builds."""
    wanted, there = _facts(published.sketch(description)), _facts(model)
    if wrong := sorted(n for n in wanted.keys() | there if wanted.get(n) != there.get(n)):
        listed = [f"{n} is {there.get(n)}, not {wanted.get(n)}" for n in wrong[:5]]
        raise ValueError(
            f"this model is not the {description.system} of the description, {len(wrong)} things "
            f"differ: {'; '.join(listed)}; describe it by the sizes and variant it was built with"
        )


def _facts(model: Pretraining) -> dict[str, Any]:
    """Shapes and sharing of every weight, and the settings of the encoder's modules."""
    shapes: dict[str, Any] = {n: tuple(t.shape) for n, t in model.state_dict().items()}
    shared = {f"{n} shares": first for n, first in first_names(model).items()}
    settings = {
        f"encoder.{path}.{name}": value
        for path, module in model.encoder.named_modules()
        for name, value in vars(module).items()
        if not name.startswith("_") and name != "training" and _comparable(value)
    }
    return shapes | shared | settings


def _comparable(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | tuple) or callable(value)


def card(
    description: Description,
    counts: ParameterCounts,
    licence: str,
    trained: str,
    *,
    words: bool = False,
) -> str:
    """The model card: facts for the Hub's search, then prose; ``words``: a tokenizer is there."""
    system = published.find(description.system)
    facts = ModelCardData(
        library_name=LIBRARY,
        license=licence,
        tags=["vision-and-language", "pretraining", description.system],
    )
    parts = "\n".join(f"| {part} | {number:,} |" for part, number in counts.by_part.items())
    with_words = _WITH_WORDS if words else ""
    text = f"""---
{facts.to_yaml()}
---

# {system.title}

A vision-and-language encoder with its pre-training heads, saved by {LIBRARY}.

- Method: {system.papers}
- Trained on: {trained}
- Licence: {licence}

## Load

```python
from workbench.systems.hub import from_pretrained

model = from_pretrained("this repository or its folder")
encoding = model.encoder(batch)  # a workbench.pairs.PairBatch
```
{with_words}
`config.json` holds the sizes; nothing in this repository is executed when it is loaded.

## Parameters

{counts.total:,}, of which {counts.without_words:,} are not word embeddings.

| part | parameters |
|---|---:|
{parts}
"""
    return str(ModelCard(text))
