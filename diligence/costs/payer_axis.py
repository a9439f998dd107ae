"""The payer axis: who was served by each line of inference, without counting free traffic twice.

What a line's names say counts first. The lines of a supplier whose names say nothing are split by
the tokens of the payers in usage: what usage gives a payer in all, less what named lines already
hold of that payer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from diligence.costs.phrases import Phrases, fold, phrases
from diligence.costs.split_line import SplitLine
from diligence.costs.suppliers import known_supplier, supplier_of
from diligence.inputs.deal import Payer, RevenueLine
from diligence.units import Period, parse_period

if TYPE_CHECKING:
    import pandas as pd

    from diligence.inputs.usage import Usage

ZERO = Decimal(0)
_PLACES = Decimal("1e-9")
REQUESTS = "requests"
_WORDS = re.compile(r"[^a-z0-9]+")
_VERSION_DATE = re.compile(r" (20\d{6}|20\d\d \d\d \d\d)$")
PAYERS: tuple[Payer, ...] = ("paid", "promo", "free", "internal")
_UNPAID: tuple[Payer, ...] = ("promo", "free")
_KINDS = (
    ("cached_input_tokens", ("cached", "cache read", "cchd")),
    ("output_tokens", ("output", "outp", "opt ", "completion")),
    ("input_tokens", ("input", "inp", "prompt")),
)
_TOKEN_KINDS = ("input_tokens", "cached_input_tokens", "output_tokens")
_FAMILIES = {
    "anthropic": "Anthropic",
    "claude": "Anthropic",
    "gpt": "OpenAI",
    "gemini": "Google Cloud",
    "mistral": "Mistral AI",
    "command r": "Cohere",
}
_Shares = Mapping[Payer, Decimal]


@dataclass(frozen=True)
class PayerUsage:
    """Tokens by month, supplier, model, kind of token and payer, and requests by month and payer.

    Serving that no supplier of tokens bills (own accelerators, retrieval, content) is used by
    every request alike, so its payers are those of the requests.
    """

    totals: Mapping[tuple[Period, str, str, str], Mapping[Payer, Decimal]]
    models: Mapping[str, tuple[str, ...]]
    requests: Mapping[Period, Mapping[Payer, Decimal]]

    def shares(self, line: SplitLine) -> tuple[tuple[str, str], _Shares]:
        """Model and kind that describe a line, and the payers' shares; empty when unknown."""
        words = f" {fold(line.line.words if line.line.bill is None else line.line.text)} "
        supplier = self._maker(supplier_of(line.line.vendor or line.line.account), words)
        if not supplier:
            return self._of_requests(line)
        model = next((m for m in self.models[supplier] if f" {_name(m)} " in words), "")
        kind = next((kind for kind, names in _KINDS if any(n in words for n in names)), "tokens")
        counted = [self.totals.get((m, supplier, model, kind), {}) for m in _months(line)]
        return (model, kind), _shares_of(counted)

    def _maker(self, supplier: str, words: str) -> str:
        """Supplier under which usage counts a line's model: who bills it, else who makes it."""
        if supplier in self.models:
            return supplier
        named = (n for n, models in self.models.items() if any(_name(m) in words for m in models))
        family = (maker for word, maker in _FAMILIES.items() if word in words)
        return next((maker for maker in (*named, *family) if maker in self.models), "")

    def _of_requests(self, line: SplitLine) -> tuple[tuple[str, str], _Shares]:
        counted = [self.requests.get(month, {}) for month in _months(line)]
        return ("", REQUESTS), _shares_of(counted)


def _months(line: SplitLine) -> tuple[Period, ...]:
    return line.used_in.split_months() if line.used_in.is_whole_months else ()


def _shares_of(counted: Iterable[Mapping[Payer, Decimal]]) -> _Shares:
    sums: dict[Payer, Decimal] = defaultdict(lambda: ZERO)
    for month in counted:
        for payer, count in month.items():
            sums[payer] += count
    whole = sum(sums.values(), ZERO)
    return {payer: count / whole for payer, count in sums.items()} if whole else {}


def payer_usage(usage: Usage | None) -> PayerUsage | None:
    """Tokens of the payers in usage; None when no row states a payer."""
    if usage is None:
        return None
    frame = usage.frame[usage.frame["payer"] != ""]
    if frame.empty:
        return None
    totals: dict[tuple[Period, str, str, str], dict[Payer, Decimal]] = {}
    models: dict[str, set[str]] = defaultdict(set)
    requests: dict[Period, dict[Payer, Decimal]] = defaultdict(dict)
    for row in _summed(frame):
        supplier, model, payer = known_supplier(row["provider"]), row["model"], row["payer"]
        models[supplier].add(model)
        asked = requests[parse_period(row["month"])]
        asked[payer] = asked.get(payer, ZERO) + Decimal(int(row["requests"]))
        for kind in (*_TOKEN_KINDS, "tokens"):
            for name in {model, ""}:
                held = totals.setdefault((parse_period(row["month"]), supplier, name, kind), {})
                held[payer] = held.get(payer, ZERO) + Decimal(int(row[kind]))
    ordered = {name: tuple(sorted(found, key=lambda m: -len(m))) for name, found in models.items()}
    return PayerUsage(totals, ordered, requests)


def _name(model: str) -> str:
    """Words of a model's name without the date of its version."""
    return _VERSION_DATE.sub("", fold(model))


def named_plans(revenue: Iterable[RevenueLine]) -> tuple[tuple[Phrases, Payer], ...]:
    """Plans whose rows of revenue state one payer, by their name as a closed word."""
    payers: dict[str, set[Payer]] = defaultdict(set)
    for line in revenue:
        words = _WORDS.sub(" ", line.plan.lower()).strip()
        if words and line.payer:
            payers[words].add(line.payer)
    return tuple(
        (phrases([f"{plan}."]), next(iter(found)))
        for plan, found in sorted(payers.items(), key=lambda item: (-len(item[0]), item[0]))
        if len(found) == 1
    )


def told_by_plan(
    lines: Iterable[SplitLine], plans: Sequence[tuple[Phrases, Payer]]
) -> tuple[SplitLine, ...]:
    """Take the payer of a plan for inference whose names carry the plan's."""
    return tuple(_of_plan(line, plans) for line in lines)


def _of_plan(line: SplitLine, plans: Sequence[tuple[Phrases, Payer]]) -> SplitLine:
    bill = line.line.bill
    if bill is None or not line.inference or line.item.payer_told:
        return line
    names = fold(f"{bill.project} | {bill.tags}")
    payer = next((payer for plan, payer in plans if plan.found_in(names)), None)
    if payer is None:
        return line
    return replace(line, item=replace(line.item, payer=payer, payer_told=True))


def with_payers(lines: Iterable[SplitLine], usage: PayerUsage | None) -> tuple[SplitLine, ...]:
    """Split inference whose payer nobody named by the payers of usage; sums stay exact.

    Serving that no supplier of tokens bills gets the payers of the requests as a base and is
    marked open: all or none of it may be paid.
    """
    known = tuple(lines)
    if usage is None:
        return known
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    shares: dict[tuple[object, ...], _Shares] = {}
    for index, line in enumerate(known):
        if _served(line) and not line.item.subclass.startswith("recurring"):
            described, found = usage.shares(line)
            key: tuple[object, ...] = (line.line.vendor, line.used_in, *described)
            groups[key].append(index)
            shares[key] = found
    replaced: dict[int, tuple[SplitLine, ...]] = {}
    for key, members in groups.items():
        if shares[key]:
            is_open = key[-1] == REQUESTS
            lines_of = {i: replace(known[i], payer_open=is_open) for i in members}
            replaced |= _split_group(lines_of, shares[key])
    return tuple(part for i, line in enumerate(known) for part in replaced.get(i, (line,)))


def _split_group(
    members: Mapping[int, SplitLine], shares: _Shares
) -> dict[int, tuple[SplitLine, ...]]:
    total = sum((_served(line) for line in members.values()), ZERO)
    told: dict[Payer, Decimal] = defaultdict(lambda: ZERO)
    for line in members.values():
        if line.item.payer_told:
            told[line.item.payer] += _served(line)
    open_lines = {
        i: line
        for i, line in members.items()
        if line.inference and not line.is_pool and not line.item.payer_told
    }
    left = _left(total, shares, told)
    whole = sum(left.values(), ZERO)
    if not whole:
        return {}
    weights = {payer: amount / whole for payer, amount in left.items() if amount}
    return {index: _by_payer(line, weights) for index, line in open_lines.items()}


def _left(total: Decimal, shares: _Shares, told: _Shares) -> dict[Payer, Decimal]:
    """What usage gives each payer beyond what names already hold of it.

    A trial is free on the bill and promotional in usage, or the other way round: what names hold of
    the one beyond its share is taken from the other, or the same traffic would count twice.
    """
    open_parts = {payer: total * share - told.get(payer, ZERO) for payer, share in shares.items()}
    beyond = sum(
        (max(ZERO, told.get(p, ZERO) - total * shares.get(p, ZERO)) for p in _UNPAID), ZERO
    )
    left = {payer: max(ZERO, part) for payer, part in open_parts.items()}
    for payer in _UNPAID:
        taken = min(beyond, left.get(payer, ZERO))
        if taken > 0:
            left[payer] -= taken
            beyond -= taken
    return left


def _served(line: SplitLine) -> Decimal:
    """Tokens' worth of a line: inference, and what a bill names as the staff's own use."""
    if line.is_pool:
        return ZERO
    is_staff = line.item.payer == "internal" and line.line.bill is not None
    return line.inference + (line.neither if is_staff else ZERO)


def _by_payer(line: SplitLine, weights: _Shares) -> tuple[SplitLine, ...]:
    """Parts of one line by payer; the first takes what rounding and other classes leave."""
    ordered = sorted(weights, key=lambda payer: (-weights[payer], PAYERS.index(payer)))
    parts = {payer: (line.inference * weights[payer]).quantize(_PLACES) for payer in ordered[1:]}
    first = line.inference - sum(parts.values(), ZERO)
    rest = line.line.amount - sum(parts.values(), ZERO)
    found = [_payer_part(line, ordered[0], rest, first)]
    for payer, part in parts.items():
        if part:
            alone = SplitLine(
                line.item,
                inference=part,
                allocated_by=line.allocated_by,
                payer_open=line.payer_open,
            )
            found.append(_payer_part(alone, payer, part, part))
    return tuple(found)


def _payer_part(line: SplitLine, payer: Payer, amount: Decimal, inference: Decimal) -> SplitLine:
    item = replace(line.item, payer=payer, line=replace(line.line, amount=amount))
    return replace(line, item=item, inference=inference)


def _summed(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Token counts by month, provider, model and payer."""
    counts = frame[list(_TOKEN_KINDS)].fillna(0)
    keyed = counts.assign(
        tokens=counts.sum(axis="columns"),
        requests=frame["requests"].fillna(0),
        month=frame["day"].dt.strftime("%Y-%m"),
        provider=frame["provider"],
        model=frame["model"],
        payer=frame["payer"],
    )
    sums = keyed.groupby(["month", "provider", "model", "payer"], sort=True).sum().reset_index()
    return sums.to_dict(orient="records")
