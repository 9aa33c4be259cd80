"""Makes the items of the next stage: decodes what a stage's model says of its images, crops and resizes.

A copy of this file is each such model of an exported repository; what it does is in its configuration's parameters.
It gives the same pixels as models/tasks/image.ts, to the bit.
"""

import json

import numpy as np

try:
    import triton_python_backend_utils as pb_utils
except ImportError:  # outside Triton the functions are there alone
    pb_utils = None

PRECISION = 22
HALF = 1 << (PRECISION - 1)
MIN_BOX_PX = 8


def kernel(size, out):
    """Weights of a resize along one axis, dense: int64 [out, size]."""
    scale = size / out
    support = max(scale, 1)
    weights = np.zeros((out, size), np.int64)
    for i in range(out):
        centre = (i + 0.5) * scale
        start = max(0, int(centre - support + 0.5))
        end = min(size, int(centre + support + 0.5))
        raw = np.maximum(0, 1 - np.abs((np.arange(start, end) - centre + 0.5) / support))
        weights[i, start:end] = np.floor(raw / raw.sum() * (1 << PRECISION) + 0.5)
    return weights


def round_half_up(value):
    return int(np.floor(value + 0.5))


def crop_resize(image, box, channels, height, width):
    """uint8 [c, h, w] -> uint8 [channels, height, width]; beyond the border is zero."""
    x, y = round_half_up(box[0]), round_half_up(box[1])
    w, h = max(1, round_half_up(box[2]) - x), max(1, round_half_up(box[3]) - y)
    crop = np.zeros((image.shape[0], h, w), np.int64)
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(h, image.shape[1] - y), min(w, image.shape[2] - x)
    if bottom > top and right > left:
        crop[:, top:bottom, left:right] = image[:, y + top : y + bottom, x + left : x + right]
    rows = (crop @ kernel(w, width).T + HALF) >> PRECISION
    out = (kernel(h, height) @ rows + HALF) >> PRECISION
    if len(out) > channels:
        out = ((out[0] * 19595 + out[1] * 38470 + out[2] * 7471 + 0x8000) >> 16)[None]
    return np.repeat(out, channels // len(out), axis=0).astype(np.uint8)


def detections(stage, maps):
    """float32 [4, rows, columns] -> float64 [n, 5]: corners and score, in reading order."""
    height, width = stage["input"]["height"], stage["input"]["width"]
    stride, size_scale = stage["output"]["stride"], stage["output"]["sizeScale"]
    heat = maps[0]
    rows, columns = heat.shape
    padded = np.full((rows + 2, columns + 2), -np.inf, heat.dtype)
    padded[1:-1, 1:-1] = heat
    peak = np.ones_like(heat, bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if dy == 0 and dx == 0:
                continue
            other = padded[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
            earlier = (dy, dx) < (0, 0)
            peak &= (other < heat) if earlier else (other <= heat)
    found = []
    for row, column in np.argwhere(peak):
        score = 1 / (1 + np.exp(-np.float64(heat[row, column])))
        if not score > stage["output"]["threshold"]:
            continue
        x = (column + np.float64(maps[1, row, column])) * stride
        y = (row + np.float64(maps[2, row, column])) * stride
        size = np.float64(maps[3, row, column]) * size_scale
        if not np.isfinite(x + y + size):
            continue
        half = min(2 * max(height, width), max(MIN_BOX_PX, size)) / 2
        found.append((x - half, y - half, x + half, y + half, score))
    return np.array(found, np.float64).reshape(-1, 5)


def scale(input_):
    """Mean and standard deviation as [channels, 1, 1]."""
    return [np.broadcast_to(np.float64(input_.get(key, default)), input_["channels"]).reshape(-1, 1, 1)
            for key, default in (("mean", [0]), ("std", [1]))]


def make_items(stage, next_, images, outputs):
    """Images as the stage's model takes them and what it gave -> items, their image's index, results."""
    mean, std = scale(stage["input"])
    next_mean, next_std = scale(next_["input"])
    shape = [next_["input"][key] for key in ("channels", "height", "width")]
    items, index, results = [], [], []
    for i, (image, output) in enumerate(zip(images, outputs)):
        pixels = np.clip(np.rint((np.float64(image) * std + mean) * 255), 0, 255).astype(np.uint8)
        if stage["task"] == "object-detection":
            found = detections(stage, output)
            boxes = found[:, :4]
        else:
            p = np.exp(np.float64(output) - output.max())
            found = np.array([[output.argmax(), p.max() / p.sum()]])
            boxes = [(0, 0, stage["input"]["width"], stage["input"]["height"])]
        for box, result in zip(boxes, found):
            items.append((crop_resize(pixels, box, *shape) / 255 - next_mean) / next_std)
            index.append(i)
            results.append(result)
    size = 5 if stage["task"] == "object-detection" else 2
    return (np.array(items, np.float32).reshape(-1, *shape), np.array(index, np.int32),
            np.array(results, np.float32).reshape(-1, size))


class TritonPythonModel:
    def initialize(self, args):
        parameters = json.loads(args["model_config"])["parameters"]
        self.stage = json.loads(parameters["stage"]["string_value"])
        self.next = json.loads(parameters["next"]["string_value"])

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        images, outputs = (pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in ("images", "outputs"))
        named = zip(("items", "item_index", "results"), make_items(self.stage, self.next, images, outputs))
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in named])
