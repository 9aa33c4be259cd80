"""Runs exported models, as users get them, with ONNX Runtime on one thread."""

from pathlib import Path

import numpy as np


def open_session(path: Path):
    import onnxruntime  # not at the top, because the processes of export.py must not load ONNX Runtime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(path: Path, input: str, values: np.ndarray, batch: int = 64) -> np.ndarray:
    """The first output for all rows of `values`. `input` names the model's only input."""
    session = open_session(path)
    parts = [values[i : i + batch] for i in range(0, len(values), batch)]
    return np.concatenate([session.run(None, {input: part})[0] for part in parts])
