"""Folding of billing text, and the small grammar of phrases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.phrases import Phrases, anchors_in, fold, phrases


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("EUC1-Host:ml.g5.xlarge", "euc1 host ml g5 xlarge"),
        ("MODEL_TRAINING", "model training"),
        ("Rückstellung für Größe", "ruckstellung fur grosse"),
        ("inputTokenCount", "input token count | inputtokencount"),
        ("GPUHours", "gpu hours | gpuhours"),
        ("  --  ", ""),
        ("", ""),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("embed", "text-embedding-3-large", True),  # open at the end
        ("embed", "unembedded", False),  # closed at the start
        ("pre train", "Pretraining run", True),  # a blank may be missing
        ("pre train", "pre-train", True),
        ("pre train", "prepaid train", False),
        ("prod.", "prod-api", True),  # a stop closes the word
        ("prod.", "prod2", True),
        ("prod.", "product", False),
        ("*h100", "8xh100", True),  # a star opens the start
        ("h100", "8xh100", False),
    ],
)
def test_grammar(phrase, text, found):
    assert phrases([phrase]).found_in(fold(text)) is found


@pytest.mark.parametrize("broken", ["Prod", "two  blanks", "", " lead", "a*b", "ünder", "semi;"])
def test_a_phrase_outside_the_grammar_is_an_error(broken):
    with pytest.raises(ValueError, match="expected lower-case words"):
        phrases([broken])


def test_no_phrases_are_never_found():
    assert not phrases([]).found_in("anything")
    assert phrases([]) == Phrases((), None)


@given(st.text())
def test_folding_twice_changes_nothing_but_humps(text):
    folded = fold(text)
    assert fold(folded).split(" | ")[0] == folded.replace(" | ", " ")
    assert folded == folded.lower()


words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=3), st.sampled_from(["-", "_", " ", ":", "/", ""]))
def test_a_phrase_is_found_however_its_words_are_joined(parts, separator):
    assert phrases([" ".join(parts)]).found_in(fold(separator.join(parts)))


@given(words, words)
def test_whatever_is_found_shares_an_anchor(phrase, text):
    # The index asks a rule only when an anchor stands in the text: none may be missed.
    known = phrases([phrase])
    if known.found_in(fold(text)):
        assert known.anchors & anchors_in(fold(text))
