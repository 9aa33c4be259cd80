"""The labelled packs: texts or recordings, and what is true of them."""

import json
from pathlib import Path

import numpy as np

from safetensors import pack

from .pipelines import PIPELINES


def _rows(folder: Path, data_set: str) -> list[dict]:
    return json.loads((folder / "data" / f"{data_set}.pack.json").read_text())


def _texts(name: str, end_name: str, texts: list[str]) -> dict[str, np.ndarray]:
    """U8 [bytes], the UTF-8 of all texts back to back, and I32 [n], the end of each."""
    encoded = [text.encode() for text in texts]
    return {
        name: np.frombuffer(b"".join(encoded), np.uint8),
        end_name: np.cumsum([len(text) for text in encoded], dtype=np.int32),
    }


def _label(stage: str, texts: list[str]) -> dict[str, np.ndarray]:
    """An empty text stands for no label."""
    return _texts(f"label.{stage}", f"label_end.{stage}", texts)


def _questions(rows: list[dict]) -> dict[str, np.ndarray]:
    return _texts("field.question", "field_end.question", [row["question"] for row in rows])


def _spoken(folder: Path) -> dict[str, np.ndarray]:
    rows = _rows(folder, "speech")
    pcm, lengths = (np.load(folder / "data" / f"speech.pack.{part}.npy") for part in ("pcm", "lengths"))
    return {
        "audio": np.concatenate([clip[:length] for clip, length in zip(pcm, lengths)]),
        "audio_end": np.cumsum(lengths, dtype=np.int32),
        **_questions(rows),
        **_label("transcribe", [row["text"] for row in rows]),
        **_label("answer", [row["answer"] for row in rows]),
        "label.mood": np.array([row["mood"] for row in rows], np.int32),
    }


def _summarised(folder: Path) -> dict[str, np.ndarray]:
    rows = _rows(folder, "summary")
    return {
        **_texts("text", "text_end", [row["source"] for row in rows]),
        **_questions(rows),
        **_label("summarise", [row["target"] for row in rows]),
        **_label("answer", [row["answer"] for row in rows]),
    }


def _written(folder: Path) -> dict[str, np.ndarray]:
    rows = _rows(folder, "written")
    return {
        **_texts("text", "text_end", [row["text"] for row in rows]),
        "label.language": np.array([row["label"] for row in rows], np.int32),
        **_label("translate", [row["translation"] for row in rows]),
        **_label("summarise", [row["summary"] for row in rows]),
    }


def write_packs(folder: Path) -> None:
    makers = {"mini-audio-qa": _spoken, "mini-sum-qa": _summarised, "mini-nlp": _written}
    for pipeline in PIPELINES:
        if pipeline.name in makers:
            pipeline.pack.parent.mkdir(exist_ok=True)
            pipeline.pack.write_bytes(pack(makers[pipeline.name](folder)))
