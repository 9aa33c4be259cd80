"""Scores of the exported files on labelled texts."""

from pathlib import Path

import numpy as np

from run import run

from .nets import VARIANTS


def answers(path: Path, texts: np.ndarray) -> np.ndarray:
    """The class of each text: [n]."""
    return run(path, "bytes", texts).argmax(1)


def pipeline_scores(folder: Path, language: tuple, spam: tuple, english: int) -> dict:
    """
    Accuracy of each variant on its stage's items and of each pair of variants on all requests. A request is right if
    its language is right and, for English texts, its kind is right too.
    `language` and `spam` hold a stage's bytes, int64 [n, length], and labels, int32 [n]. The label -1 marks a text that
    should not reach the spam filter.
    """
    languages = {name: answers(folder / f"language-{name}.onnx", language[0]) for name in VARIANTS}
    kinds = {name: answers(folder / f"spam-{name}.onnx", spam[0]) for name in VARIANTS}
    filtered = spam[1] >= 0

    def right(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean((a == language[1]) & (~filtered | (b == spam[1]))))

    return {
        "language": {name: float(np.mean(given == language[1])) for name, given in languages.items()},
        "spam": {name: float(np.mean((given == spam[1])[filtered])) for name, given in kinds.items()},
        "endToEnd": {f"{a}+{b}": right(languages[a], kinds[b]) for a in VARIANTS for b in VARIANTS},
        "passedOn": {name: float(np.mean(given == english)) for name, given in languages.items()},
    }
