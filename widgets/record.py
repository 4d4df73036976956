"""Records: frozen dataclasses of arrays, words and numbers that live in npz files."""

from __future__ import annotations

from dataclasses import MISSING, fields
from os import PathLike
from typing import Any, Self

import numpy as np


class Record:
    """Base of the frozen dataclasses that explorers draw.

    A field is an array, a number, a text, or texts in a tuple, which a file holds as an array: the
    ``__post_init__`` of a record brings them back to what they are and checks them.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__repr__ = Record.__repr__  # a dataclass would write out every number

    def __repr__(self) -> str:
        shapes = (f"{name} {list(array.shape)}" for name, array in self.arrays().items())
        return f"{type(self).__name__}({', '.join(one for one in shapes if '[]' not in one)})"

    def arrays(self) -> dict[str, np.ndarray]:
        """Every field by name as an array that needs no pickle; fields that are None are left out.

        Raises ``TypeError`` for a field that cannot be one.
        """
        given = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        arrays = {name: _plain(value) for name, value in given.items() if value is not None}
        for name, array in arrays.items():
            if array.dtype == object:
                raise TypeError(f"{type(self).__name__}.{name} is no array of numbers or texts")
        return arrays

    def save(self, path: str | PathLike[str]) -> None:
        """Write the record as a compressed npz file without pickled objects."""
        np.savez_compressed(path, **self.arrays())  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote; other arrays of the file are passed over.  Never unpickles.

        Raises ``ValueError`` naming the arrays that the file lacks.
        """
        with np.load(path, allow_pickle=False) as file:
            held = set(file.files)
            missing = [name for name, needed in _names(cls).items() if needed and name not in held]
            if missing:
                raise ValueError(
                    f"{path} is not {_called(cls)}: it lacks {', '.join(missing)} "
                    f"(it holds {', '.join(file.files) or 'nothing'})"
                )
            return cls(**{name: file[name] for name in _names(cls) if name in held})

    @classmethod
    def of(cls, source: object) -> Self:
        """A record itself, the path of one, or anything with the same fields.

        Raises ``TypeError`` naming the fields that ``source`` lacks.
        """
        if isinstance(source, cls):
            return source
        if isinstance(source, str | PathLike):
            return cls.load(source)
        missing = [n for n, needed in _names(cls).items() if needed and not hasattr(source, n)]
        if missing:
            raise TypeError(
                f"{_called(cls)} or the path of one was expected, got {type(source).__name__}"
                f" without {', '.join(missing)}"
            )
        return cls(**{n: getattr(source, n) for n in _names(cls) if hasattr(source, n)})


def texts(value: Any) -> tuple[str, ...]:
    """Texts as a tuple, from any sequence or from an array of a file."""
    return tuple(str(text) for text in np.asarray(value, dtype=np.str_).reshape(-1).tolist())


def text(value: Any) -> str:
    """One text, from itself or from an array of a file."""
    return str(value)


def _plain(value: Any) -> np.ndarray:
    if isinstance(value, str):
        return np.array(value, dtype=np.str_)
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return np.array(value, dtype=np.str_)
    return np.asarray(value)


def _names(cls: type) -> dict[str, bool]:
    """The fields of a record, and whether a record cannot be without them."""
    return {
        field.name: field.default is MISSING and field.default_factory is MISSING
        for field in fields(cls)
    }


def _called(cls: type) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in cls.__name__)
    return f"a{'n' if words[1] in 'aeio' else ''}{words}"
