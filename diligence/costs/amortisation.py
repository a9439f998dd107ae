"""Amortised training, from the whole vintage history, shown beside cash training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from diligence.errors import InputError
from diligence.inputs.deal import TrainingRun
from diligence.units import Period


@dataclass(frozen=True)
class Vintage:
    """A training cost put into service: straight-line from the month of ``in_service``.

    ``written_off`` vintages are charged in full in their month. ``life_months`` is the vintage's
    own life, such as that of a post-trained variant; None takes the life of the base model.
    """

    name: str
    cost: Decimal
    in_service: date
    written_off: bool = False
    life_months: int | None = None


def amortised_charge(vintages: Iterable[Vintage], *, period: Period, life_months: int) -> Decimal:
    """Charge of a period: straight line over the life, from the month of release.

    Parameters
    ----------
    vintages
        The whole history; vintages before the period still charge it.
    period
        Whole months.
    life_months
        1 or more; the field's range is 12 to 18 months. A vintage's own life goes before it.

    Returns
    -------
    Decimal
        Charge in the currency of the vintages.

    Raises
    ------
    InputError
        When a life is shorter than a month.

    Examples
    --------
    A first year of 10.8 charges 8.64 over 15 months; once every year costs 10.8 the charge is
    10.8 again, whatever the life.

    >>> year = Period(date(2025, 1, 1), date(2025, 12, 31))
    >>> first = Vintage("2025", Decimal("10.8"), date(2025, 1, 1))
    >>> amortised_charge([first], period=year, life_months=15)
    Decimal('8.64')
    >>> earlier = Vintage("2024", Decimal("10.8"), date(2024, 1, 1))
    >>> amortised_charge([first, earlier], period=year, life_months=15)
    Decimal('10.80')
    """
    return sum((_charge(vintage, period, life_months) for vintage in vintages), Decimal(0))


def successful_efforts_vintages(
    runs: Sequence[TrainingRun], *, variant_life_months: int | None = None
) -> tuple[Vintage, ...]:
    """Released runs are amortised; failed and abandoned ones are written off when they end.

    Parameters
    ----------
    runs
        The whole register; maintenance runs are an expense of their month and no vintage.
    variant_life_months
        Life of post-trained variants, which are replaced sooner than the base they build on;
        None gives them the life of the base.

    Examples
    --------
    A base of 12 over twelve months and a variant of 2 over four, both released in January: by
    April the base has charged 4 and the variant all of its 2.

    >>> from diligence.inputs.deal import SourceRef
    >>> released = dict(start=date(2025, 1, 1), end=date(2025, 1, 31), outcome="released",
    ...                 source=SourceRef("training_runs.csv", 2))
    >>> runs = [TrainingRun("base", "final_run", cost=Decimal(12), **released),
    ...         TrainingRun("variant", "post_training", cost=Decimal(2), **released)]
    >>> vintages = successful_efforts_vintages(runs, variant_life_months=4)
    >>> spring = Period(date(2025, 1, 1), date(2025, 4, 30))
    >>> amortised_charge(vintages, period=spring, life_months=12)
    Decimal('6')
    """
    kept = [
        Vintage(
            run.name,
            run.cost,
            run.release_date or run.end,
            life_months=variant_life_months if run.purpose == "post_training" else None,
        )
        for run in runs
        if run.outcome == "released" and run.purpose != "maintenance"
    ]
    lost = [
        Vintage(run.name, run.cost, run.end, written_off=True)
        for run in runs
        if run.outcome in ("failed", "abandoned") and run.purpose != "maintenance"
    ]
    return tuple(kept + lost)


def full_cost_vintages(
    runs: Sequence[TrainingRun], *, variant_life_months: int | None = None
) -> tuple[Vintage, ...]:
    """Failed runs are carried in the next released model; without one they are written off.

    What is carried takes the life of the model that carries it; ``variant_life_months`` is as in
    :func:`successful_efforts_vintages`.
    """
    vintages = successful_efforts_vintages(runs, variant_life_months=variant_life_months)
    releases = sorted(
        (vintage for vintage in vintages if not vintage.written_off),
        key=lambda vintage: (vintage.in_service, vintage.life_months is not None),
    )
    return tuple(
        _carried(vintage, releases) if vintage.written_off else vintage for vintage in vintages
    )


@dataclass(frozen=True)
class UndoneCapitalisation:
    """Capitalised training put back when it was spent, and its amortisation taken out.

    ``capitalised`` is cash the period put on the balance sheet as development cost,
    ``amortisation`` what the period's books charge for this and earlier years, of which
    ``in_cost_of_revenue`` weighs on reported gross margin. Costs positive, one currency.
    """

    capitalised: Decimal
    amortisation: Decimal
    in_cost_of_revenue: Decimal = Decimal(0)

    def cash_view(self, booked_cost: Decimal) -> Decimal:
        """Operating cost with training when spent, from the operating cost as booked."""
        return booked_cost - self.amortisation + self.capitalised

    def cost_of_revenue(self, booked: Decimal) -> Decimal:
        """Cost of revenue without amortised training."""
        return booked - self.in_cost_of_revenue

    @property
    def flattering(self) -> Decimal:
        """By how much the books show less cost than was spent; negative once spending falls."""
        return self.capitalised - self.amortisation

    def summary(self) -> str:
        """Both views in one line."""
        return (
            f"capitalised {self.capitalised:,.2f}, amortised {self.amortisation:,.2f}: "
            f"the books show {self.flattering:,.2f} less cost than was spent"
        )


def undo_capitalisation(
    *, capitalised: Decimal, amortisation: Decimal, in_cost_of_revenue: Decimal = Decimal(0)
) -> UndoneCapitalisation:
    """Undo capitalised training: cash when spent, no amortisation, both views kept.

    Raises
    ------
    InputError
        When an amount is negative, or more amortisation lies in cost of revenue than there is.

    Examples
    --------
    Operating cost of 50 with 8 of amortisation in it, and 20 put on the balance sheet:

    >>> undone = undo_capitalisation(capitalised=Decimal(20), amortisation=Decimal(8))
    >>> undone.cash_view(Decimal(50)), undone.flattering
    (Decimal('62'), Decimal('12'))
    """
    if min(capitalised, amortisation, in_cost_of_revenue) < 0:
        raise InputError(
            "Capitalised training and its amortisation are costs from 0 up; found capitalised "
            f"{capitalised}, amortisation {amortisation}, in cost of revenue {in_cost_of_revenue}."
        )
    if in_cost_of_revenue > amortisation:
        raise InputError(
            f"Cost of revenue cannot hold {in_cost_of_revenue} of amortisation when the whole "
            f"charge is {amortisation}."
        )
    return UndoneCapitalisation(capitalised, amortisation, in_cost_of_revenue)


def _carried(vintage: Vintage, releases: Sequence[Vintage]) -> Vintage:
    following = [release for release in releases if release.in_service >= vintage.in_service]
    if not following:
        return vintage
    carrier = following[0]
    return replace(
        vintage,
        in_service=carrier.in_service,
        written_off=False,
        life_months=carrier.life_months,
    )


def _charge(vintage: Vintage, period: Period, life_months: int) -> Decimal:
    first = _month_index(vintage.in_service)
    life = life_months if vintage.life_months is None else vintage.life_months
    if life < 1:
        raise InputError(f"{vintage.name}: a life must be 1 month or more; found {life}.")
    last = first + (1 if vintage.written_off else life)
    months = min(last, _month_index(period.end) + 1) - max(first, _month_index(period.start))
    if months <= 0:
        return Decimal(0)
    return vintage.cost * months / (last - first)


def _month_index(day: date) -> int:
    return 12 * day.year + day.month - 1
