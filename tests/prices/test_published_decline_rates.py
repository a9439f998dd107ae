import math

import pytest

from diligence.errors import InputError
from diligence.prices.published_decline_rates import load_published_decline_rates

HEADER = (
    "id,source,published,method,measures,fold_per_year,fold_total,years,low,high,basis,url,checked"
)
ROW = "a,Someone,2025,two prices,list price,{},stated,https://example.org,2026-11-21"


@pytest.fixture(scope="module")
def rates():
    return load_published_decline_rates()


def write(tmp_path, *rows):
    path = tmp_path / "rates.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rate_id", "expected"),
    [
        ("a16z_mmlu42", 10.0),  # 60 to 0.06 in three years: 1000 ** (1/3)
        ("a16z_mmlu83", 11.9),  # 62 in 20 months: 62 ** (12/20)
        ("du_economy", 1.88),  # half-life of 1.10 years: 2 ** (1/1.10)
        ("du_mid", 1.56),  # half-life of 1.55 years
        ("du_total", 2.90),  # 600 ** (1/6)
        ("ai_index", 19.1),  # 20 to 0.07 in 23 months
    ],
)
def test_rates_derived_from_two_prices(rates, rate_id, expected):
    assert rates[rate_id].fold_per_year == pytest.approx(expected, rel=5e-3)
    assert rates[rate_id].basis == "derived"


def test_every_rate_names_method_source_and_day(rates):
    for rate in rates.rates:
        assert rate.url.startswith("https://")
        assert rate.basis in {"stated", "derived", "recomputed"}
        assert rate.checked
        assert rate.method
        assert rate.fold_per_year is not None or rate.high is not None
        if None not in (rate.low, rate.fold_per_year, rate.high):
            assert rate.low < rate.fold_per_year < rate.high
            assert rate.range_kind


def test_fastest_first_and_a_bare_range_last(rates):
    folds = [rate.fold_per_year for rate in rates.rates]
    assert folds[-1] is None
    assert folds[:-1] == sorted(folds[:-1], reverse=True)
    assert folds[0] / 1.6 > 100


def test_what_a_reader_sees(rates):
    assert rates.summary().splitlines()[0].lstrip().startswith("200x")
    frame = rates.to_frame()
    assert frame.index.name == "id"
    assert math.isnan(frame.loc["gundlach_best_model", "fold_per_year"])
    assert "<td>Du</td>" in rates._repr_html_()


def test_an_unknown_rate_names_the_known_ones(rates):
    with pytest.raises(InputError, match="No published rate is called 'moore'; known are"):
        rates["moore"]


def test_rows_by_hand(tmp_path):
    found = load_published_decline_rates(write(tmp_path, ROW.format(",100,2,,")))
    assert found["a"].fold_per_year == pytest.approx(10)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (",,,,", "2:fold_per_year: found no rate, expected fold_per_year, or fold_total with"),
        (",100,,,", "found no rate"),
        (",,,2,", "found no rate"),
        ("fast,,,,", "2:fold_per_year: found 'fast', expected a number above 0"),
        ("-3,,,,", "found '-3'"),
        ("0,,,,", "found '0'"),
    ],
)
def test_problems_name_row_and_column(tmp_path, cells, message):
    with pytest.raises(InputError, match=message):
        load_published_decline_rates(write(tmp_path, ROW.format(cells)))


def test_every_problem_is_told_at_once(tmp_path):
    path = write(tmp_path, ROW.format("x,,,,"), ROW.format("3,,,,"), ROW.format("4,,,,"))
    with pytest.raises(InputError, match="expected each id once") as error:
        load_published_decline_rates(path)
    assert len(error.value.problems) == 2
