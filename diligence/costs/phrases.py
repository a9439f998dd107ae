"""Words of billing text: how text is folded, and phrases that are found in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_WORD_START = re.compile(r"(?<![a-z])[a-z0-9]")
_GRAMMAR = re.compile(r"\*?[a-z0-9]+( [a-z0-9]+)*\.?")
ANCHOR_LENGTH = 5


@lru_cache(maxsize=1 << 17)
def fold(text: str) -> str:
    """Lower-case words separated by single blanks, with and without splitting humps.

    Case, accents and separators carry no evidence, so ``Customization-Training`` and
    ``customization_training`` fold to the same words.

    Examples
    --------
    >>> fold("USE1-Host:ml.g5.xlarge")
    'use1 host ml g5 xlarge'
    >>> fold("OutputTokenCount")
    'output token count | outputtokencount'
    """
    plain = text if text.isascii() else _without_accents(text)
    split = _blanks(_HUMP.sub(" ", plain))
    whole = _blanks(plain)
    return split if split == whole else f"{split} | {whole}"


def _blanks(text: str) -> str:
    return _SEPARATORS.sub(" ", text.lower()).strip()


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@dataclass(frozen=True)
class Phrases:
    """Alternatives, any of which may stand in a folded text.

    A phrase starts at a word start and is open at its end: ``embed`` finds *embedding*. A blank
    may be missing in the text: ``pre train`` finds *pretraining*. A full stop closes the last
    word: ``prod.`` finds *prod* and *prod2*, not *product*. A star opens the start: ``*h100``
    finds *8xh100*.
    """

    phrases: tuple[str, ...]
    pattern: re.Pattern[str] | None

    def found_in(self, folded: str) -> bool:
        """Tell whether any phrase stands in the text; no phrases are never found."""
        return self.pattern is not None and self.pattern.search(folded) is not None

    @property
    def anchors(self) -> frozenset[str]:
        """First letters of each phrase; empty when some phrase is open at its start."""
        if any(phrase.startswith("*") for phrase in self.phrases):
            return frozenset()
        return frozenset(
            phrase.rstrip(".").split(" ")[0][:ANCHOR_LENGTH] for phrase in self.phrases
        )


def phrases(words: Iterable[str]) -> Phrases:
    """Compile phrases.

    Raises
    ------
    ValueError
        When a phrase is not lower-case words, optionally with a leading star or a final stop.

    Examples
    --------
    >>> found = phrases(["pre train", "prod."])
    >>> [found.found_in(fold(text)) for text in ("Pretraining", "prod-api", "product")]
    [True, True, False]
    """
    known = tuple(words)
    for phrase in known:
        if not _GRAMMAR.fullmatch(phrase):
            raise ValueError(
                f"phrase {phrase!r}: expected lower-case words separated by single blanks, "
                "with * before or a full stop after them"
            )
    if not known:
        return Phrases((), None)
    return Phrases(known, re.compile("|".join(_regex(phrase) for phrase in known)))


def _regex(phrase: str) -> str:
    start = "" if phrase.startswith("*") else "(?<![a-z])"
    end = "(?![a-z])" if phrase.endswith(".") else ""
    return start + phrase.strip("*.").replace(" ", " ?") + end


def anchors_in(folded: str) -> set[str]:
    """Every prefix, up to the anchor length, of every word start of a folded text."""
    found: set[str] = set()
    for start in _WORD_START.finditer(folded):
        at = start.start()
        found.update(folded[at : at + length] for length in range(1, ANCHOR_LENGTH + 1))
    return found
