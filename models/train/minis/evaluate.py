"""
Scores the exported models on the packs' items, in a process of its own, without PyTorch:
`python3 -m minis.evaluate FOLDER`, in models/train. Writes FOLDER/scores.json.
"""

import json
import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from . import metrics
from .pipelines import ANSWER, LANGUAGE, MOOD, SUMMARISE, TRANSCRIBE, TRANSLATE, Stage, Variant
from .serve import Model

Scores = dict[str, float]


@cache
def model(variant: Variant) -> Model:
    return Model(variant.folder, variant.suffix)


def mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 4)


def accuracy(found: list[int], true: list[int]) -> float:
    return mean([float(a == b) for a, b in zip(found, true)])


def word_accuracy(found: list[str], true: list[str]) -> float:
    counts = [metrics.word_errors(a, b) for a, b in zip(found, true)]
    return round(1 - sum(errors for errors, _ in counts) / sum(words for _, words in counts), 4)


def by_text(metric, found: list[str], true: list[str]) -> float:
    return mean([metric(a, b) for a, b in zip(found, true)])


def chain_scores(score, *stages: Stage) -> Scores:
    """The score of each choice of one variant for each stage, by the variants' names joined with "+"."""
    chains = product(*(stage.variants for stage in stages))
    return {"+".join(variant.name for variant in chain): score(*chain) for chain in chains}


def column(rows: list[dict], name: str) -> list:
    return [row[name] for row in rows]


def spoken(rows: list[dict], clips: list[np.ndarray], features: list[np.ndarray]) -> dict[str, dict]:
    texts, questions, answers = (column(rows, name) for name in ("text", "question", "answer"))
    moods = column(rows, "mood")

    @cache
    def heard(variant: Variant) -> list[str]:
        if variant.kind == "letters":
            return model(variant).spelled(clips)
        return model(variant).texts_of(features)

    def mood_of(said: list[str], variant: Variant) -> float:
        return accuracy(model(variant).classes(said), moods)

    def answer_of(said: list[str], variant: Variant) -> float:
        found = model(variant).answers(list(zip(questions, said)))
        return by_text(metrics.token_f1, found, answers)

    transcribe = chain_scores(lambda variant: word_accuracy(heard(variant), texts), TRANSCRIBE)
    return {
        "mini-audio-qa": {
            "transcribe": transcribe,
            "answer": chain_scores(lambda variant: answer_of(texts, variant), ANSWER),
            "endToEnd": chain_scores(lambda a, b: answer_of(heard(a), b), TRANSCRIBE, ANSWER),
        },
        "mini-audio-sentiment": {
            "transcribe": transcribe,
            "mood": chain_scores(lambda variant: mood_of(texts, variant), MOOD),
            "endToEnd": chain_scores(lambda a, b: mood_of(heard(a), b), TRANSCRIBE, MOOD),
        },
    }


def summarised(rows: list[dict]) -> dict[str, dict]:
    sources, targets, questions, answers = (
        column(rows, name) for name in ("source", "target", "question", "answer")
    )

    @cache
    def short(variant: Variant) -> list[str]:
        return model(variant).texts_of(sources)

    def answer_of(texts: list[str], variant: Variant) -> float:
        found = model(variant).answers(list(zip(questions, texts)))
        return by_text(metrics.token_f1, found, answers)

    return {
        "mini-sum-qa": {
            "summarise": chain_scores(
                lambda variant: by_text(metrics.rouge_l, short(variant), targets), SUMMARISE
            ),
            "answer": chain_scores(lambda variant: answer_of(targets, variant), ANSWER),
            "endToEnd": chain_scores(lambda a, b: answer_of(short(a), b), SUMMARISE, ANSWER),
        }
    }


def written(rows: list[dict]) -> dict[str, dict]:
    """
    End to end, a text has the score of its summary if it is French, 1 if it is not, and 0 if its language is not found.
    """
    labels = column(rows, "label")
    french = [row for row in rows if row["translation"]]
    texts, translations, summaries = (column(french, name) for name in ("text", "translation", "summary"))

    @cache
    def classes(variant: Variant) -> list[int]:
        return model(variant).classes(column(rows, "text"))

    @cache
    def translated(variant: Variant) -> list[str]:
        return model(variant).texts_of(texts)

    @cache
    def shortened(a: Variant, b: Variant) -> list[float]:
        found = model(b).texts_of(translated(a))
        return [metrics.rouge_l(x, y) for x, y in zip(found, summaries)]

    def end_to_end(a: Variant, b: Variant, c: Variant) -> float:
        later = iter(shortened(b, c))
        scores = [next(later) if row["translation"] else 1.0 for row in rows]
        return mean([score * (found == label) for score, found, label in zip(scores, classes(a), labels)])

    return {
        "mini-nlp": {
            "language": chain_scores(lambda variant: accuracy(classes(variant), labels), LANGUAGE),
            "translate": chain_scores(
                lambda variant: by_text(metrics.chrf, translated(variant), translations), TRANSLATE
            ),
            "summarise": chain_scores(
                lambda variant: by_text(metrics.rouge_l, model(variant).texts_of(translations), summaries),
                SUMMARISE,
            ),
            "endToEnd": chain_scores(end_to_end, LANGUAGE, TRANSLATE, SUMMARISE),
        }
    }


def normalised(pcm: np.ndarray, length: int) -> np.ndarray:
    """A clip as a model of letters takes it: with mean 0 and variance 1."""
    clip = pcm[:length].astype(np.float32) / 32768
    return (clip - clip.mean()) / np.sqrt(clip.var() + 1e-7)


def main(folder: Path) -> None:
    def rows(name: str) -> list[dict]:
        return json.loads((folder / "data" / f"{name}.pack.json").read_text())

    pcm, lengths, features = (
        np.load(folder / "data" / f"speech.pack.{part}.npy") for part in ("pcm", "lengths", "features")
    )
    clips = [normalised(*clip) for clip in zip(pcm, lengths)]
    scores = {
        **spoken(rows("speech"), clips, list(features)),
        **summarised(rows("summary")),
        **written(rows("written")),
    }
    (folder / "scores.json").write_text(json.dumps(scores))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
