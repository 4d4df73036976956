"""One variable of a Paddle checkpoint: a stream of a header, a description and raw numbers.

The layout, little-endian: uint32 version 0; uint64 count of sequence levels, each a uint64 size in
bytes and so many bytes; uint32 version 0; int32 size of a TensorDesc message; the message; the
numbers, row by row.  The message (protocol buffers) has the element type in field 1 and the
dimensions in field 2.  Nothing in it can run code.
"""

from __future__ import annotations

import struct
from math import prod

import numpy as np
import torch
from torch import Tensor

ELEMENTS = {2: np.dtype("<i4"), 3: np.dtype("<i8"), 4: np.dtype("<f2"), 5: np.dtype("<f4")}
"""Element types by their number in the message: int32, int64, float16, float32."""


def decode(stream: bytes, name: str) -> Tensor:
    """The tensor in a variable's stream; raises ``ValueError`` with its name if it is none."""
    try:
        element, shape, start = _header(stream)
    except (struct.error, IndexError):
        raise ValueError(f"{name}: the file ends before its header does") from None
    except ValueError as problem:
        raise ValueError(f"{name} is not a Paddle variable: {problem}") from None
    if element not in ELEMENTS:
        raise ValueError(
            f"{name}: element type {element} is not one of {sorted(ELEMENTS)} "
            "(int32, int64, float16, float32); cast the variable in Paddle first"
        )
    dtype, found = ELEMENTS[element], len(stream) - start
    if found != prod(shape) * dtype.itemsize:
        raise ValueError(
            f"{name}: shape {shape} of {dtype.name} needs {prod(shape) * dtype.itemsize} bytes, "
            f"the file has {found}; it is cut short or of another format"
        )
    return torch.from_numpy(np.frombuffer(stream, dtype, offset=start).reshape(shape).copy())


def encode(tensor: Tensor, name: str) -> bytes:
    """The stream of a variable without sequence levels; undoes ``decode``."""
    array = tensor.detach().cpu().contiguous().numpy()
    numbers = {dtype: number for number, dtype in ELEMENTS.items()}
    if array.dtype not in numbers:
        known = ", ".join(dtype.name for dtype in ELEMENTS.values())
        raise ValueError(
            f"{name}: {array.dtype} has no place in a Paddle variable; cast to {known}"
        )
    message = b"\x08" + _varint(numbers[array.dtype])
    message += b"".join(b"\x10" + _varint(size) for size in array.shape)
    return struct.pack("<IQIi", 0, 0, 0, len(message)) + message + array.tobytes()


def _header(stream: bytes) -> tuple[int, tuple[int, ...], int]:
    """Element type, shape and where the numbers begin."""
    version, levels = struct.unpack_from("<IQ", stream)
    if version != 0 or levels > 8:
        raise ValueError(f"version {version} with {levels} sequence levels")
    place = 12
    for _ in range(levels):
        (size,) = struct.unpack_from("<Q", stream, place)
        place += 8 + size
    version, size = struct.unpack_from("<Ii", stream, place)
    place += 8
    if version != 0 or not 0 < size <= len(stream) - place:
        raise ValueError(f"tensor version {version} with a description of {size} bytes")
    element, shape = _description(stream[place : place + size])
    return element, shape, place + size


def _description(message: bytes) -> tuple[int, tuple[int, ...]]:
    element, shape, place = -1, [], 0
    while place < len(message):
        tag, place = _read_varint(message, place)
        if tag == 0x08:
            element, place = _read_varint(message, place)
        elif tag == 0x10:
            size, place = _read_varint(message, place)
            shape.append(size)
        elif tag == 0x12:
            length, place = _read_varint(message, place)
            end = place + length
            while place < end:
                size, place = _read_varint(message, place)
                shape.append(size)
        else:
            raise ValueError(f"field tag {tag} in the description")
    if element < 0:
        raise ValueError("a description without an element type")
    return element, tuple(shape)


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("a number without an end in the description")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
