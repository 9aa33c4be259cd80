"""
Makes models/mail/ (eight models, the labelled pack and the manifest) and its record. Its argument is the folder with
the archives of the two npm packages that texts.py names. Takes about four minutes on one free core.
"""

import json
import random
import time
from pathlib import Path

import numpy as np
import torch

from export import export
from records import ROOT, file_facts, record, versions, write_json
from safetensors import pack

from . import texts
from .evaluate import pipeline_scores
from .nets import VARIANTS, Labelled, train
from .texts import ENGLISH, KINDS, LANGUAGES, Mail, encode, letter

MODELS = ROOT / "models" / "mail"
SPLIT_SEED, LETTER_SEED, WEIGHT_SEED = 1, 2, 0
# Number of bytes of a text that each stage reads.
LENGTH = {"language": 32, "spam": 256}
CLASSES = {"language": list(LANGUAGES), "spam": list(KINDS)}
EPOCHS = {
    "language": {"bag": 8, "cnn16": 8, "cnn64": 8, "cnn128x2": 6},
    "spam": {"bag": 10, "cnn16": 8, "cnn64": 6, "cnn128x2": 6},
}
TRAIN_LETTERS = 1_000  # of each language
PACK_MAILS = 240  # of each kind
PACK_LETTERS = 320  # of all languages but English
PACK_MIX = (
    "480 English mails, as much ham as spam, and 320 texts in 19 other languages, from 52 to 2,000 bytes (longer ones"
    " are cut), half of them under 930. The sizes are those of the corpus; the shares of languages and of spam are "
    "made up, not those of a mailbox."
)
ENGLISH_CLASS = list(LANGUAGES).index(ENGLISH)


def split_mails(mails: list[Mail]) -> tuple[list[Mail], list[Mail]]:
    """The mails for training and those for the pack, which have as much ham as spam."""
    order = random.Random(SPLIT_SEED).sample(mails, len(mails))
    kinds = [[mail for mail in order if mail.kind == kind] for kind in range(len(KINDS))]
    return [m for kind in kinds for m in kind[PACK_MAILS:]], [m for kind in kinds for m in kind[:PACK_MAILS]]


def training_texts(stage: str, mails: list[Mail], declarations: dict) -> tuple[list[str], list[int]]:
    if stage == "language":
        rng = random.Random(LETTER_SEED)
        letters = [
            (letter(words["train"], rng), label)
            for label, words in enumerate(declarations.values())
            for _ in range(TRAIN_LETTERS)
        ]
        labelled = letters + [(mail.text, ENGLISH_CLASS) for mail in mails]
    else:
        # Spam is rarer, so it is repeated until both kinds are equally frequent.
        ham, spam = ([(m.text, kind) for m in mails if m.kind == kind] for kind in range(len(KINDS)))
        labelled = ham + [spam[i % len(spam)] for i in range(len(ham))]
    return [text for text, _ in labelled], [label for _, label in labelled]


def pack_items(mails: list[Mail], declarations: dict) -> list[tuple[str, int, int]]:
    """Text, language and kind of each item, in a seeded order. The kind of a text that is not English is -1."""
    rng = random.Random(LETTER_SEED + 1)
    others = [label for label in range(len(LANGUAGES)) if label != ENGLISH_CLASS]
    words = [declaration["test"] for declaration in declarations.values()]
    letters = [(letter(words[k], rng), k, -1) for k in (others[i % len(others)] for i in range(PACK_LETTERS))]
    items = [(mail.text, ENGLISH_CLASS, mail.kind) for mail in mails] + letters
    return rng.sample(items, len(items))


def make_pack(items: list[tuple[str, int, int]]) -> bytes:
    """
    Makes the labelled pack.
    `text` U8 [bytes] holds the UTF-8 of all items back to back, `text_end` I32 [n] the end of each item in it, and
    `label.<stage>` I32 [n] class indices, or -1 for an item that should not reach the stage.
    """
    encoded = [text.encode() for text, _, _ in items]
    return pack(
        {
            "text": np.frombuffer(b"".join(encoded), np.uint8),
            "text_end": np.cumsum([len(text) for text in encoded], dtype=np.int32),
            "label.language": np.array([language for _, language, _ in items], np.int32),
            "label.spam": np.array([kind for _, _, kind in items], np.int32),
        }
    )


def make_models(stage: str, mails: list[Mail], declarations: dict) -> dict[str, dict]:
    train_texts, labels = training_texts(stage, mails, declarations)
    data = Labelled(encode(train_texts, LENGTH[stage]), np.array(labels, np.int64))
    entries = {}
    for name in VARIANTS:
        start = time.monotonic()
        model = train(name, data, EPOCHS[stage][name], WEIGHT_SEED)
        seconds = time.monotonic() - start
        path = MODELS / f"{stage}-{name}.onnx"
        export(model, path, (LENGTH[stage],), "logits", "bytes", dtype=torch.int64)
        entries[name] = {
            "data": f"{len(labels)} texts",
            "seed": WEIGHT_SEED,
            "parameters": sum(p.numel() for p in model.parameters()),
            "seconds": round(seconds, 1),
            **file_facts(path),
        }
        print(stage, name, f"{seconds:.0f} s", flush=True)
    return entries


def manifest(entries: dict[str, dict[str, dict]], scores: dict, counts: dict[str, int], pack_facts: dict) -> dict:
    def variant(stage: str, name: str, entry: dict) -> dict:
        session = {"file": f"{stage}-{name}.onnx", "sha256": entry["sha256"], "sizeBytes": entry["sizeBytes"]}
        return {
            "name": name,
            "sessions": {"model": {**session, "dtype": "fp32"}},
            "accuracy": round(scores[stage][name], 4),
            "accuracySource": f"top-1 accuracy, texts unseen in training, seed {SPLIT_SEED}, n = {counts[stage]} "
            "(models/train/record.json)",
        }

    def stage(name: str, **fields: list[str]) -> dict:
        return {
            "name": name,
            "task": "text-classification",
            "input": {"encoding": "bytes", "length": LENGTH[name]},
            "classes": CLASSES[name],
            **fields,
            "variants": [variant(name, *entry) for entry in entries[name].items()],
        }

    return {
        "schema": "ipa-edge/manifest@2",
        "name": "mail",
        "title": "Mails: the language, then for English ones ham or spam (SpamAssassin, UDHR)",
        "stages": [stage("language", passOn=[ENGLISH]), stage("spam")],
        "pack": {
            "file": "pack.bin",
            "sha256": pack_facts["sha256"],
            "source": f"{texts.SOURCE}, seed {SPLIT_SEED}",
            "mix": PACK_MIX,
        },
    }


def make(folder: str) -> None:
    MODELS.mkdir(parents=True, exist_ok=True)
    declarations = texts.read_declarations(Path(folder))
    mails, dropped = texts.read_mails(Path(folder))
    train_mails, pack_mails = split_mails(mails)
    items = pack_items(pack_mails, declarations)

    # The name does not end in .gz: some servers would let the browser unpack the file, and its SHA-256 would be wrong.
    pack_path = MODELS / "pack.bin"
    pack_path.write_bytes(make_pack(items))
    entries = {stage: make_models(stage, train_mails, declarations) for stage in LENGTH}

    all_texts, languages, kinds = zip(*items)
    labels = {"language": np.array(languages), "spam": np.array(kinds)}
    counts = {stage: int((labels[stage] >= 0).sum()) for stage in LENGTH}
    data = [(encode(all_texts, LENGTH[stage]), labels[stage]) for stage in LENGTH]
    scores = pipeline_scores(MODELS, *data, ENGLISH_CLASS)

    pack_facts = {"texts": counts["language"], "mails": counts["spam"], **file_facts(pack_path)}
    write_json(MODELS / "manifest.json", manifest(entries, scores, counts, pack_facts))
    facts = {
        "dataset": texts.SOURCE,
        "packages": {name: file_facts(Path(folder) / name) for name in (texts.UDHR, texts.MAILS)},
        "versions": versions("numpy", "onnxruntime"),
        "mails": {"training": len(train_mails), "pack": len(pack_mails), "leftOut": dropped},
        "files": {
            **{f"{stage}-{name}.onnx": e for stage in LENGTH for name, e in entries[stage].items()},
            pack_path.name: pack_facts,
        },
        "scoresOnPack": scores,
    }
    record("mail", facts)
    print(json.dumps(scores, indent=1))
