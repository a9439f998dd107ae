from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.reporting.blocks import (
    Chart,
    Column,
    Exhibit,
    Heading,
    Table,
    is_missing,
    split_at_decimal_point,
)
from diligence.reporting.page_one import Verdict


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("23.3", ("23", ".3")),
        ("−0.4", ("−0", ".4")),
        ("45.0–61.7", ("45", ".0–61.7")),
        ("1,204", ("1,204", "")),
        ("USD 12.5 m", None),
        ("$12.5m", ("$12", ".5m")),
        ("1.24×", ("1", ".24×")),
        ("n/a", None),
        ("not computable: needs claims.yaml", None),
        ("", None),
        ("3 of the suppliers have not answered", None),
    ],
)
def test_figures_split_at_the_decimal_point_and_words_do_not(
    text: str, parts: tuple[str, str] | None
) -> None:
    assert split_at_decimal_point(text) == parts


@given(st.decimals(-(10**9), 10**9, places=2))
def test_no_digit_is_lost_in_the_split(figure: object) -> None:
    parts = split_at_decimal_point(str(figure))
    assert parts is not None
    assert "".join(parts) == str(figure)


@pytest.mark.parametrize("text", ["not computable: needs X", "n/a", "Unknown"])
def test_a_statement_that_something_is_missing_is_recognised(text: str) -> None:
    assert is_missing(text)


def test_a_short_row_is_refused_with_its_cells() -> None:
    with pytest.raises(InputError, match=r"Row 1 of table 'T' has 1 cells \('b',\); .* 2 columns"):
        Table((Column("A"), Column("B")), (("a", "1"), ("b",)), "T")


def test_a_heading_of_level_one_is_refused() -> None:
    with pytest.raises(InputError, match="'Costs' has level 1; use 2, 3 or 4"):
        Heading("Costs", 1)


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(InputError, match="'superb' is unknown; use one of robust, exposed"):
        Verdict("superb", "rule")  # type: ignore[arg-type]


def test_an_exhibit_takes_title_and_source_from_its_chart() -> None:
    chart = Chart('<svg width="200" height="10"></svg>', "Costs fell", "alt", "Source: bills.")
    assert (Exhibit(chart).title, Exhibit(chart).source_line) == ("Costs fell", "Source: bills.")
    assert Exhibit(chart, "Costs rose", "Source: ledger.").title == "Costs rose"
    assert chart.width_points == 200
