"""The metrics of models/tasks/, written a second time, so that tests can compare the two."""

import numpy as np

MIN_IOU = 0.5


def iou(a, b) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def match(truths, detections) -> list[int]:
    """For each true box, the index of the unmatched detection with the largest IoU; -1 if no IoU reaches MIN_IOU."""
    free = set(range(len(detections)))
    matches = []
    for truth in truths:
        best = max(((iou(truth, detections[i]), -i) for i in free), default=(0.0, 1))
        matches.append(-best[1] if best[0] >= MIN_IOU else -1)
        free.discard(matches[-1])
    return matches


def f1(right: int, answers: int, truths: int) -> float:
    return 2 * right / (answers + truths)


def detection_f1(scenes, detections) -> float:
    found = sum(sum(m >= 0 for m in match(s.boxes, d)) for s, d in zip(scenes, detections))
    return f1(found, sum(map(len, detections)), sum(len(s.boxes) for s in scenes))


def end_to_end_f1(scenes, detections, classes) -> float:
    """`classes[i][j]` is the class predicted for detection j of scene i."""
    right = sum(
        int(m >= 0 and given[m] == label)
        for scene, boxes, given in zip(scenes, detections, classes)
        for m, label in zip(match(scene.boxes, boxes), scene.labels)
    )
    return f1(right, sum(map(len, detections)), sum(len(s.boxes) for s in scenes))


def accuracy(given: np.ndarray, labels: np.ndarray) -> float:
    return float((given == labels).mean())
