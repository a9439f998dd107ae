"""Splits the costs of one period by class, payer and segment, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.assumptions import AssumptionRegister
from diligence.costs.allocated import split_lines
from diligence.costs.classify import ClassifiedLine, ClassifiedLines, classify_lines
from diligence.costs.detail import DetailedBooks, detailed_books
from diligence.costs.extrapolation import from_held_months
from diligence.costs.payer_axis import named_plans, payer_usage, told_by_plan, with_payers
from diligence.costs.periods import captions_with_gaps, lines_in
from diligence.costs.rules import CostClass
from diligence.costs.split_line import SplitLine
from diligence.errors import InputError
from diligence.inputs.deal import Deal, Grade
from diligence.units import Period

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
KPI_GRADE_SHARE = Decimal("0.1")
"""A figure carries the worst grade that holds at least this share of its money."""


@dataclass(frozen=True)
class Range:
    """A figure with what it could be; None where nothing is known."""

    low: Decimal | None
    base: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class CostSplit:
    """Costs of one period by class; adds up to the ledger to the cent.

    ``captions_with_gaps`` are captions that have lines inside the period but do not cover it;
    their lines are left out and the rungs that need them say so.
    """

    company: str
    period: Period
    currency: str
    lines: tuple[SplitLine, ...]
    captions_with_gaps: tuple[str, ...] = ()

    @property
    def training_capex(self) -> Decimal:
        """Spend that makes or improves a model, without allocated shares."""
        return self._sum(lambda line: line.training, allocated=False)

    @property
    def inference_opex(self) -> Decimal:
        """Spend that keeps the product answering, without allocated shares."""
        return self._sum(lambda line: line.inference, allocated=False)

    @property
    def allocated_training(self) -> Decimal:
        """Shared spend a driver gave to training."""
        return self._sum(lambda line: line.training, allocated=True)

    @property
    def allocated_inference(self) -> Decimal:
        """Shared spend a driver gave to inference."""
        return self._sum(lambda line: line.inference, allocated=True)

    @property
    def unresolved(self) -> Decimal:
        """Shared spend nobody can split yet."""
        return self._sum(lambda line: line.unresolved)

    @property
    def neither(self) -> Decimal:
        """Everything that is neither training nor inference."""
        return self._sum(lambda line: line.neither)

    @property
    def total(self) -> Decimal:
        """All classes together; equals the ledger's operating cost."""
        return sum((line.line.amount for line in self.lines), ZERO)

    @property
    def pool(self) -> tuple[SplitLine, ...]:
        """Lines that could serve as well as train."""
        return tuple(line for line in self.lines if line.is_pool)

    @property
    def unresolved_lines(self) -> tuple[SplitLine, ...]:
        """Flagged or unresolved lines, largest first."""
        open_lines = [line for line in self.lines if line.unresolved or line.item.is_flagged]
        return tuple(sorted(open_lines, key=lambda line: -abs(line.line.amount)))

    @property
    def training_to_inference(self) -> Range:
        """Training divided by inference; the ends move every open line to where it pulls most.

        The high end is None when inference is known as an upper limit only.
        """
        training = self.training_capex + self.allocated_training
        inference = self.inference_opex + self.allocated_inference
        if not training or not inference:
            return Range(None, None, None)
        return Range(
            self._ratio_towards("inference_opex", "neither", "training_capex"),
            _ratio(training, inference),
            None
            if self._inference_is_a_limit()
            else self._ratio_towards("training_capex", "neither", "inference_opex"),
        )

    @property
    def spend_by_grade(self) -> dict[Grade, Decimal]:
        """Share of spend by evidence grade, A to E."""
        return {grade: _grade_share(self.lines, grade) for grade in _GRADES}

    @property
    def spend_by_basis(self) -> dict[str, Decimal]:
        """Share of spend by basis of classification."""
        bases = sorted({line.item.basis for line in self.lines})
        return {basis: self._basis_share(basis) for basis in bases}

    def to_frame(self) -> pd.DataFrame:
        """One row a line with its money by class."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "account": line.line.account,
                    "text": line.line.text,
                    "segment": line.line.segment,
                    "role": str(line.line.role),
                    "class": line.item.cost_class,
                    "payer": line.item.payer,
                    "basis": line.item.basis,
                    "grade": line.line.source.grade,
                    "amount": line.line.amount,
                    "training": line.training,
                    "inference": line.inference,
                    "unresolved": line.unresolved,
                    "neither": line.neither,
                    "ask": line.item.ask,
                }
                for line in self.lines
            ]
        )

    def summary(self) -> str:
        """Amounts by class in reporting currency."""
        return "\n".join(
            f"{name}: {self.currency} {amount:,.2f}"
            for name, amount in (
                ("training capex", self.training_capex + self.allocated_training),
                ("inference opex", self.inference_opex + self.allocated_inference),
                ("shared, unresolved", self.unresolved),
                ("neither", self.neither),
                ("total", self.total),
            )
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def _sum(
        self, part: Callable[[SplitLine], Decimal], *, allocated: bool | None = None
    ) -> Decimal:
        chosen = (line for line in self.lines if allocated is None or line.allocated is allocated)
        return sum((part(line) for line in chosen), ZERO)

    def _inference_is_a_limit(self) -> bool:
        """True when inference is known as an upper limit only: the ratio has no top then."""
        return any(line.inference and line.line.bound == "at_most" for line in self.lines)

    def _ratio_towards(self, *preferred: CostClass) -> Decimal | None:
        placed: dict[CostClass, Decimal] = dict.fromkeys(preferred, ZERO)
        for line in self.lines:
            movable = line.line.amount
            if line.item.cost_class == "shared" and not line.is_pool:
                # What a driver or the rest of the bill has settled does not move.
                movable = line.unresolved
                placed["training_capex"] += line.training
                placed["inference_opex"] += line.inference
            placed[_first_possible(line.item, preferred)] += movable
        return _ratio(placed["training_capex"], placed["inference_opex"])

    def _basis_share(self, basis: str) -> Decimal:
        return _share(self.lines, lambda line: line.item.basis == basis)


@dataclass(frozen=True)
class AccountTotal:
    """Lines of one account that were treated alike, added up over the months of a period."""

    item: ClassifiedLine
    segment: str
    amount: Decimal
    unresolved: Decimal
    n_lines: int

    @property
    def name(self) -> str:
        """Account with its segment; supplier and text of a line that a bill details."""
        segment, line = self.segment.strip("()"), self.item.line
        name = line.account
        if line.bill is not None:
            name = f"{line.vendor}: {line.bill.text or line.bill.usage_type}"
        return f"{name} ({segment})" if segment else name

    @property
    def citation(self) -> str:
        """Source of the first line, and how many more there are."""
        more = f" and {self.n_lines - 1} more" if self.n_lines > 1 else ""
        return f"{self.item.line.source.citation}{more}"


def account_totals(lines: Iterable[SplitLine]) -> tuple[AccountTotal, ...]:
    """Add up lines by account, segment, class, payer and grade; largest first."""
    groups: dict[tuple[str, ...], list[SplitLine]] = {}
    for line in lines:
        item = line.item
        key = (
            line.line.account,
            f"{line.line.vendor} {line.line.text}" if line.line.bill is not None else "",
            line.line.segment,
            item.cost_class,
            item.payer,
            item.rule,
            line.line.source.grade,
            line.line.derivation,
        )
        groups.setdefault(key, []).append(line)
    totals = [
        AccountTotal(
            item=members[0].item,
            segment=members[0].line.segment,
            amount=sum((line.line.amount for line in members), ZERO),
            unresolved=sum((line.unresolved for line in members), ZERO),
            n_lines=len(members),
        )
        for members in groups.values()
    ]
    return tuple(sorted(totals, key=lambda total: (-abs(total.amount), total.name)))


_GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "E")


def classify_deal(deal: Deal, books: DetailedBooks) -> ClassifiedLines:
    """Classify every cost line of the detailed books, all periods at once."""
    return classify_lines(books.lines, archetype=deal.terms.archetype, decisions=deal.decisions)


def split_books(
    deal: Deal, register: AssumptionRegister, books: DetailedBooks | None = None
) -> tuple[SplitLine, ...]:
    """Classify and split every cost line of a deal, all periods at once.

    Shared lines are split by the deal's drivers, then by its own
    ``serving_share_of_unresolved``; without either they stay unresolved and the margin ladder
    carries them as a bound. Inference whose payer no name tells is split by the payers of usage.

    Raises
    ------
    InputError
        When a ruling cannot be applied.
    """
    known = books or detailed_books(deal, register)
    lines = split_lines(
        classify_deal(deal, known).lines,
        drivers=deal.drivers,
        contracts=deal.contracts,
        serving_share=register.get("serving_share_of_unresolved"),
    )
    fewest = register.get("bill_extrapolation_months").value
    if isinstance(fewest, Decimal):
        lines = from_held_months(lines, fewest=int(fewest))
    lines = told_by_plan(lines, named_plans(deal.revenue))
    return with_payers(lines, payer_usage(deal.usage))


def split_costs(
    deal: Deal,
    register: AssumptionRegister,
    *,
    period: Period,
    lines: Sequence[SplitLine] | None = None,
) -> CostSplit:
    """Split the operating costs of one period, with bills in place of what they explain.

    ``lines`` may hand in :func:`split_books` when several periods are split.

    Raises
    ------
    InputError
        When the ledger has no operating cost in the period, or a ruling cannot be applied.
    """
    known = split_books(deal, register) if lines is None else lines
    wanted = {id(line) for line in lines_in((line.line for line in known), period)}
    if not wanted:
        raise InputError(f"{deal.company}: the ledger has no operating cost for {period.label}.")
    return CostSplit(
        company=deal.company,
        period=period,
        currency=deal.terms.reporting_currency,
        lines=tuple(line for line in known if id(line.line) in wanted),
        captions_with_gaps=captions_with_gaps((line.line for line in known), period),
    )


def worst_material_grade(lines: Iterable[SplitLine]) -> Grade:
    """Return the worst grade that holds at least a tenth of the money."""
    known = tuple(lines)
    material = [grade for grade in _GRADES if _grade_share(known, grade) >= KPI_GRADE_SHARE]
    return material[-1] if material else "E"


def _first_possible(item: ClassifiedLine, preferred: Sequence[CostClass]) -> CostClass:
    possible = set(item.alternatives)
    if item.cost_class != "shared":
        possible.add(item.cost_class)
    return next((name for name in preferred if name in possible), "neither")


def _ratio(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    return numerator / denominator if denominator else None


def _grade_share(lines: Iterable[SplitLine], grade: Grade) -> Decimal:
    return _share(lines, lambda line: line.line.source.grade == grade)


def _share(lines: Iterable[SplitLine], chosen: Callable[[SplitLine], bool]) -> Decimal:
    known = tuple(lines)
    total = sum((abs(line.line.amount) for line in known), ZERO)
    part = sum((abs(line.line.amount) for line in known if chosen(line)), ZERO)
    return part / total if total else ZERO
