"""Scores of the exported files on labelled scenes."""

from pathlib import Path

import numpy as np

from run import run

from . import classifier, detector, metric
from .scenes import Scene, crop


def run_on_pixels(path: Path, pixels: np.ndarray) -> np.ndarray:
    """Output of the model for uint8 [n, channels, height, width]."""
    return run(path, "image", pixels.astype(np.float32) / 255)


def detect(path: Path, scenes: list[Scene]) -> list[np.ndarray]:
    return detector.decode(run_on_pixels(path, np.stack([scene.pixels for scene in scenes])[:, None]))


def classify(path: Path, crops: np.ndarray) -> np.ndarray:
    return run_on_pixels(path, crops).argmax(1)


def exact_crops(scenes: list[Scene], boxes: list) -> np.ndarray:
    crops = [crop(scene.pixels, box[:4]) for scene, own in zip(scenes, boxes) for box in own]
    return np.stack(crops)[:, None]


def pipeline_scores(folder: Path, scenes: list[Scene]) -> dict:
    """F1 of each detector, accuracy of each classifier at the true boxes, and F1 of every pair of the two."""
    at_truth = exact_crops(scenes, [scene.boxes for scene in scenes])
    labels = np.concatenate([scene.labels for scene in scenes])
    classify_scores = {
        name: metric.accuracy(classify(folder / f"{name}.onnx", at_truth), labels)
        for name in classifier.VARIANTS
    }
    detect_scores, pairs = {}, {}
    for detector_name in detector.VARIANTS:
        found = detect(folder / f"{detector_name}.onnx", scenes)
        detect_scores[detector_name] = metric.detection_f1(scenes, found)
        ends = np.cumsum([len(boxes) for boxes in found])[:-1]
        crops = exact_crops(scenes, found)
        for name in classifier.VARIANTS:
            given = np.split(classify(folder / f"{name}.onnx", crops), ends)
            pairs[f"{detector_name}+{name}"] = metric.end_to_end_f1(scenes, found, given)
    return {"detect": detect_scores, "classify": classify_scores, "endToEnd": pairs}
