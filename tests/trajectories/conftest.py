import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def tenfold_a_year() -> pd.Series:
    """Month ends of one year, ten times cheaper after twelve months, without noise."""
    months = pd.date_range("2024-01-31", periods=13, freq="ME")
    return pd.Series(100 * 10 ** (-np.arange(13) / 12), index=months, name="usd_per_mtok")


@pytest.fixture
def bumpy() -> pd.Series:
    """Five yearly costs whose log changes are -1, -3, -1, -3."""
    return pd.Series(np.exp([8.0, 7.0, 4.0, 3.0, 0.0]), index=[2020, 2021, 2022, 2023, 2024])
