"""Writes record.json: the data, versions, seeds and scores of every shipped pipeline, and the sums of its files."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
RECORD = Path(__file__).with_name("record.json")


def file_facts(path: Path) -> dict:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "sizeBytes": len(content)}


def versions(*packages: str) -> dict:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        **{name: version(name) for name in packages},
    }


def write_json(path: Path, content: dict | list) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def record(pipeline: str, content: dict) -> None:
    """Replaces the section of a pipeline in record.json."""
    write_json(RECORD, {**json.loads(RECORD.read_text()), pipeline: content})
