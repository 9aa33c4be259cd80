"""
Makes models/fashion/ (nine models, the labelled pack and the manifest), its record, and the fixtures of its tests.
Takes about ten minutes on one free core. Needs the Debian packages python3-pil and dataset-fashion-mnist.

    make.py fashion                  # everything
    make.py fashion pack             # all but the models, which stay as they are
    make.py fashion held-out FILE    # a pack of further test scenes, none of which the shipped pack has
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from export import export
from records import RECORD, ROOT, file_facts, record, versions, write_json
from safetensors import pack

from . import classifier, data, detector, evaluate, fixtures, metric
from .scenes import SCENE_PX, Scene, make_scenes

MODELS = ROOT / "models" / "fashion"
FIXTURES = ROOT / "test" / "models" / "fixtures"

TRAIN_SCENES, TRAIN_SEED = 14_000, 1
TEST_SCENES, TEST_SEED = 1_000, 5
TRAIN_CROP_SEED, TEST_CROP_SEED = 3, 4
WEIGHT_SEED = 0
# Held-out scenes are the test scenes after those of the pack, up to this number: the error of so large a sample is less than
# half of that of the pack.
HELD_OUT_SCENES = 3_000
# The pack holds the first test scenes: enough garments to know a threshold's accuracy to ±1 point where 40 % go on.
PACK_SCENES = 450
PACK_MIX = (
    "Scenes of 128 × 128 pixels, all of one size, with up to six garments: 6 % have none, the other numbers are about"
    " equally frequent, 3.2 on average. They are made up: they stand for the load on both stages, not for the "
    "pictures of a camera."
)


def make_detectors(train_scenes, test_scenes) -> dict[str, dict]:
    entries = {}
    for name in detector.VARIANTS:
        start = time.monotonic()
        model = detector.train(name, train_scenes, WEIGHT_SEED)
        seconds = time.monotonic() - start
        path = MODELS / f"{name}.onnx"
        export(model, path, (1, SCENE_PX, SCENE_PX), "map")
        entries[name] = {
            "data": f"{TRAIN_SCENES} scenes of the train split, seed {TRAIN_SEED}",
            "seed": WEIGHT_SEED,
            "parameters": sum(p.numel() for p in model.parameters()),
            "metric": f"F1 at IoU {metric.MIN_IOU}",
            "value": round(metric.detection_f1(test_scenes, evaluate.detect(path, test_scenes)), 4),
            "n": len(test_scenes),
            "testedOn": f"{TEST_SCENES} scenes of the test split, seed {TEST_SEED}",
            "seconds": round(seconds, 1),
            **file_facts(path),
        }
        print(name, entries[name]["value"], f"{seconds:.0f} s", flush=True)
    return entries


def make_classifiers(train_scenes, test_scenes) -> dict[str, dict]:
    crops, labels = classifier.jittered_crops(train_scenes, classifier.TRAIN_JITTER, TRAIN_CROP_SEED)
    test_crops, test_labels = classifier.jittered_crops(test_scenes, classifier.TEST_JITTER, TEST_CROP_SEED)
    entries = {}
    for name in classifier.VARIANTS:
        start = time.monotonic()
        model = classifier.train(name, crops, labels, WEIGHT_SEED)
        seconds = time.monotonic() - start
        path = MODELS / f"{name}.onnx"
        export(model, path, (1, data.GARMENT_PX, data.GARMENT_PX), "logits")
        entries[name] = {
            "data": f"{len(crops)} jittered crops of the detectors' training scenes, seed {TRAIN_CROP_SEED}",
            "seed": WEIGHT_SEED,
            "parameters": sum(p.numel() for p in model.parameters()),
            "metric": "top-1 accuracy",
            "value": round(metric.accuracy(evaluate.classify(path, test_crops), test_labels), 4),
            "n": len(test_crops),
            "testedOn": f"jittered crops of {TEST_SCENES} scenes of the test split, seeds {TEST_SEED}, {TEST_CROP_SEED}",
            "seconds": round(seconds, 1),
            **file_facts(path),
        }
        print(name, entries[name]["value"], f"{seconds:.0f} s", flush=True)
    return entries


def manifest(detectors: dict, classifiers: dict, pack_facts: dict) -> dict:
    def variant(name: str, entry: dict) -> dict:
        return {
            "name": name,
            "file": f"{name}.onnx",
            "sha256": entry["sha256"],
            "sizeBytes": entry["sizeBytes"],
            "accuracy": entry["value"],
            "accuracySource": f"{entry['metric']}, {entry['testedOn']}, n = {entry['n']} (models/train/record.json)",
        }

    def grey(side: int) -> dict:
        return {"channels": 1, "height": side, "width": side, "mean": [0], "std": [1]}

    return {
        "schema": "ipa-edge/manifest@1",
        "name": "fashion",
        "title": "Garments in scenes: detection, then classification (Fashion-MNIST)",
        "stages": [
            {
                "name": "detect",
                "task": "object-detection",
                "input": grey(SCENE_PX),
                "output": {
                    "format": "centre-map",
                    "stride": detector.STRIDE,
                    "sizeScale": detector.SIZE_SCALE,
                    "threshold": detector.THRESHOLD,
                },
                "variants": [variant(*item) for item in detectors.items()],
            },
            {
                "name": "classify",
                "task": "image-classification",
                "input": grey(data.GARMENT_PX),
                "classes": list(data.CLASSES),
                "variants": [variant(*item) for item in classifiers.items()],
            },
        ],
        "pack": {
            "file": "pack.bin",
            "sha256": pack_facts["sha256"],
            "source": f"{PACK_SCENES} scenes made of the test split of {data.SOURCE}, seed {TEST_SEED}",
            "mix": PACK_MIX,
        },
    }


def make_pack(scenes: list[Scene], classification: str) -> bytes:
    """Makes the labelled pack. `classification` names the stage that the labels are for."""
    return pack(
        {
            "images": np.stack([scene.pixels for scene in scenes])[:, None],
            "boxes": np.concatenate([scene.boxes for scene in scenes]).astype(np.float32),
            "object_image": np.repeat(np.arange(len(scenes)), [len(s.boxes) for s in scenes]).astype(np.int32),
            f"label.{classification}": np.concatenate([scene.labels for scene in scenes]),
        }
    )


def trained() -> tuple[dict, dict]:
    """Trains all models. Returns the record's entries of the detectors and of the classifiers, by name."""
    train_scenes = make_scenes(TRAIN_SCENES, TRAIN_SEED, *data.load("train"))
    test_scenes = make_test_scenes()
    MODELS.mkdir(parents=True, exist_ok=True)
    return make_detectors(train_scenes, test_scenes), make_classifiers(train_scenes, test_scenes)


def recorded() -> tuple[dict, dict]:
    """The record's entries of the detectors and of the classifiers that exist, by name."""
    files = json.loads(RECORD.read_text())["fashion"]["files"]
    detectors, classifiers = (
        {name: files[f"{name}.onnx"] for name in kind.VARIANTS} for kind in (detector, classifier)
    )
    return detectors, classifiers


def make_test_scenes(count: int = TEST_SCENES) -> list[Scene]:
    return make_scenes(count, TEST_SEED, *data.load("t10k"))


def make_rest(detectors: dict, classifiers: dict) -> None:
    """Makes the pack, the manifest, the record and the fixtures of trained models."""
    test_scenes = make_test_scenes()
    pack_scenes = test_scenes[:PACK_SCENES]

    # The name does not end in .gz: some servers would let the browser unpack the file, and its SHA-256 would be wrong.
    pack_path = MODELS / "pack.bin"
    pack_path.write_bytes(make_pack(pack_scenes, "classify"))
    pack_entry = {
        "data": f"{PACK_SCENES} scenes of the test split, seed {TEST_SEED}",
        "scenes": PACK_SCENES,
        "scenesWithoutGarment": sum(len(scene.boxes) == 0 for scene in pack_scenes),
        "garments": sum(len(scene.boxes) for scene in pack_scenes),
        **file_facts(pack_path),
    }
    write_json(MODELS / "manifest.json", manifest(detectors, classifiers, pack_entry))

    pack_scores = evaluate.pipeline_scores(MODELS, pack_scenes)
    test_scores = evaluate.pipeline_scores(MODELS, test_scenes)
    facts = {
        "dataset": data.SOURCE,
        "versions": versions("numpy", "onnxruntime", "pillow"),
        "files": {
            **{f"{name}.onnx": entry for name, entry in {**detectors, **classifiers}.items()},
            pack_path.name: pack_entry,
        },
        "scoresOnPack": pack_scores,
        f"scoresOn{TEST_SCENES}TestScenes": test_scores,
    }
    record("fashion", facts)
    fixtures.write(FIXTURES, MODELS, pack_scenes, pack_scores)
    print(json.dumps({"pack": pack_scores, "test": test_scores}, indent=1))



def make(what: str = "", out: str = "") -> None:
    if what == "held-out" and out:
        Path(out).write_bytes(make_pack(make_test_scenes(HELD_OUT_SCENES)[PACK_SCENES:], "classify"))
    elif what in ("", "pack"):
        make_rest(*(recorded() if what else trained()))
    else:
        sys.exit("Say what to make: nothing, pack, or held-out with a file.")
