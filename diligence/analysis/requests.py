"""What to ask the company for next, ranked by the width of range each answer would remove."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from diligence.costs import CostBasis, Coverage, SplitLine
from diligence.inputs.deal import Deal

ZERO = Decimal(0)
_NAMED = 3


@dataclass(frozen=True)
class OpenLine:
    """Lines of one period that the same answer would settle, added up.

    ``selector`` names them in decisions.csv, should the analyst rule on them.
    """

    name: str
    amount: Decimal
    lines: tuple[SplitLine, ...]
    selector: str

    @property
    def first(self) -> SplitLine:
        """A line that stands for all of them."""
        return self.lines[0]

    @property
    def movable(self) -> Decimal:
        """Money that could be serving or not."""
        return sum((_movable(line) for line in self.lines), ZERO)


@dataclass(frozen=True)
class Request:
    """A document or driver to ask for.

    ``money`` is what it would settle; ``points`` the width of the paid margin's range, as a
    fraction of revenue, that the answer would remove at most (None without revenue).
    """

    what: str
    why: str
    money: Decimal = ZERO
    points: Decimal | None = None


def open_lines(lines: Iterable[SplitLine]) -> tuple[OpenLine, ...]:
    """Unresolved and flagged lines, alike ones added up over the months, largest first."""
    groups: dict[tuple[str, str, str], list[SplitLine]] = defaultdict(list)
    for line in lines:
        groups[_name(line), selector_of(line), line.item.ask].append(line)
    found = [
        OpenLine(name, sum((line.line.amount for line in members), ZERO), tuple(members), selector)
        for (name, selector, _), members in groups.items()
    ]
    return tuple(sorted(found, key=lambda line: (-abs(line.amount), line.name, line.selector)))


def selector_of(line: SplitLine) -> str:
    """Selector that names a line, and its like in other months, in decisions.csv."""
    bill = line.line.bill
    if bill is None:
        pairs = [("account", line.line.account), ("vendor", line.line.vendor)]
        pairs += [("text", line.line.text)]
    else:
        pairs = [("supplier", line.line.vendor), ("service", bill.service), ("text", bill.text)]
        pairs += [("project", bill.project)]
    return " & ".join(f"{field}={_value(value)}" for field, value in pairs if value)


def _value(text: str) -> str:
    """Value of a selector; a text with the selector's own separator is cut there to a prefix."""
    start, separator, _ = text.partition(" & ")
    return f"{start}*" if separator else text


def data_requests(
    deal: Deal, *, open_items: Sequence[OpenLine], coverage: Coverage, basis: CostBasis, runway: str
) -> tuple[Request, ...]:
    """Requests by the range they would remove, then by money, then what whole figures need.

    Parameters
    ----------
    open_items
        Open lines of the headline period.
    coverage
        Which months lack their bills.
    basis
        The company's cost basis: revenue and what training needs.
    runway
        What the runway needs; empty when it is computed.
    """
    ranked = sorted(
        (*_of_lines(open_items, basis.revenue), *_of_missing_bills(coverage)),
        key=lambda request: (-(request.points or ZERO), -request.money, request.what),
    )
    return (*ranked, *_standing(deal, basis, runway))


def review_text(open_items: Sequence[OpenLine], currency: str, *, most: int = 20) -> str:
    """The largest open lines with their question and the selector to rule on them, as text."""
    if not open_items:
        return "No open line."
    shown = [
        f"{rank:>3}. {currency} {item.amount:>16,.2f}  {item.name}\n"
        f"     {item.first.item.ask or 'What would settle this line?'}\n"
        f"     decisions.csv: {item.selector}"
        for rank, item in enumerate(open_items[:most], start=1)
    ]
    left = len(open_items) - len(shown)
    return "\n".join(["Open lines, by money:", *shown, *([f"and {left} more"] if left else [])])


def _of_lines(open_items: Sequence[OpenLine], revenue: Decimal) -> list[Request]:
    asked: dict[str, list[OpenLine]] = defaultdict(list)
    for item in open_items:
        if item.first.item.ask:
            asked[item.first.item.ask].append(item)
    return [
        Request(
            what=ask,
            why=f"settles {_names(items)}",
            money=sum((abs(item.amount) for item in items), ZERO),
            points=sum((item.movable for item in items), ZERO) / revenue if revenue > 0 else None,
        )
        for ask, items in asked.items()
    ]


def _of_missing_bills(coverage: Coverage) -> list[Request]:
    missing: dict[str, list[str]] = defaultdict(list)
    money: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for cell in sorted(coverage.missing, key=lambda cell: cell.month):
        missing[cell.supplier].append(cell.month.label)
        money[cell.supplier] += cell.booked
    return [
        Request(
            what=f"Bills of {supplier} for {_span(months)}",
            why="months without a bill stay as booked, on one line",
            money=money[supplier],
        )
        for supplier, months in missing.items()
    ]


def _standing(deal: Deal, basis: CostBasis, runway: str) -> list[Request]:
    folders = {file.path.split("/")[0] for file in deal.files}
    wanted = (
        (
            "Training cost by nature and period",
            f"after training needs {basis.training_needs}",
            bool(basis.training_needs),
        ),
        ("Cash flow and month-end cash (cash.csv)", f"runway needs {runway}", bool(runway)),
        (
            "Cost and usage exports with tags, 24 months (bills/)",
            "replaces ledger evidence by invoices",
            "bills" not in folders,
        ),
        (
            "Supplier contracts: locks, minimums, credits (contracts.yaml)",
            "lock dates and commitments",
            "contracts.yaml" not in folders,
        ),
        (
            "Requests by feature, plan and payer (usage/)",
            "unit economics and free-tier share",
            "usage" not in folders,
        ),
        (
            "Training-run register with earlier vintages (training_runs.csv)",
            "amortised training",
            not deal.training_runs,
        ),
        (
            "Round terms (deal.yaml)",
            "return and walk-away price",
            deal.terms.round.post_money is None,
        ),
        (
            "Management's claims with pages (claims.yaml)",
            "the column 'management says'",
            not deal.claims,
        ),
    )
    return [Request(what, why) for what, why, is_open in wanted if is_open]


def _movable(line: SplitLine) -> Decimal:
    """Money of a line that an answer could move into or out of serving."""
    if line.unresolved or line.is_pool:
        return abs(line.line.amount if line.is_pool else line.unresolved)
    item = line.item
    if item.cost_class == "inference_opex":
        return abs(line.line.amount) if item.alternatives else ZERO
    likeliest = item.alternatives[:1] if item.cost_class == "neither" else item.alternatives
    return abs(line.line.amount) if "inference_opex" in likeliest else ZERO


def _name(line: SplitLine) -> str:
    segment = line.line.segment.strip("()")
    if line.line.bill is None:
        name = line.line.account
    else:
        bill = line.line.bill
        name = f"{line.line.vendor}: {bill.text or bill.usage_type or bill.service}"
    return f"{name} ({segment})" if segment else name


def _names(items: Sequence[OpenLine]) -> str:
    names = list(dict.fromkeys(item.name for item in items))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more


def _span(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]} ({len(months)} months)"
