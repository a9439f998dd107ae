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
    return Phrases(known, re.compile(_pattern(known)))


def _pattern(known: Iterable[str]) -> str:
    """One pattern for all phrases: their common beginnings are tried once at each place."""
    inside, anywhere = _Branches(), _Branches()
    for phrase in known:
        (anywhere if phrase.startswith("*") else inside).add(phrase.lstrip("*"))
    parts = [f"(?<![a-z]){inside.regex()}"] if inside.next else []
    return "|".join([*parts, *([anywhere.regex()] if anywhere.next else [])])


class _Branches:
    """Phrases by their next letter; ``ends`` where one of them may end."""

    def __init__(self) -> None:
        self.next: dict[str, _Branches] = {}
        self.ends: set[str] = set()

    def add(self, phrase: str) -> None:
        node = self
        for letter in phrase.rstrip("."):
            node = node.next.setdefault(letter, _Branches())
        node.ends.add("(?![a-z])" if phrase.endswith(".") else "")

    def regex(self) -> str:
        if "" in self.ends:
            return ""  # the shortest phrase is enough
        ways = [letter.replace(" ", " ?") + node.regex() for letter, node in self.next.items()]
        ways += sorted(self.ends)
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def anchors_in(folded: str) -> set[str]:
    """Every prefix, up to the anchor length, of every word start of a folded text."""
    return set().union(*map(_anchors_of, folded.split()))


@lru_cache(maxsize=1 << 16)
def _anchors_of(word: str) -> frozenset[str]:
    starts = [match.start() for match in _WORD_START.finditer(word)]
    lengths = range(1, ANCHOR_LENGTH + 1)
    return frozenset(word[at : at + length] for at in starts for length in lengths)
