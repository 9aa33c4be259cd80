"""Scenes: garments on a cluttered, noisy background, with the box and class of each garment."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

SCENE_PX = 128
MAX_GARMENTS = 6
# Some real images show no object, so some scenes for training and testing have none either.
EMPTY_SHARE = 0.065
# Grey values are multiples of this, because noise in the lowest bits would fill most of a gzipped pack.
GREY_STEP = 4


@dataclass(frozen=True)
class Scene:
    pixels: np.ndarray  # uint8 [128, 128]
    boxes: np.ndarray  # int32 [k, 4]: x0, y0, x1, y1
    labels: np.ndarray  # int32 [k]


def _ground(rng: np.random.Generator) -> np.ndarray:
    """A background of smooth shading with up to seven lighter or darker bars, float32 [128, 128]."""
    blotches = Image.fromarray(rng.integers(0, 255, (6, 6), dtype=np.uint8))
    shading = np.asarray(blotches.resize((SCENE_PX, SCENE_PX), Image.BICUBIC), np.float32)
    ground = rng.integers(0, 90) + shading * np.float32(0.35 * rng.random())
    for _ in range(rng.integers(0, 8)):
        x, y = rng.integers(0, SCENE_PX, 2)
        width, height = rng.integers(2, 24, 2)
        ground[y : y + height, x : x + width] += rng.integers(-60, 90)
    return ground


def _free_place(rng: np.random.Generator, boxes: list) -> tuple | None:
    """A square that overlaps none of the boxes; None if twenty tries find none."""
    for _ in range(20):
        side = int(28 * rng.uniform(0.7, 1.4))
        x, y = (int(v) for v in rng.integers(0, SCENE_PX - side, 2))
        box = (x, y, x + side, y + side)
        if all(box[2] <= b[0] or b[2] <= box[0] or box[3] <= b[1] or b[3] <= box[1] for b in boxes):
            return box
    return None


def make_scene(rng: np.random.Generator, images: np.ndarray, labels: np.ndarray) -> Scene:
    canvas = _ground(rng)
    boxes, classes = [], []
    wanted = 0 if rng.random() < EMPTY_SHARE else rng.integers(1, MAX_GARMENTS + 1)
    for _ in range(wanted):
        box = _free_place(rng, boxes)
        if box is None:
            continue
        x0, y0, x1, y1 = box
        pick = rng.integers(len(images))
        garment = Image.fromarray(images[pick]).resize((x1 - x0, y1 - y0), Image.BILINEAR)
        garment = np.asarray(garment, np.float32)
        opacity = np.clip(garment / 40, 0, 1)
        spot = canvas[y0:y1, x0:x1]
        spot += (garment - spot) * opacity
        boxes.append(box)
        classes.append(labels[pick])
    canvas += rng.standard_normal(canvas.shape, np.float32) * rng.uniform(0, 12)
    pixels = np.clip(canvas, 0, 255).astype(np.uint8) // GREY_STEP * GREY_STEP
    return Scene(pixels, np.array(boxes, np.int32).reshape(-1, 4), np.array(classes, np.int32))


def make_scenes(count: int, seed: int, images: np.ndarray, labels: np.ndarray) -> list[Scene]:
    """Each scene has its own seed: the first n scenes are the same whatever `count` is."""
    return [make_scene(np.random.default_rng((seed, i)), images, labels) for i in range(count)]


def crop(pixels: np.ndarray, box, side: int = 28) -> np.ndarray:
    """The classifier's input for `box`, uint8 [side, side]: corners rounded to pixels, zero beyond the border."""
    corners = tuple(int(np.floor(v + 0.5)) for v in box)
    return np.asarray(Image.fromarray(pixels).crop(corners).resize((side, side), Image.BILINEAR))
