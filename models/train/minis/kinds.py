"""All kinds of models, by name."""

from .hearing import Spell, Transcribe
from .reading import Answer, Classify
from .rewriting import Rewrite
from .task import Task

KINDS: dict[str, type[Task]] = {
    "mood": Classify,
    "language": Classify,
    "qa": Answer,
    "translate": Rewrite,
    "summary": Rewrite,
    "speech": Transcribe,
    "letters": Spell,
}
