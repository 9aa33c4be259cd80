"""The labelled pack: a gzipped safetensors file of scenes, boxes and classes (see models/pack.ts)."""

import gzip
import json

import numpy as np

from scenes import Scene

DTYPES = {np.dtype(np.uint8): "U8", np.dtype(np.int32): "I32", np.dtype(np.float32): "F32"}


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


def make_pack(scenes: list[Scene], classification: str) -> bytes:
    """`classification` is the name of the stage that the classes are of."""
    tensors = {
        "images": np.stack([scene.pixels for scene in scenes])[:, None],
        "boxes": np.concatenate([scene.boxes for scene in scenes]).astype(np.float32),
        "object_image": np.repeat(np.arange(len(scenes)), [len(s.boxes) for s in scenes]).astype(np.int32),
        f"label.{classification}": np.concatenate([scene.labels for scene in scenes]),
    }
    # No time stamp: the same scenes are the same bytes.
    return gzip.compress(safetensors(tensors), 9, mtime=0)
