"""What a company can still do to its inference cost, less what its base already does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from diligence.prices import ScenarioRange
from diligence.prices.checked_numbers import not_negative, share, whole_positive
from diligence.prices.specification_files import read_specifications
from diligence.projections.company_model import CompanyModel
from diligence.projections.model_mix import ModelMix, ModelUse
from diligence.projections.responses import Lever

if TYPE_CHECKING:
    import pandas as pd

    from diligence.inputs.bills.bill import Bill

ZERO, ONE = Decimal(0), Decimal(1)
Case = Literal["low", "base", "high"]
_ROUTED_BELOW = Decimal("0.5")
_TOKEN_BILLS = ("openai", "anthropic")


@dataclass(frozen=True)
class LeverTerms:
    """One mitigation as data: saving of what it reaches, reach, cost, timing, success, source.

    ``saving`` and ``reach`` are shares from low to high; ``running_cost`` and ``one_off_cost``
    are shares of one month's inference cost. ``already`` names how the base shows that it has it.
    """

    name: str
    what: str
    inputs: tuple[str, ...]
    saving: ScenarioRange
    reach: ScenarioRange
    running_cost: Decimal
    one_off_cost: Decimal
    start_month: int
    ramp_months: int
    success: Decimal
    already: Literal["", "cached", "batch", "routed"]
    source: str
    grade: str
    checked: date

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        for case in (*self.saving.cases, *self.reach.cases, self.success):
            share(f"a share of the lever {self.name}", case)
        for name in ("running_cost", "one_off_cost"):
            not_negative(f"{name} of {self.name}", getattr(self, name))
        whole_positive(f"start_month of {self.name}", self.start_month)
        whole_positive(f"ramp_months of {self.name}", self.ramp_months)


@cache
def lever_terms() -> Mapping[str, LeverTerms]:
    """Every lever of ``datasets/levers.yaml``, by name."""
    return read_specifications("levers.yaml", LeverTerms)


@dataclass(frozen=True)
class LeversInPlace:
    """Share of token cost, as it would be without any lever, that each one reaches today."""

    cached: Decimal = ZERO
    routed: Decimal = ZERO
    batch: Decimal = ZERO

    def of(self, already: str) -> Decimal:
        """Share by the name a lever gives; 0 for a lever that leaves no trace."""
        found: Decimal = getattr(self, already) if already else ZERO
        return found


def levers_in_place(mix: ModelMix, bills: Iterable[Bill] = ()) -> LeversInPlace:
    """Read from usage and bills what a company does already.

    Cached tokens count at the price of input. A model is routed to when its input lists at half
    of the supplier's dearest or less; its tokens count at the dearest model's price. Batches are
    seen on the bills of token suppliers.
    """
    uses = [use for use in mix.uses if use.tokens and use.price and not use.is_assumed]
    full = sum((_unlevered(use, use) for use in uses), ZERO)
    cached = sum((_cached(use) for use in uses), ZERO)
    routed = at_dearest = ZERO
    for use in uses:
        rivals = [other for other in uses if other.key == use.key]
        dearest = max(rivals, key=_input_price)
        money = _unlevered(use, dearest)
        at_dearest += money
        if _input_price(use) <= _ROUTED_BELOW * _input_price(dearest):
            routed += money
    return LeversInPlace(
        cached=cached / full if full else ZERO,
        routed=routed / at_dearest if at_dearest else ZERO,
        batch=_batched(bills),
    )


@dataclass(frozen=True)
class CompanyLevers:
    """Levers scaled to a company, and what was left out because it has it already."""

    levers: tuple[Lever, ...]
    case: Case
    in_place: LeversInPlace
    notes: tuple[str, ...] = ()

    @property
    def combined_saving(self) -> float:
        """Share of inference cost saved by all of them at full ramp; multiplied, never added."""
        return combined_saving(self.levers)

    def to_frame(self) -> pd.DataFrame:
        """One row a lever."""
        import pandas as pd

        columns = ["name", "saving", "reach", "start_month", "ramp_months"]
        columns += ["monthly_cost", "one_off_cost", "success_probability"]
        rows = [[getattr(lever, name) for name in columns] for lever in self.levers]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """What all of them save together, and what is in place."""
        head = (
            f"{self.case} case: {self.combined_saving:.0%} of inference cost at full ramp, "
            f"by {', '.join(lever.name for lever in self.levers) or 'nothing'}"
        )
        return "\n".join([head, *self.notes])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.3f}".format))


def combined_saving(levers: Sequence[Lever]) -> float:
    """Share of inference cost that levers save together: each works on what the others left.

    Examples
    --------
    >>> halves = (Lever("a", 0.5), Lever("b", 0.5))
    >>> combined_saving(halves)
    0.75

    Two levers of 50 % save three quarters, not everything.
    """
    return 1 - prod(1 - lever.saving * lever.reach for lever in levers)


def company_levers(
    model: CompanyModel,
    *,
    in_place: LeversInPlace,
    case: Case = "base",
    terms: Iterable[LeverTerms] | None = None,
) -> CompanyLevers:
    """Scale the levers to a company's inference cost, only over what it does not already have.

    With a saving s of what is reached, a reach of r and h of it reached already, cost falls from
    ``1 - s h`` to ``1 - s r`` of what it would be without the lever; the lever that is left
    reaches ``(r - h) / (1 - s h)`` of today's cost.

    Parameters
    ----------
    model
        The company; a lever on tokens reaches the part of its cost that is tokens.
    in_place
        What the base shows; see `levers_in_place`.
    case
        Which case of saving and reach.
    terms
        Levers; those of ``datasets/levers.yaml`` by default.

    Examples
    --------
    >>> from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=60.0)
    >>> company = CompanyModel("Acme", "USD", (SegmentModel("", 200.0, lines=(line,)),))
    >>> for cached in ("0", "0.3"):
    ...     found = company_levers(company, in_place=LeversInPlace(cached=Decimal(cached)))
    ...     print(f"{found.combined_saving:.0%}")
    46%
    34%

    A company that caches already has less left to save than its deck says.
    """
    stated = tuple(lever_terms().values()) if terms is None else tuple(terms)
    costs = _inference_by_input(model)
    total = sum(costs.values())
    levers: list[Lever] = []
    notes: list[str] = []
    for entry in stated:
        saving, reach = getattr(entry.saving, case), getattr(entry.reach, case)
        has = in_place.of(entry.already)
        left = max(ZERO, reach - has) / (1 - saving * has)
        if has:
            notes.append(
                f"{entry.name}: {has:.0%} of token cost has it already, "
                + (f"{left:.0%} is left" if left else "nothing is left")
            )
        covered = sum(costs.get(name, 0.0) for name in entry.inputs)
        if not left or not covered:
            continue
        part = covered * float(left / reach)
        levers.append(
            Lever(
                entry.name,
                saving=float(saving),
                reach=float(left) * covered / total,
                start_month=entry.start_month,
                ramp_months=entry.ramp_months,
                monthly_cost=float(entry.running_cost) * part,
                one_off_cost=float(entry.one_off_cost) * part,
                success_probability=float(entry.success),
            )
        )
    return CompanyLevers(tuple(levers), case, in_place, tuple(notes))


def _inference_by_input(model: CompanyModel) -> dict[str, float]:
    costs: dict[str, float] = {}
    for part in model.segments:
        for line in part.lines:
            if line.key.side != "sell":
                costs[line.key.input] = costs.get(line.key.input, 0.0) + line.paid + line.unpaid
    return costs


def _input_price(use: ModelUse) -> Decimal:
    return (use.price or {}).get("input", ZERO)


def _unlevered(use: ModelUse, priced_as: ModelUse) -> Decimal:
    """Tokens of a use at another's price, nothing cached."""
    if use.tokens is None or priced_as.price is None:
        return ZERO
    return (
        use.tokens.read * priced_as.price["input"] + use.tokens.output * priced_as.price["output"]
    )


def _cached(use: ModelUse) -> Decimal:
    return use.tokens.cached_input * _input_price(use) if use.tokens else ZERO


def _batched(bills: Iterable[Bill]) -> Decimal:
    """Share of token cost, at the price without batches, that bills show as batches."""
    batch = total = ZERO
    for bill in bills:
        if bill.system not in _TOKEN_BILLS:
            continue
        for line in bill.iter_lines():
            amount = Decimal(str(line.billed or 0))
            words = f"{line.text} {line.usage_type} {line.operation}".lower()
            is_batch = "batch" in words
            # a batch costs half of what it would without
            total += 2 * amount if is_batch else amount
            batch += 2 * amount if is_batch else ZERO
    return batch / total if total > 0 and batch > 0 else ZERO
