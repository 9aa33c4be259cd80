"""Trained models in the layout of repositories on the Hugging Face hub."""

import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from torch import nn

from .features import FRAMES, HOP, MELS, N_FFT
from .graphs import BATCH, SOURCE, decoder_graph, graph_of, save
from .kinds import KINDS
from .layers import POSITIONS, Shape
from .pipelines import CLASSES
from .quantise import quantise
from .rewriting import Tokens, tokens_of
from .speech import RATE_HZ, WINDOW, WINDOW_SECONDS
from .task import vocabulary_size
from .train import RECIPES

Json = dict[str, object]
# Longest text that each decoder may give, in tokens.
TOKENS_MAX = {"translate": 64, "summary": 64, "speech": 48}
COMMON: Json = {"torch_dtype": "float32", "transformers_version": "4.46.0"}


def _distilbert(shape: Shape, vocabulary: int, architecture: str, classes: list[str]) -> Json:
    labels = {str(i): name for i, name in enumerate(classes)}
    return {
        "architectures": [architecture],
        "model_type": "distilbert",
        "activation": "gelu",
        "dim": shape.width,
        "hidden_dim": shape.inner_width,
        "n_heads": shape.heads,
        "n_layers": shape.encoder_layers,
        "max_position_embeddings": POSITIONS,
        "pad_token_id": 0,
        "vocab_size": vocabulary,
        **({"id2label": labels, "label2id": {name: int(i) for i, name in labels.items()}} if classes else {}),
        **COMMON,
    }


def _special(tokens: Tokens) -> Json:
    return {"eos_token_id": tokens.end, "pad_token_id": tokens.pad, "decoder_start_token_id": tokens.prompt[0]}


ARCHITECTURES = {
    "translate": ("marian", "MarianMTModel", {"max_position_embeddings": POSITIONS, "bos_token_id": 0}),
    "summary": ("bart", "BartForConditionalGeneration", {"max_position_embeddings": POSITIONS, "bos_token_id": 0}),
    "speech": (
        "whisper",
        "WhisperForConditionalGeneration",
        {"num_mel_bins": MELS, "max_source_positions": FRAMES // 4, "max_target_positions": POSITIONS},
    ),
}


def _encoder_decoder(kind: str, shape: Shape, vocabulary: int) -> Json:
    model_type, architecture, more = ARCHITECTURES[kind]
    return {
        "architectures": [architecture],
        "model_type": model_type,
        "is_encoder_decoder": True,
        "d_model": shape.width,
        "encoder_layers": shape.encoder_layers,
        "decoder_layers": shape.decoder_layers,
        "num_hidden_layers": shape.encoder_layers,
        "encoder_attention_heads": shape.heads,
        "decoder_attention_heads": shape.heads,
        "encoder_ffn_dim": shape.inner_width,
        "decoder_ffn_dim": shape.inner_width,
        "activation_function": "gelu",
        "scale_embedding": False,
        "vocab_size": vocabulary,
        **more,
        **_special(tokens_of(kind, vocabulary)),
        **COMMON,
    }


def _generation(kind: str, vocabulary: int) -> Json:
    tokens = tokens_of(kind, vocabulary)
    more: Json = {
        "translate": {"bad_words_ids": [[tokens.pad]], "num_beams": 1},
        "summary": {"num_beams": 1},
        "speech": {
            "is_multilingual": False,
            "no_timestamps_token_id": tokens.prompt[-1],
            "begin_suppress_tokens": [tokens.end],
            "suppress_tokens": [],
            "return_timestamps": False,
        },
    }[kind]
    return {
        "_from_model_config": False,
        **_special(tokens),
        "max_length": TOKENS_MAX[kind],
        **more,
        "transformers_version": COMMON["transformers_version"],
    }


AUDIO: Json = {
    "sampling_rate": RATE_HZ,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": False,
}
PREPROCESSORS: dict[str, Json] = {
    "speech": {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "chunk_length": WINDOW_SECONDS,
        "feature_size": MELS,
        "hop_length": HOP,
        "n_fft": N_FFT,
        "n_samples": WINDOW,
        "nb_max_frames": FRAMES,
        **AUDIO,
    },
    "letters": {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "processor_class": "Wav2Vec2Processor",
        "do_normalize": True,
        "feature_size": 1,
        **AUDIO,
    },
}


def _wav2vec2(shape: Shape, vocabulary: int) -> Json:
    return {
        "architectures": ["Wav2Vec2ForCTC"],
        "model_type": "wav2vec2",
        "hidden_size": shape.width,
        "intermediate_size": shape.inner_width,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.encoder_layers,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "vocab_size": vocabulary,
        **COMMON,
    }


def _text_graph(net: nn.Module, outputs: list[str], path: Path, length: str = "sequence_length") -> None:
    ids = torch.ones(2, 7, dtype=torch.int64)
    both = {0: BATCH, 1: length}
    free = {"input_ids": both, "attention_mask": both, **{name: both for name in outputs}, "logits": {0: BATCH}}
    graph_of(net, {"input_ids": ids, "attention_mask": ids}, outputs, free, path)


def _graphs(kind: str, net: nn.Module, folder: Path) -> None:
    """Writes the graphs of a net with weights of 32 bits."""
    if kind in ("mood", "language", "qa"):
        outputs = ["start_logits", "end_logits"] if kind == "qa" else ["logits"]
        return _text_graph(net, outputs, folder / "model.onnx")
    if kind == "letters":
        free = {"input_values": {0: BATCH, 1: "sequence_length"}, "logits": {0: BATCH, 1: "frames"}}
        graph_of(net, {"input_values": torch.zeros(2, 32_000)}, ["logits"], free, folder / "model.onnx")
        return None
    encoder, hidden = folder / "encoder_model.onnx", ["last_hidden_state"]
    if kind == "speech":
        free = {"input_features": {0: BATCH}, "last_hidden_state": {0: BATCH}}
        graph_of(net.encoder, {"input_features": torch.zeros(2, MELS, FRAMES)}, hidden, free, encoder)
    else:
        _text_graph(net.encoder, hidden, encoder, SOURCE)
    with tempfile.TemporaryDirectory() as temporary:
        length = FRAMES // 4 if kind == "speech" else None
        decoder = decoder_graph(net.decoder, kind != "speech", length, Path(temporary))
    save(decoder, folder / "decoder_model_merged.onnx")
    return None


def export(folder: Path, kind: str, size: str, target: Path, quantised: bool) -> None:
    """
    Writes a model of FOLDER/trained to `target`, with weights of 32 bits.
    @param quantised whether it is written with weights of 8 bits too
    """
    task, shape, vocabulary = KINDS[kind], RECIPES[kind][size].shape, vocabulary_size(folder, kind)
    net = task.net_of(kind, shape, vocabulary)
    net.load_state_dict(torch.load(folder / "trained" / f"{kind}-{size}.pt"))
    net.eval()
    shutil.rmtree(target, ignore_errors=True)
    (target / "onnx").mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(folder / "tokenizers" / kind / name, target / name)

    configs: dict[str, Json] = {}
    if kind in ("mood", "language", "qa"):
        head = "QuestionAnswering" if kind == "qa" else "SequenceClassification"
        configs["config"] = _distilbert(shape, vocabulary, f"DistilBertFor{head}", CLASSES.get(kind, []))
    elif kind == "letters":
        configs["config"] = _wav2vec2(shape, vocabulary)
    else:
        configs["config"] = _encoder_decoder(kind, shape, vocabulary)
        configs["generation_config"] = _generation(kind, vocabulary)
    if kind in PREPROCESSORS:
        configs["preprocessor_config"] = PREPROCESSORS[kind]
    for name, content in configs.items():
        (target / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")

    _graphs(kind, net, target / "onnx")
    for path in list((target / "onnx").iterdir()) if quantised else []:
        save(quantise(onnx.load(path)), path.with_name(f"{path.stem}_quantized.onnx"))
