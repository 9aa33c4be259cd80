"""Writes trained nets as ONNX files."""

import multiprocessing
from pathlib import Path

import torch


def in_own_process(run, *arguments) -> None:
    process = multiprocessing.get_context("spawn").Process(target=run, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{run.__name__} ended with {process.exitcode}")


def _export(
    model: torch.nn.Module,
    path: Path,
    item_shape: tuple,
    output: str,
    input: str,
    free: tuple[str, ...],
    dtype: torch.dtype,
) -> None:
    torch.onnx.export(
        model.to(memory_format=torch.contiguous_format),
        torch.zeros(2, *item_shape, dtype=dtype),
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
    dtype: torch.dtype = torch.float32,
) -> None:
    """
    Writes a model as ONNX (opset 17). It has one output and one input [batch, *item_shape], whose first dimensions are
    free and named `free`. A separate process does it, because Debian's PyTorch and ONNX Runtime share the library of
    ONNX schemas, which prints a thousand complaints when one process uses both.
    """
    in_own_process(_export, model, path, item_shape, output, input, free, dtype)
