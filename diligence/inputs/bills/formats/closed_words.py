"""SQL for columns that hold one of a few known words, and for rows whose word is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from diligence.inputs.bills.layout import Check, literal


def word_list(words: Iterable[str]) -> str:
    """SQL list of words for ``IN``.

    Examples
    --------
    >>> word_list(["usage", "tax"])
    "('usage', 'tax')"
    """
    return f"({', '.join(literal(word) for word in words)})"


def by_word(column: str, meanings: Mapping[str, str], *, otherwise: str) -> str:
    """SQL that gives the meaning of a column's word, in any case.

    ``meanings`` maps words in lower case to SQL, such as a quoted kind.

    Examples
    --------
    >>> by_word("k", {"tax": "'tax'"}, otherwise="'usage'")
    "CASE lower(k) WHEN 'tax' THEN 'tax' ELSE 'usage' END"
    """
    cases = " ".join(f"WHEN {literal(word)} THEN {sql}" for word, sql in meanings.items())
    return f"CASE lower({column}) {cases} ELSE {otherwise} END"


def unknown_word(column: str, words: Iterable[str], *, name: str, expected: str) -> Check:
    """Refuses rows whose column holds none of the words, which are in lower case."""
    condition = f"lower({column}) NOT IN {word_list(words)}"
    return Check(condition, name, f"coalesce(nullif({column}, ''), 'nothing')", expected)
