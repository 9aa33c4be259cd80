"""Labelled packs: gzipped safetensors files, as models/packs/ reads them."""

import gzip
import json

import numpy as np

DTYPES = {
    np.dtype(np.uint8): "U8",
    np.dtype(np.int16): "I16",
    np.dtype(np.int32): "I32",
    np.dtype(np.float32): "F32",
}


def safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    header, body = {}, b""
    for name, tensor in tensors.items():
        data = np.ascontiguousarray(tensor).tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": tensor.shape, "data_offsets": offsets}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def pack(tensors: dict[str, np.ndarray]) -> bytes:
    # Without a time stamp, the same tensors give the same bytes.
    return gzip.compress(safetensors(tensors), 9, mtime=0)
