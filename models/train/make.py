"""
Trains shipped models again and writes their record. NAME is a pipeline, `fashion` or `mail`, or the small models of the
`mini-*` pipelines, `minis`, or the learned load predictor, `predictor`. The make.py in the folder of that name says which
data it needs and how long it takes.

    apt-get install python3-torch libopenblas0-pthread python3-onnx python3-onnxruntime
    OMP_NUM_THREADS=1 /usr/bin/python3 models/train/make.py NAME [ARGUMENT...]

The same versions on the same processor give the same files. With others, figures differ by about 0.01.
"""

import sys
from importlib import import_module

import torch

NAMES = ("fashion", "mail", "minis", "predictor")


def main(name: str = "", *arguments: str) -> None:
    if name not in NAMES:
        sys.exit(f"Name what to make: {', '.join(NAMES)}.")
    torch.set_num_threads(1)
    import_module(f"{name}.make").make(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
