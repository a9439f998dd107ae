"""Floors under the prices a company pays: by model, and blended by its own mix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.prices import ScenarioRange, accelerator, model_architecture
from diligence.prices.floor_evidence import floor_from_margins, floor_from_serving
from diligence.prices.open_alternatives import open_alternatives
from diligence.prices.price_floor import (
    BLENDED,
    OF_PRICE,
    USD_PER_MTOK,
    FloorGap,
    PriceFloor,
    price_floor_gap,
)
from diligence.prices.serving_assumptions import read_serving_assumptions
from diligence.prices.supplier_margins import RUNGS, RungKey, SupplierMargins
from diligence.projections.model_mix import ModelMix, ModelUse

if TYPE_CHECKING:
    import pandas as pd

ZERO, ONE = Decimal(0), Decimal(1)
OLD_DAYS = 366
GRADE_SHARE = Decimal("0.10")
"""A blended figure carries the worst grade that holds at least this share of its money."""


@dataclass(frozen=True)
class CompanyFloor:
    """The ladder under one price a company pays, with what that price costs it a month."""

    use: ModelUse
    floor: PriceFloor


@dataclass(frozen=True)
class PriceFloors:
    """Ladders under everything a company buys, on one day."""

    day: date
    floors: tuple[CompanyFloor, ...]
    notes: tuple[str, ...] = ()

    def blended(self, rung: RungKey, *, input: str = "") -> FloorGap:
        """Gap at one rung over all that is bought, weighted by today's cost.

        The multiple is what the company's cost is multiplied by when every price rises, or falls,
        to its floor. Spend whose rung is unknown is left out; ``covered`` is the share that is
        known, and nothing is known below none.

        Parameters
        ----------
        rung
            Key of the rung.
        input
            ``tokens`` or ``gpu_hours``; both when left out.
        """
        scope = [item for item in self.floors if input in ("", item.use.key.input)]
        gaps = [(item.use.cost, price_floor_gap(item.floor, rung=rung)) for item in scope]
        total = sum((cost for cost, _ in gaps), ZERO)
        known = [(cost, gap, gap.multiple) for cost, gap in gaps if gap.multiple is not None]
        held = sum((cost for cost, _, _ in known), ZERO)
        dates = [gap.evidence_date for _, gap, _ in known if gap.evidence_date]
        needs = "; ".join(dict.fromkeys(gap.needs for _, gap in gaps if gap.needs))

        def mean(case: Callable[[ScenarioRange], Decimal]) -> Decimal:
            weighted = (cost * case(found) for cost, _, found in known if found)
            return sum(weighted, ZERO) / held

        floor = (
            ScenarioRange(mean(lambda x: x.low), mean(lambda x: x.base), mean(lambda x: x.high))
            if known
            else None
        )
        return FloorGap(
            supplier="all suppliers",
            model="",
            rung=rung,
            unit=OF_PRICE,
            price=ONE,
            floor=floor,
            state="known" if known else "unknown",
            needs=needs,
            grade=_grade([(cost, gap.grade) for cost, gap, _ in known]),
            evidence_date=min(dates, default=None),
            covered=held / total if total else ZERO,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a model and rung, then the blended ones; shares of cost beside them."""
        import pandas as pd

        total = sum((item.use.cost for item in self.floors), ZERO)
        rows = [
            {
                **gap.as_row(),
                **_at_list(item.floor, gap),
                "cost_share": float(item.use.cost / total),
            }
            for item in self.floors
            for gap in item.floor.gaps
        ]
        rows += [
            {**gap.as_row(), "list_price": None, "multiple_at_list": None, "cost_share": 1.0}
            for gap in (self.blended(rung) for rung in RUNGS)
            if self.floors
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """The blended gap at every rung, one line each."""
        if not self.floors:
            return "nothing bought by the token or the GPU-hour"
        gaps = [self.blended(rung) for rung in RUNGS]
        return "\n".join(f"{gap.summary()}; {gap.covered:.0%} of spend known" for gap in gaps)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.2f}".format))


def price_floors(
    mix: ModelMix,
    *,
    register: AssumptionRegister,
    margins: SupplierMargins,
) -> PriceFloors:
    """Build the ladder under every price of a company's mix.

    Open-weight models whose shape is published are built up from rent; for the others the rungs
    are what their sellers' margins say, and unknown where nobody reports one.

    Parameters
    ----------
    mix
        What the company buys; see `model_mix`.
    register
        Rents, utilisation and ``supplier_target_margin``.
    margins
        Reported margins as known on the day.

    Examples
    --------
    >>> from diligence.prices import PriceBook
    >>> from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
    >>> from diligence.projections.company_model import CompanyModel
    >>> from diligence.projections.model_mix import model_mix
    >>> day = date(2026, 6, 30)
    >>> lines = (
    ...     PricedLine(PriceKey("tokens", "buy", "OpenAI", "gpt-5.4"), paid=60.0),
    ...     PricedLine(PriceKey("tokens", "buy", "Google", "gemini-2.5-flash"), paid=40.0),
    ... )
    >>> company = CompanyModel("Acme", "USD", (SegmentModel("", 200.0, lines=lines),))
    >>> mix = model_mix(company, prices=PriceBook.load().as_of(day))
    >>> floors = price_floors(
    ...     mix, register=AssumptionRegister.load(day), margins=SupplierMargins.known(day)
    ... )
    >>> print(floors.blended("operating").summary())
    with all operating cost: ×2.60 to reach, price below it [B]
    >>> f"{floors.blended('operating').covered:.0%}"
    '60%'

    The bill would rise to 2.6 times for the supplier that reports; of the other 40 % nobody
    knows, and the figure says so.
    """
    target = register_range(register, "supplier_target_margin")
    floors = tuple(CompanyFloor(use, _floor(use, register, margins, target)) for use in mix.uses)
    return PriceFloors(margins.day, floors, (*mix.notes, *_old_evidence(floors, margins.day)))


def _old_evidence(floors: Iterable[CompanyFloor], day: date) -> Iterator[str]:
    """Evidence that prices may have left behind."""
    for item in floors:
        dates = [rung.evidence_date for rung in item.floor.rungs if rung.evidence_date]
        oldest = min(dates, default=day)
        if (day - oldest).days > OLD_DAYS:
            yield f"{item.use.name}: margins of {oldest} stand against prices of {day}"


def register_range(register: AssumptionRegister, name: str) -> ScenarioRange:
    """Take one number of the register with its range.

    Raises
    ------
    InputError
        When it has no number.
    """
    entry = register.get(name)
    if not isinstance(entry.value, Decimal):
        raise InputError(f"The assumption {name!r} has no number; state one in assumptions.yaml.")
    low = entry.value if entry.low is None else entry.low
    high = entry.value if entry.high is None else entry.high
    return ScenarioRange(low, entry.value, high)


def _at_list(floor: PriceFloor, gap: FloorGap) -> dict[str, float | None]:
    """List price of the same tokens, and its base multiple to the rung."""
    listed = floor.list_price
    multiple = None if listed is None or gap.floor is None else float(gap.floor.base / listed)
    return {
        "list_price": None if listed is None else float(listed),
        "multiple_at_list": multiple,
    }


def _floor(
    use: ModelUse,
    register: AssumptionRegister,
    margins: SupplierMargins,
    target: ScenarioRange,
) -> PriceFloor:
    built = _bottom_up(use, register, margins.day, target)
    if built is not None:
        return built
    seller = _seller(use, margins)
    return floor_from_margins(
        margins.of(seller, input=use.key.input, model=use.model),
        supplier=use.key.supplier,
        model=use.model,
        input=use.key.input,
        price=use.price or {BLENDED: ONE},
        unit=USD_PER_MTOK if use.price else OF_PRICE,
        list_price=use.list_price,
        target_margin=target,
    )


def _bottom_up(
    use: ModelUse, register: AssumptionRegister, day: date, target: ScenarioRange
) -> PriceFloor | None:
    known = open_alternatives().get(use.model)
    request = use.tokens.request if use.tokens else None
    if known is None or not known.architecture or use.price is None or request is None:
        return None
    try:
        rents = read_serving_assumptions(register, accelerator=known.accelerator)
    except InputError:
        return None
    return floor_from_serving(
        model_architecture(known.architecture),
        accelerator(known.accelerator),
        supplier=use.key.supplier,
        model=use.model,
        price=use.price,
        assumptions=rents,
        request=request,
        n_gpu=known.gpus,
        list_price=use.list_price,
        target_margin=target,
        dated=day,
    )


def _seller(use: ModelUse, margins: SupplierMargins) -> str:
    """The maker; without a model, the reporting supplier whose name the invoice's holds."""
    names = {entry.supplier.lower() for entry in margins.entries}
    if use.seller.lower() in names:
        return use.seller
    words = use.key.supplier.lower().split()
    return next((name for name in sorted(names) if name in words), use.seller)


def _grade(graded: list[tuple[Decimal, str]]) -> str:
    total = sum((cost for cost, _ in graded), ZERO)
    by_grade: dict[str, Decimal] = {}
    for cost, grade in graded:
        by_grade[grade] = by_grade.get(grade, ZERO) + cost
    return max((g for g, cost in by_grade.items() if cost >= GRADE_SHARE * total), default="")
