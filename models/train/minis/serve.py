"""Runs exported models as their users do: texts or clips in, texts or classes out."""

import json
import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np

from run import open_session

ROOT = Path(__file__).resolve().parents[3]
BATCH = 16
ENCODE_TEXTS = Path(__file__).parent / "tokenizers" / "encode-texts.ts"
# An answer has at most so many tokens, as in BERT's script for SQuAD.
ANSWER_TOKENS = 30


def _padded(rows: list[list[int]], fill: int) -> np.ndarray:
    length = max(map(len, rows))
    return np.array([row + [fill] * (length - len(row)) for row in rows], np.int64)


def _byte_letters() -> dict[str, int]:
    """The bytes that the letters of byte-level tokens stand for."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


BYTES = _byte_letters()


class Model:
    """
    @param folder a model in the hub's layout
    @param suffix of the graphs' files, which tells the type of the weights
    """

    def __init__(self, folder: Path, suffix: str = ""):
        self.folder = folder
        self.sessions = {
            path.name: open_session(folder / "onnx" / f"{path.stem}{suffix}.onnx")
            for path in (folder / "onnx").iterdir()
            if not path.stem.endswith("_quantized")
        }
        self.config = self._json("config.json")
        tokenizer = self._json("tokenizer.json")
        pieces = tokenizer["model"]["vocab"]
        self.pieces = (
            {i: piece for i, (piece, _) in enumerate(pieces)}
            if isinstance(pieces, list)
            else {i: piece for piece, i in pieces.items()}
        )
        self.special = {token["id"] for token in tokenizer["added_tokens"]}
        self.byte_level = (tokenizer.get("decoder") or {}).get("type") == "ByteLevel"

    def _json(self, name: str) -> dict:
        return json.loads((self.folder / name).read_text())

    @lru_cache
    def _encoded(self, items: tuple) -> list[dict]:
        command = ["npx", "tsx", str(ENCODE_TEXTS), str(self.folder)]
        run = subprocess.run(command, input=json.dumps(items), capture_output=True, check=True, text=True, cwd=ROOT)
        return json.loads(run.stdout)

    def _texts(self, rows: list[list[int]], fill: int) -> dict[str, np.ndarray]:
        return {"input_ids": _padded(rows, fill), "attention_mask": _padded([[1] * len(row) for row in rows], 0)}

    def _in_batches(self, items: list, run) -> list:
        return [result for i in range(0, len(items), BATCH) for result in run(items[i : i + BATCH])]

    def prepare(self, items: list) -> list:
        """Texts, or pairs of question and context, as tokens; clips stay as they are."""
        return self._encoded(tuple(items)) if isinstance(items[0], (str, tuple)) else items

    def classes(self, items: list[str]) -> list[int]:
        def run(batch: list[dict]) -> list[int]:
            rows = self._texts([row["ids"] for row in batch], 0)
            return self.sessions["model.onnx"].run(["logits"], rows)[0].argmax(1).tolist()

        return self._in_batches(self.prepare(items), run)

    def answers(self, items: list[tuple[str, str]]) -> list[str]:
        """The words of each context that answer its question."""

        def run(batch: list[dict]) -> list[tuple[int, int]]:
            rows = self._texts([row["ids"] for row in batch], 0)
            starts, ends = self.sessions["model.onnx"].run(["start_logits", "end_logits"], rows)
            return [self._span(row, start, end) for row, start, end in zip(batch, starts, ends)]

        spans = self._in_batches(self.prepare(items), run)
        return [context[start:end] for (_, context), (start, end) in zip(items, spans)]

    @staticmethod
    def _span(row: dict, starts: np.ndarray, ends: np.ndarray) -> tuple[int, int]:
        spans = row["spans"]
        if not spans:
            return 0, 0
        at, count = row["at"], len(spans)
        scores = starts[at : at + count, None] + ends[None, at : at + count]
        lengths = 1 + np.arange(count) - np.arange(count)[:, None]
        allowed = (lengths >= 1) & (lengths <= ANSWER_TOKENS)
        first, last = np.unravel_index(np.where(allowed, scores, -np.inf).argmax(), scores.shape)
        return spans[first][0], spans[last][1]

    def texts_of(self, items: list) -> list[str]:
        """Returns the text that the decoder writes for each item (a text, or the features of a recording)."""
        return self._in_batches(self.prepare(items), lambda batch: [self.decoded(row) for row in self.generated(batch)])

    def generated(self, batch: list) -> list[list[int]]:
        generation = self._json("generation_config.json")
        if isinstance(batch[0], dict):
            source = self._texts([row["ids"] for row in batch], generation["pad_token_id"])
            given = {"encoder_attention_mask": source["attention_mask"]}
        else:
            source, given = {"input_features": np.stack(batch)}, {}
        hidden = self.sessions["encoder_model.onnx"].run(None, source)[0]
        prompt = [generation["decoder_start_token_id"], *([generation["no_timestamps_token_id"]] if not given else [])]
        never = [token for word in generation.get("bad_words_ids", []) for token in word]
        return self._greedy(hidden, given, [prompt] * len(batch), generation, never)

    def _greedy(self, hidden, given: dict, ids: list[list[int]], generation: dict, never: list[int]) -> list[list[int]]:
        decoder = self.sessions["decoder_model_merged.onnx"]
        heads = self.config["decoder_attention_heads"]
        empty = np.zeros((len(hidden), heads, 0, self.config["d_model"] // heads), np.float32)
        inputs = [value.name for value in decoder.get_inputs()]
        names = [value.name for value in decoder.get_outputs()]
        past = {name: empty for name in inputs if name.startswith("past_key_values")}
        rows: list[list[int]] = [[] for _ in ids]
        end = generation["eos_token_id"]
        for step in range(generation["max_length"]):
            feeds = {**given, "input_ids": np.array(ids, np.int64), "encoder_hidden_states": hidden, **past}
            outputs = dict(zip(names, decoder.run(names, {**feeds, "use_cache_branch": np.array([step > 0])})))
            logits = outputs.pop("logits")[:, -1]
            logits[:, never + (generation.get("begin_suppress_tokens", []) if step == 0 else [])] = -np.inf
            best = logits.argmax(1)
            for row, token in zip(rows, best.tolist()):
                if end not in row:
                    row.append(token)
            if all(end in row for row in rows):
                break
            for name, value in outputs.items():
                # A cached step gives no keys and values of the encoder.
                if step == 0 or ".decoder." in name:
                    past[name.replace("present", "past_key_values")] = value
            ids = best[:, None].tolist()
        return rows

    def spelled(self, clips: list[np.ndarray]) -> list[str]:
        """What a model of letters hears in each clip, one by one."""
        texts = []
        for clip in clips:
            best = self.sessions["model.onnx"].run(["logits"], {"input_values": clip[None]})[0][0].argmax(1).tolist()
            runs = [token for i, token in enumerate(best) if i == 0 or best[i - 1] != token]
            texts.append("".join(self.pieces[token] for token in runs if token not in self.special).replace("|", " "))
        return texts

    def decoded(self, ids: list[int]) -> str:
        text = "".join(self.pieces[token] for token in ids if token not in self.special)
        if self.byte_level:
            text = bytes(BYTES[letter] for letter in text).decode(errors="replace")
        return text.replace("▁", " ").strip()
