"""Writes reference numbers to test/models/fixtures/, which tests compare with those of the TypeScript code."""

import base64
import json
from pathlib import Path

from . import evaluate
from .scenes import Scene, crop

# Boxes that are shrunk or enlarged, have odd sides, cross each border, or lie outside the image.
BOXES = [
    [10, 20, 38, 48], [0, 0, 128, 128], [50.4, 60.6, 69.7, 80.2], [5, 5, 16, 99],
    [-9, -4, 30, 35], [100, 111, 140, 150], [-20, 40, 140, 70], [130, 130, 150, 150],
]  # fmt: skip


def write(folder: Path, models: Path, pack: list[Scene], scores: dict) -> None:
    crops = [
        {"image": i, "box": box, "pixels": base64.b64encode(crop(pack[i].pixels, box).tobytes()).decode()}
        for i, box in enumerate(BOXES)
    ]
    detections = {"det8": [boxes.tolist() for boxes in evaluate.detect(models / "det8.onnx", pack[:12])]}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("crops", crops), ("detections", detections), ("scores", scores)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
