"""
Scores of texts, from 0 to 1, as the tasks of ipa-edge define them. They are written apart from those, so that the two
check each other.
"""

import re
import unicodedata
from collections import Counter


def _common(a: list, b: list) -> int:
    return sum((Counter(a) & Counter(b)).values())


def word_errors(found: str, truth: str) -> tuple[int, int]:
    """Words to change, and words of the truth."""

    def words(text: str) -> list[str]:
        plain = unicodedata.normalize("NFKC", text).lower().replace("'", "").replace("’", "")
        return re.findall(r"\w+", plain)

    a, b = words(found), words(truth)
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1], len(b)


def token_f1(found: str, truth: str) -> float:
    """SQuAD's F1 over words."""

    def words(text: str) -> list[str]:
        plain = re.sub(r"[!-/:-@\[-`{-~]", "", text.lower())
        return re.sub(r"\b(a|an|the)\b", " ", plain).split()

    a, b = words(found), words(truth)
    return 2 * _common(a, b) / (len(a) + len(b)) if a and b else float(a == b)


def rouge_l(found: str, truth: str) -> float:
    a, b = (re.findall(r"[^\W_]+", text.lower()) for text in (found, truth))
    row = [0] * (len(b) + 1)
    for x in a:
        diagonal = 0
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], diagonal + 1 if x == y else max(row[j], row[j - 1])
    return 2 * row[-1] / (len(a) + len(b)) if a or b else 1.0


def chrf(found: str, truth: str) -> float:
    """Over n-grams of 1 to 6 characters, with β = 2."""
    a, b = ("".join(text.split()) for text in (found, truth))
    orders = min(6, len(a), len(b))
    if orders == 0:
        return float(a == b)
    precision = recall = 0.0
    for n in range(1, orders + 1):
        grams = [[text[i : i + n] for i in range(len(text) - n + 1)] for text in (a, b)]
        common = _common(*grams)
        precision += common / len(grams[0]) / orders
        recall += common / len(grams[1]) / orders
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0
