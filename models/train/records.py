"""What is written down of what was made."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import torch


def file_facts(path: Path) -> dict:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "sizeBytes": len(content)}


def versions(*packages: str) -> dict:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        **{name: version(name) for name in packages},
    }


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
