"""Writes trained nets as ONNX files."""

import multiprocessing
from pathlib import Path

import torch


def _export(model: torch.nn.Module, path: Path, item_shape: tuple, output: str) -> None:
    torch.onnx.export(
        model.to(memory_format=torch.contiguous_format),
        torch.zeros(2, *item_shape),
        str(path),
        input_names=["image"],
        output_names=[output],
        dynamic_axes={"image": {0: "batch"}, output: {0: "batch"}},
        opset_version=17,
    )


def export(model: torch.nn.Module, path: Path, item_shape: tuple, output: str) -> None:
    """
    Input `image` [batch, *item_shape], one output of the given name; opset 17. In a process of its own: Debian's
    PyTorch and ONNX Runtime share the library of ONNX schemas, which complains a thousand times when both use it.
    """
    process = multiprocessing.get_context("spawn").Process(
        target=_export, args=(model, path, item_shape, output)
    )
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{path} was not written: its process ended with {process.exitcode}")
