"""Paddle variables: their bytes are read, written again as they were, and refused when broken."""

import struct

import numpy as np
import pytest
import torch

from workbench.weights.paddle import decode, encode


def test_a_stream_written_by_hand_is_read():
    """The bytes follow the format's description, not our writer."""
    numbers = np.array([[1.5, -2.0, 3.25], [0.0, 4.0, 300.0]], "<f4")
    message = bytes([0x08, 5, 0x10, 2, 0x10, 3])
    stream = struct.pack("<I", 0) + struct.pack("<Q", 0) + struct.pack("<I", 0)
    stream += struct.pack("<i", len(message)) + message + numbers.tobytes()
    assert torch.equal(decode(stream, "fc.w_0"), torch.from_numpy(numbers))
    assert encode(torch.from_numpy(numbers), "fc.w_0") == stream


def test_levels_and_packed_dimensions_are_understood():
    numbers = np.arange(300, dtype="<i8")
    message = bytes([0x08, 3, 0x12, 2, 0xAC, 0x02])
    stream = struct.pack("<IQQ", 0, 1, 16) + bytes(16)
    stream += struct.pack("<Ii", 0, len(message)) + message + numbers.tobytes()
    assert decode(stream, "ids").tolist() == list(range(300))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64, torch.int32])
@pytest.mark.parametrize("shape", [(), (1,), (130, 3), (2, 0), (2, 3, 4)])
def test_what_is_written_is_read(dtype, shape):
    tensor = (torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 9).to(dtype)
    again = decode(encode(tensor, "x"), "x")
    assert again.dtype == dtype and again.shape == tensor.shape and torch.equal(again, tensor)


def test_broken_streams_are_refused_by_name():
    whole = encode(torch.ones(2, 3), "w")
    for cut in (0, 3, 11, 14, 19, 22, len(whole) - 1):
        with pytest.raises(ValueError, match="fc_w"):
            decode(whole[:cut], "fc_w")
    with pytest.raises(ValueError, match="needs 24 bytes, the file has 25"):
        decode(whole + b"x", "w")
    with pytest.raises(ValueError, match="not a Paddle variable"):
        decode(b"PK\x03\x04" + whole, "w")
    with pytest.raises(ValueError, match="element type 6"):
        decode(whole.replace(bytes([0x08, 5]), bytes([0x08, 6])), "w")
    with pytest.raises(ValueError, match="float64 has no place"):
        encode(torch.ones(2, dtype=torch.float64), "w")
