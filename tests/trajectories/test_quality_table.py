import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.quality_table import read_quality_table

ROWS = pd.DataFrame(
    {
        "date": [
            "2024-01-01",
            "2024-07-01",
            "2025-01-01",
            "2025-01-01",
            "2025-07-01",
            "2026-01-01",
        ],
        "score": [50, 60, 55, 70, 65, 80],
        "price": [10.0, 8.0, 5.0, 6.0, 3.0, 2.5],
        "provider": ["a", "b", "a", "c", "b", "d"],
    }
)


def read(rows, characteristics=("score",), **options):
    return read_quality_table(
        rows, price="price", date="date", characteristics=characteristics, **options
    )


def test_dates_count_in_years_before_the_last():
    table = read(ROWS)
    assert table.years[0] == pytest.approx(-731 / 365.25)
    assert table.years[-1] == 0
    assert table.last_date == "2026-01-01"
    assert table.design.shape == (6, 3)


def test_numbers_are_years():
    assert read(ROWS.assign(date=range(2020, 2026))).years.tolist() == [-5, -4, -3, -2, -1, 0]


def test_variance_inflation_by_hand():
    # Correlation of 0, 1, 2, 3, 4, 5 with 0, 0, 1, 1, 2, 2 is .956: 1 / (1 - 32/35) = 35 / 3.
    table = read(ROWS.assign(date=range(6), score=[0, 0, 1, 1, 2, 2]))
    assert table.variance_inflation == pytest.approx((35 / 3, 35 / 3))


def test_quality_of_an_item():
    table = read(ROWS.assign(open=[0, 1, 0, 1, 1, 0]), ("score", "open"))
    assert table.quality_row({"open": 1, "score": 60}).tolist() == [60, 1]
    assert table.quality_row(None).tolist() == pytest.approx([380 / 6, 0.5])
    with pytest.raises(EstimationError, match=r"State the qualities \['open', 'score'\]"):
        table.quality_row({"score": 60})
    with pytest.raises(EstimationError, match="must be a number"):
        table.quality_row({"score": np.nan, "open": 1})


@pytest.mark.parametrize(
    ("rows", "characteristics", "message"),
    [
        (ROWS, ("mmlu",), r"no column 'mmlu'; it has \['date'"),
        (ROWS, ("score", "score"), "'score' was named twice"),
        (ROWS.assign(price=[10, 8, 0, 6, 3, 2.5]), ("score",), "'price' must be above 0.*row 3"),
        (ROWS.assign(price=["10", "x", 1, 6, 3, 2]), ("score",), "found x in row 2 of 6"),
        (ROWS.assign(date="soon"), ("score",), "'date' must be a date.*found soon in row 1"),
        (ROWS.assign(score=[1, np.nan, 1, 2, 3, 4]), ("score",), "'score' must be a number"),
        (ROWS.assign(score=5), ("score",), r"'score' never varies \(5\)"),
        (ROWS.assign(date="2026-01-01"), ("score",), "All prices carry one date"),
        (ROWS.head(4), ("score",), "3 terms need at least 5 prices, got 4"),
        (ROWS.assign(twice=2 * ROWS["score"]), ("score", "twice"), "follows from the other terms"),
        (ROWS.assign(odd=[0, 0, 0, 0, 0, 1]), ("score", "odd"), "Row 6 of 6 alone decides a term"),
    ],
)
def test_bad_tables_are_named(rows, characteristics, message):
    with pytest.raises(EstimationError, match=message):
        read(rows, characteristics)


def test_a_missing_cluster_is_named():
    with pytest.raises(EstimationError, match="'provider' must be present in every row.*row 2"):
        read(ROWS.assign(provider=["a", None, "a", "c", "b", "d"]), cluster="provider")
