import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.price_frontier import logit_score, price_frontier


def test_logit_by_hand():
    # Odds of 1, 3 and 9 to 1; a full score counts as 99.5 %, odds of 199 to 1.
    found = logit_score(pd.Series([0.5, 0.75, 0.9, 1.0, 0.0]))
    assert np.exp(found.to_numpy()) == pytest.approx([1, 3, 9, 199, 1 / 199])


@pytest.mark.parametrize("score", [-0.1, 1.1, 86.4, np.nan, "good"])
def test_scores_are_shares(score):
    with pytest.raises(EstimationError, match=f"found {score} at position 1"):
        logit_score(pd.Series([0.5, score], dtype=object))


def test_the_clip_lies_inside():
    with pytest.raises(EstimationError, match="must rise within 0 and 1"):
        logit_score(pd.Series([0.5]), clip=(0, 1))


OFFERS = pd.DataFrame(
    {
        "date": [2023, 2024, 2024, 2025, 2025, 2025],
        "score": [0.5, 0.6, 0.4, 0.7, 0.6, 0.6],
        "price": [10.0, 5.0, 6.0, 20.0, 5.0, 7.0],
        "name": ["first", "better", "beaten", "best", "equal", "late"],
    }
)


def test_frontier_by_hand():
    # "beaten" loses to "better" on its day, "late" to it a year on; "equal" ties and stays.
    found = price_frontier(OFFERS, score="score")
    assert found["name"].tolist() == ["first", "better", "best", "equal"]


def test_what_comes_later_beats_nothing():
    assert price_frontier(OFFERS.iloc[::-1], score="score")["name"].tolist() == [
        "equal",
        "best",
        "better",
        "first",
    ]


def test_dates_may_be_days():
    dated = OFFERS.assign(date=pd.to_datetime(OFFERS["date"].astype(str) + "-05-01"))
    assert price_frontier(dated, score="score")["name"].tolist() == (
        price_frontier(OFFERS, score="score")["name"].tolist()
    )


@pytest.mark.parametrize(
    ("offers", "message"),
    [
        (OFFERS.drop(columns="price"), "no column 'price'; it has"),
        (OFFERS.assign(score=None), "'score' needs a number or a date in every row; found None"),
        (OFFERS.assign(date="soon"), "found 'soon' in row 1 of 6"),
    ],
)
def test_what_cannot_be_used_is_refused(offers, message):
    with pytest.raises(EstimationError, match=message):
        price_frontier(offers, score="score")
