"""Pace of a price decline from new lows alone, freed of the bias of fitting a line to them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from diligence.errors import EstimationError
from diligence.trajectories.price_decline_fit import PriceDeclineFit, require_level
from diligence.trajectories.record_calibration import CalibratedRoot, calibrate_root
from diligence.trajectories.record_likelihood import line_covariance, profile
from diligence.trajectories.record_prices import RecordSample, read_record_sample

DRAWS = 400
FEWEST_DRAWS = 50
# On one year of offers that scatter as price lists do (1.3 to 1.6 in logs), the interval runs over
# a factor of several hundred at the median; on two years over a factor of about ten.
FEWEST_YEARS = 1.5
WIDEST_FOLD_RATIO = 100
# A hopeless sample extrapolates beyond the largest float; its notes say that it is hopeless.
LARGEST_LOG = 700.0
CONCLUSIVE_NOTE = (
    "The verdict selects: lists whose fall looked fast pass more often. Of simulated lists of two "
    "years that fell 10x a year, those that passed said 1.1 times the truth at the median with 40 "
    "or 20 offers, and 1.2 times with 12."
)
TYPICAL_OFFER_NOTE = (
    "The line, its level and its forecasts are those of a typical new offer, which costs more "
    "than the cheapest one so far; only the pace is common to both in the long run."
)
MODEL_NOTE = (
    "Assumes that offers which met the same bar scatter around one straight line in logs, "
    "normally, independently and alike over time; dates of the offers that were no new lows enter "
    "as prices above the low of the day."
)


@dataclass(frozen=True)
class RecordDeclineFit(PriceDeclineFit):
    """Price decline estimated from record lows and the dates of all other offers.

    ``level``, ``log_median`` and ``forecast`` speak of a typical new offer; ``history`` and
    ``last_value`` of the lowest price so far. Adds to `PriceDeclineFit`:

    Parameters
    ----------
    records
        Number of new lows; ``n`` counts every offer.
    span_years
        Years from the first to the last offer.
    """

    records: int
    span_years: float
    sample: RecordSample = field(repr=False, compare=False)
    root: CalibratedRoot = field(repr=False, compare=False)

    @property
    def is_conclusive(self) -> bool:
        """Whether span and interval allow a yearly rate; when not, the first note says why."""
        return _verdict(self.span_years, self.root) is None

    def to_frame(self) -> pd.DataFrame:
        """Lowest price so far and the typical offer at each date, and whether it was a new low."""
        frame = super().to_frame()
        frame = frame.rename(columns={"observed": "lowest_so_far", "fitted": "typical_offer"})
        lows = frame["lowest_so_far"]
        return frame.assign(is_record=lows < lows.shift(fill_value=np.inf))

    def _drift_interval(self, level: float) -> tuple[float, float]:
        require_level(level)
        reach = float(ndtri((1 + level) / 2))
        return self.root.slope_at(reach), self.root.slope_at(-reach)

    def _facts(self) -> dict[str, str]:
        facts = super()._facts()
        if not self.is_conclusive:
            facts |= self._interval_first()
        facts["Points"] = (
            f"{self.records} new lows among {self.n} offers in {self.span_years:.2f} years, "
            f"lowest {self.last_value:.6g}"
        )
        return facts

    def _interval_first(self) -> dict[str, str]:
        fold_low, fold_high = self.fold_conf_int()
        low, high = self.conf_int()
        return {
            "Times per year": f"90 % interval {fold_low:.3g} to {fold_high:.3g}; not conclusive, "
            f"middle {self.fold_per_year:.3g}",
            "Decline per year": f"90 % interval {low:.1%} to {high:.1%}",
            "Half-life": "not established",
        }


def fit_record_decline(
    records: pd.Series, offer_dates: Iterable[Any], *, draws: int = DRAWS, seed: int = 0
) -> RecordDeclineFit:
    """Estimate a price decline from record lows, treating every other offer as censored.

    Offers that meet the same bar follow log price = a + b t + s e, e standard normal. A record
    adds its density to the likelihood; any other offer, of which only the date is known, adds the
    probability of lying above the lowest price so far. The signed root of the likelihood ratio of
    b is centred and scaled by simulation on the same dates; its zero is the estimate, its normal
    quantiles bound the interval.

    Parameters
    ----------
    records
        Record prices, above 0 and strictly falling, indexed by date; see ``record_prices``. The
        first offer is a record by definition. At least 2.
    offer_dates
        Dates of all offers that met the bar, cheap or dear, at least 5. Record dates may be
        among them; a date on which several offers came stands several times.
    draws
        Simulated lists for each of 5 slopes, at least 50.
    seed
        Of the simulation; the same seed gives the same result.

    Returns
    -------
    RecordDeclineFit
        ``fold_per_year`` with ``fold_conf_int()``, ``decline_per_year``, ``half_life_months``;
        ``forecast`` is that of a typical new offer. Below 1.5 years of offers, or where the 90 %
        interval runs over more than a factor of 100, ``is_conclusive`` is False and the first
        note says so.

    Raises
    ------
    EstimationError
        Records that do not fall, a single record, too few offers, new lows without any scatter,
        or dates that cannot be used; the message quotes the value.

    Notes
    -----
    A line through record lows is too steep: each record is the lucky end of that day's offers,
    and the longer one waits the luckier the luckiest. At a true 10x a year, scatter 1.5 and 40
    offers in two years, least squares through the records says 20x and more at the median, and
    its 90 % interval holds the truth in about 6 of 10 samples (``benchmarks/
    bench_record_decline.py``). Heavy tails below the line still mislead: a single giveaway price
    stays the record for long. Prices of all offers, where known, are worth more than any
    correction: then use a regression on all of them.

    ``is_conclusive`` selects on the outcome: in short or thin lists it takes a fall that looked
    fast to pass. Of simulated lists of two years, those that passed said 1.1 times the truth at
    the median with 40 or 20 offers and 1.2 times with 12 (same benchmark). Coverage is measured
    on all lists together, not on those that passed.

    Examples
    --------
    >>> records = pd.Series([30, 12, 4, 1.5, 0.6, 0.2], index=[0, 0.3, 0.8, 1.2, 1.7, 2.1])
    >>> fit = fit_record_decline(records, np.linspace(0, 2.25, 19))
    >>> low, high = fit.fold_conf_int()
    >>> f"{fit.fold_per_year:.0f}x a year, 90 % interval {low:.0f}x to {high:.0f}x"
    '9x a year, 90 % interval 4x to 16x'

    Quote the interval: six new lows among nineteen offers tell a fast decline from none, and not
    four times a year from sixteen.

    References
    ----------
    Olsen, R. J. (1978). Note on the uniqueness of the maximum likelihood estimator for the Tobit
    model. Econometrica, 46(5), 1211-1215.
    DiCiccio, T. J., Martin, M. A. and Stern, S. E. (2001). Simple and accurate one-sided
    inference from signed roots of likelihood ratios. Canadian Journal of Statistics, 29(1), 67-76.
    """
    _require_draws(draws)
    sample = read_record_sample(records, offer_dates)
    root = calibrate_root(sample, draws=draws, seed=seed)
    drift, drift_std_error = root.slope_at(0.0), (root.slope_at(-1.0) - root.slope_at(1.0)) / 2
    _require_bounded(drift, sample)
    level, covariance = _line(sample, drift, noise=root.noise_at(drift))
    widening = drift_std_error / math.sqrt(covariance[1, 1])
    covariance = covariance * (widening**2 if math.isfinite(widening) else 1.0)
    verdict = _verdict(sample.span_years, root)
    return RecordDeclineFit(
        method="record-aware decline",
        n=sample.offers,
        drift_per_year=drift,
        drift_std_error=drift_std_error,
        degrees_of_freedom=math.inf,
        level=math.exp(min(level, LARGEST_LOG)),
        step_years=sample.history.step_years,
        last_date=sample.history.last_date,
        last_value=sample.history.last_value,
        notes=(
            verdict or CONCLUSIVE_NOTE,
            *sample.history.notes,
            MODEL_NOTE,
            TYPICAL_OFFER_NOTE,
        ),
        history=sample.history,
        scatter_log=root.noise_at(drift),
        level_std_error=math.sqrt(covariance[0, 0]),
        level_drift_covariance=float(covariance[0, 1]),
        records=sample.records,
        span_years=sample.span_years,
        sample=sample,
        root=root,
    )


def _line(
    sample: RecordSample, drift: float, *, noise: float
) -> tuple[float, npt.NDArray[np.float64]]:
    """Log level of a typical offer at the last date, and its covariance with the drift."""
    rows = (sample.years[None], sample.log_standing[None], sample.is_record[None])
    at = profile(*rows, np.array([drift]))
    distance = float(at.level[0]) * noise
    middle = float(sample.log_standing.mean()) + distance
    level = middle + drift * (sample.span_years - float(sample.years.mean()))
    return level, line_covariance(*rows, at)[0]


def _verdict(span_years: float, root: CalibratedRoot) -> str | None:
    reach = float(ndtri(0.95))
    steep, flat = root.slope_at(reach), root.slope_at(-reach)
    with np.errstate(over="ignore"):
        low, high = float(np.exp(-flat)), float(np.exp(-steep))
    interval = f"the 90 % interval runs from {low:.3g}x to {high:.3g}x a year"
    if span_years < FEWEST_YEARS:
        return (
            f"NOT CONCLUSIVE: the offers span {span_years:.2f} years, and {interval}. Within "
            f"{FEWEST_YEARS:g} years the fall hardly outgrows the scatter of offers. Quote no "
            "yearly rate; add history."
        )
    if flat - steep > math.log(WIDEST_FOLD_RATIO):
        return (
            f"NOT CONCLUSIVE: {interval}, over more than a factor of {WIDEST_FOLD_RATIO}. The "
            "fall hardly outgrows the scatter of offers. Quote the interval, not the rate."
        )
    return None


def _require_bounded(drift: float, sample: RecordSample) -> None:
    if not math.isfinite(drift):
        raise EstimationError(
            f"{sample.records} new lows among {sample.offers} offers set no bound to the pace. Add "
            "offers, or use all prices with fit_log_trend."
        )


def _require_draws(draws: int) -> None:
    if draws < FEWEST_DRAWS:
        raise EstimationError(
            f"The simulation needs at least {FEWEST_DRAWS} draws a slope, got {draws!r}; "
            f"{DRAWS} is the default."
        )
