"""Who keeps a fall of the market price, or bears a rise: supplier, company or customers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from diligence.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Who = Literal["supplier", "company", "customers", "company or customers"]
Move = Literal["fall", "rise", "flat"]
ZERO = Decimal(0)
FLAT = Decimal("0.01")
"""Market moves of less than this share are not divided into shares (house rule)."""
_FINEST = Decimal("1e-12")


@dataclass(frozen=True)
class KeptPart:
    """What one party keeps of a fall, money per unit; of a rise, what it bears is negative.

    ``share`` is the part of the market's move; None when the market hardly moved.
    """

    who: Who
    money: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class PriceFallKeeper:
    """A move of the market price split between supplier, company and customers.

    All money is per unit (such as USD per Mtok). The parts add up to ``market_fall`` exactly.
    """

    unit: str
    market_ratio: Decimal
    cost_before: Decimal
    cost_after: Decimal
    revenue_before: Decimal | None
    revenue_after: Decimal | None
    parts: tuple[KeptPart, ...]
    needs: str = ""

    @property
    def market_fall(self) -> Decimal:
        """What the unit would have become cheaper at the market's pace; negative in a rise."""
        return _fine(self.cost_before * (1 - self.market_ratio))

    @property
    def cost_fall(self) -> Decimal:
        """What the company pays less for a unit."""
        return self.cost_before - self.cost_after

    @property
    def revenue_fall(self) -> Decimal | None:
        """What customers pay less for a unit; None where revenue per unit is not known."""
        if self.revenue_before is None or self.revenue_after is None:
            return None
        return self.revenue_before - self.revenue_after

    @property
    def move(self) -> Move:
        """Whether the market fell, rose or hardly moved."""
        if abs(1 - self.market_ratio) < FLAT:
            return "flat"
        return "fall" if self.market_ratio < 1 else "rise"

    def part(self, who: Who) -> Decimal | None:
        """Money per unit of one party; None when it is not told apart."""
        return next((part.money for part in self.parts if part.who == who), None)

    def to_frame(self) -> pd.DataFrame:
        """One row a party: money per unit and share of the market's move."""
        import pandas as pd

        rows = [(part.who, part.money, part.share) for part in self.parts]
        return pd.DataFrame(rows, columns=["who", "money", "share"], dtype=object)

    def summary(self) -> str:
        """One sentence a party, and what is missing."""
        head = {
            "fall": f"at the market's pace a unit became {self.market_fall:,.3f} {self.unit} "
            "cheaper",
            "rise": f"at the market's pace a unit became {-self.market_fall:,.3f} {self.unit} "
            "dearer",
            "flat": "the market price hardly moved: there is no fall to keep",
        }[self.move]
        lines = [head, *(_line(part, self.move) for part in self.parts)]
        return "\n".join([*lines, f"needs {self.needs}"] if self.needs else lines)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def who_keeps_the_price_fall(
    market_ratio: Decimal,
    *,
    cost: tuple[Decimal, Decimal],
    revenue: tuple[Decimal, Decimal] | None = None,
    unit: str = "USD per Mtok",
    revenue_needs: str = "net revenue of both months in revenue.csv",
) -> PriceFallKeeper:
    """Split a move of the market price into what each party keeps.

    With I the market's price ratio, u the company's unit cost and r its revenue per unit, before
    (0) and after (1)::

        M = u0 (1 - I)   market       what the unit would have become cheaper at the market's pace
        U = u0 - u1      company      what the company pays less
        R = r0 - r1      customers    what customers pay less
        M = (M - U) + (U - R) + R     supplier + company + customers

    A supplier keeps what the company's price does not follow (locked terms, old models). It is
    negative when the company's cost fell faster than the market: better models, caching, scale.
    The company keeps what its cost fell more than its own price: margin. It is negative when it
    gave customers more than it saved. Customers also gain when a flat fee buys more units.

    Parameters
    ----------
    market_ratio
        Market price at the end over that at the start, same quality and mix; above 0.
    cost, revenue
        Money per unit before and after, of the same units; not negative, first cost above 0.
        Without revenue the company's and the customers' parts stay one.
    unit
        Money and unit, for the words.
    revenue_needs
        What it takes to tell the two apart, printed when revenue is None.

    Raises
    ------
    InputError
        When a value is negative or not a number, or the first cost or the ratio is 0.

    Examples
    --------
    >>> kept = who_keeps_the_price_fall(
    ...     Decimal("0.5"), cost=(Decimal(4), Decimal(3)), revenue=(Decimal(10), Decimal("9.5"))
    ... )
    >>> [(part.who, f"{part.money:.2f}", f"{part.share:.0%}") for part in kept.parts]
    [('supplier', '1.00', '50%'), ('company', '0.50', '25%'), ('customers', '0.50', '25%')]

    The market halved, the company's cost fell by a quarter: half of the fall stayed with the
    supplier, and of what the company saved it passed on half.
    """
    ratio = _checked("market_ratio", market_ratio, above_zero=True)
    before = _fine(_checked("cost before", cost[0], above_zero=True))
    after = _fine(_checked("cost after", cost[1]))
    sold = None
    if revenue is not None:
        sold = (
            _fine(_checked("revenue before", revenue[0])),
            _fine(_checked("revenue after", revenue[1])),
        )
    market = _fine(before * (1 - ratio))
    return PriceFallKeeper(
        unit=unit,
        market_ratio=ratio,
        cost_before=before,
        cost_after=after,
        revenue_before=sold[0] if sold else None,
        revenue_after=sold[1] if sold else None,
        parts=_parts(market, before - after, sold, divides=abs(1 - ratio) >= FLAT),
        needs="" if sold else revenue_needs,
    )


def _parts(
    market: Decimal, saved: Decimal, sold: tuple[Decimal, Decimal] | None, *, divides: bool
) -> tuple[KeptPart, ...]:
    amounts: list[tuple[Who, Decimal]] = [("supplier", market - saved)]
    if sold is None:
        amounts.append(("company or customers", saved))
    else:
        passed_on = sold[0] - sold[1]
        amounts += [("company", saved - passed_on), ("customers", passed_on)]
    divides = divides and bool(market)
    return tuple(KeptPart(who, m, m / market if divides else None) for who, m in amounts)


def _line(part: KeptPart, move: Move) -> str:
    does = {"fall": "keeps", "rise": "bears", "flat": "gains"}[move]
    money = -part.money if move == "rise" else part.money
    # + 0 turns the minus zero of a share too small to show into 0.
    share = "" if part.share is None else f" ({round(part.share, 2) + 0:.0%})"
    return f"{part.who} {does} {money:+,.3f}{share}"


def _checked(name: str, value: Decimal, *, above_zero: bool = False) -> Decimal:
    if not value.is_finite() or value < 0 or (above_zero and not value):
        floor = "above 0" if above_zero else "of at least 0"
        raise InputError(f"{name} is {value}; the split of a price fall needs a number {floor}")
    return value


def _fine(value: Decimal) -> Decimal:
    """To twelve places, so that the parts add up to the last digit."""
    return value.quantize(_FINEST)
