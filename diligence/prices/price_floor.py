"""The ladder of costs under a price: how far the price stands above or below each rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from diligence.errors import InputError
from diligence.prices.checked_numbers import positive
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.supplier_margins import RUNGS, RungKey

if TYPE_CHECKING:
    import pandas as pd

BLENDED = "blended"
OF_PRICE = "of today's price"
USD_PER_MTOK = "USD per Mtok"
RungState = Literal["known", "unknown", "not_borne"]


@dataclass(frozen=True)
class FloorRung:
    """One rung: what a price has to be to cover cost up to here, by kind of token.

    ``costs`` is None where nothing is known; ``needs`` then says what would tell. A rung
    ``not_borne`` is a cost that this seller does not have: it costs what the one beneath it does.
    """

    key: RungKey
    costs: Mapping[str, ScenarioRange] | None
    state: RungState = "known"
    needs: str = ""
    concept: str = ""
    grade: str = "E"
    evidence_date: date | None = None
    source: str = ""

    @property
    def name(self) -> str:
        """The rung in words."""
        return RUNGS[self.key]


@dataclass(frozen=True)
class PriceFloor:
    """Cost rungs of one supplier's model against its price, in one unit.

    Parameters
    ----------
    supplier, model
        Who sells what; an empty model is all the supplier sells.
    unit
        ``USD per Mtok``, or shares ``of today's price`` where the price itself is not known.
    price
        Effective price by kind of token and ``blended`` at the buyer's mix.
    list_price
        Blended price of the same tokens before cache and discount; None where not known.
    rungs
        From the lowest cost up; each contains those beneath it.
    basis
        What the rungs are read from.
    notes
        What to know when reading them.
    """

    supplier: str
    model: str
    unit: str
    price: Mapping[str, Decimal]
    list_price: Decimal | None
    rungs: tuple[FloorRung, ...]
    basis: Literal["reported margins", "serving cost", "no evidence"]
    notes: tuple[str, ...] = ()

    def rung(self, key: RungKey) -> FloorRung:
        """One rung by its key.

        Raises
        ------
        InputError
            When there is no such rung.
        """
        for rung in self.rungs:
            if rung.key == key:
                return rung
        raise InputError(f"no rung is named {key!r}; rungs: {', '.join(RUNGS)}")

    @property
    def gaps(self) -> tuple[FloorGap, ...]:
        """The gap at every rung, from the lowest cost."""
        return tuple(price_floor_gap(self, rung=rung.key) for rung in self.rungs)

    def to_frame(self) -> pd.DataFrame:
        """One row a rung and kind of token: low, base, high cost and the price."""
        import pandas as pd

        rows = [
            {
                "supplier": self.supplier,
                "model": self.model,
                "rung": rung.name,
                "kind": kind,
                "unit": self.unit,
                "price": float(price),
                **_cases(rung.costs.get(kind) if rung.costs else None),
                "status": rung.state,
                "grade": rung.grade if rung.costs else "",
                "evidence_date": rung.evidence_date,
                "needs": rung.needs,
            }
            for rung in self.rungs
            for kind, price in self.price.items()
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line a rung."""
        head = f"{self.supplier} {self.model}".strip()
        lines = [f"{head}: price {self.price[BLENDED]:.4g} {self.unit}, from {self.basis}"]
        return "\n".join([*lines, *(gap.summary() for gap in self.gaps), *self.notes])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.3f}".format))


@dataclass(frozen=True)
class FloorGap:
    """How far a blended price stands from one rung.

    ``multiple`` is floor over price: the factor by which the price has to rise to cover the rung,
    below 1 where it covers it already. ``gap`` is that less 1: 0 when the price equals the floor,
    0.6 when it has to rise by 60 %. Both are None where the rung is unknown. ``covered`` is the
    share of the spend that a blended gap is known for.
    """

    supplier: str
    model: str
    rung: RungKey
    unit: str
    price: Decimal
    floor: ScenarioRange | None
    state: RungState
    needs: str = ""
    concept: str = ""
    grade: str = ""
    evidence_date: date | None = None
    source: str = ""
    covered: Decimal = Decimal(1)

    @property
    def multiple(self) -> ScenarioRange | None:
        """Floor over price, low to high: a scenario range."""
        if self.floor is None:
            return None
        return ScenarioRange(*(case / self.price for case in self.floor.cases))

    @property
    def gap(self) -> ScenarioRange | None:
        """Rise of the price that reaches the rung, as a fraction; negative above the floor."""
        found = self.multiple
        return None if found is None else ScenarioRange(*(case - 1 for case in found.cases))

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        import pandas as pd

        return pd.DataFrame([self.as_row()])

    def as_row(self) -> dict[str, object]:
        """The gap as a row of a table."""
        return {
            "supplier": self.supplier,
            "model": self.model,
            "rung": RUNGS[self.rung],
            "price": float(self.price),
            "unit": self.unit,
            **{f"multiple_{k}": v for k, v in _cases(self.multiple).items()},
            "range_kind": ScenarioRange.kind if self.floor else "",
            "status": self.state,
            "covered": float(self.covered),
            "grade": self.grade,
            "evidence_date": self.evidence_date,
            "concept": self.concept,
            "needs": self.needs,
        }

    def summary(self) -> str:
        """The rung, its multiple and the evidence in one line."""
        found = self.multiple
        if found is None:
            return f"{RUNGS[self.rung]}: unknown, needs {self.needs}"
        if self.state == "not_borne":
            return f"{RUNGS[self.rung]}: not borne by this seller, ×{found:.2f} as the rung beneath"
        stands = "covers it" if found.base <= 1 else "below it"
        return f"{RUNGS[self.rung]}: ×{found:.2f} to reach, price {stands} [{self.grade}]"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def price_floor_gap(
    floor: PriceFloor, *, rung: RungKey, price: Decimal | float | None = None
) -> FloorGap:
    """Compare a blended price with one rung of its ladder.

    Parameters
    ----------
    floor
        The ladder.
    rung
        Key of the rung.
    price
        Blended price in the ladder's unit; the effective one of the ladder by default.

    Raises
    ------
    InputError
        On an unknown rung, or a price that is not above 0.
    """
    found = floor.rung(rung)
    return FloorGap(
        supplier=floor.supplier,
        model=floor.model,
        rung=found.key,
        unit=floor.unit,
        price=floor.price[BLENDED] if price is None else positive("price", price),
        floor=found.costs[BLENDED] if found.costs else None,
        state=found.state,
        needs=found.needs,
        concept=found.concept,
        grade=found.grade if found.costs else "",
        evidence_date=found.evidence_date,
        source=found.source,
    )


def _cases(found: ScenarioRange | None) -> dict[str, float | None]:
    if found is None:
        return {"low": None, "base": None, "high": None}
    low, base, high = map(float, found.cases)
    return {"low": low, "base": base, "high": high}
