"""Writes trained nets as ONNX files."""

import multiprocessing
from pathlib import Path

import torch


def _export(
    model: torch.nn.Module, path: Path, item_shape: tuple, output: str, input: str, free: tuple[str, ...]
) -> None:
    torch.onnx.export(
        model.to(memory_format=torch.contiguous_format),
        torch.zeros(2, *item_shape),
        str(path),
        input_names=[input],
        output_names=[output],
        dynamic_axes={input: dict(enumerate(free)), output: {0: free[0]}},
        opset_version=17,
    )


def export(
    model: torch.nn.Module,
    path: Path,
    item_shape: tuple,
    output: str,
    input: str = "image",
    free: tuple[str, ...] = ("batch",),
) -> None:
    """
    One input [batch, *item_shape], whose first dimensions are free and have these names; one output; opset 17. In a
    process of its own: Debian's PyTorch and ONNX Runtime share the library of ONNX schemas, which complains a
    thousand times when both use it.
    """
    process = multiprocessing.get_context("spawn").Process(
        target=_export, args=(model, path, item_shape, output, input, free)
    )
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{path} was not written: its process ended with {process.exitcode}")
