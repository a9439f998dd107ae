"""The payer axis: who was served by each line of inference, without counting free traffic twice.

What a line's names say counts first. The lines of a supplier whose names say nothing are split by
the tokens of the payers in usage: what usage gives a payer in all, less what named lines already
hold of that payer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from diligence.costs.phrases import fold
from diligence.costs.split_line import SplitLine
from diligence.costs.suppliers import supplier_of
from diligence.inputs.deal import Payer
from diligence.units import Period, parse_period

if TYPE_CHECKING:
    import pandas as pd

    from diligence.inputs.usage import Usage

ZERO = Decimal(0)
_PLACES = Decimal("1e-9")
PAYERS: tuple[Payer, ...] = ("paid", "promo", "free", "internal")
_KINDS = (
    ("cached_input_tokens", ("cached", "cache read", "cchd")),
    ("output_tokens", ("output", "outp", "opt ", "completion")),
    ("input_tokens", ("input", "inp", "prompt")),
)
_TOKEN_KINDS = ("input_tokens", "cached_input_tokens", "output_tokens")
_Shares = Mapping[Payer, Decimal]


@dataclass(frozen=True)
class PayerUsage:
    """Tokens by month, supplier, model, kind of token and payer."""

    totals: Mapping[tuple[Period, str, str, str], Mapping[Payer, Decimal]]
    models: Mapping[str, tuple[str, ...]]

    def shares(self, line: SplitLine) -> tuple[tuple[str, str], _Shares]:
        """Model and kind that describe a line, and the payers' shares; empty when unknown."""
        supplier = supplier_of(line.line.vendor or line.line.account)
        words = f" {fold(line.line.text)} "
        model = next((m for m in self.models.get(supplier, ()) if f" {fold(m)} " in words), "")
        kind = next((kind for kind, names in _KINDS if any(n in words for n in names)), "tokens")
        tokens: dict[Payer, Decimal] = defaultdict(lambda: ZERO)
        for month in line.line.period.split_months():
            for payer, count in self.totals.get((month, supplier, model, kind), {}).items():
                tokens[payer] += count
        whole = sum(tokens.values(), ZERO)
        if not whole:
            return (model, kind), {}
        return (model, kind), {payer: count / whole for payer, count in tokens.items()}


def payer_usage(usage: Usage | None) -> PayerUsage | None:
    """Tokens of the payers in usage; None when no row states a payer."""
    if usage is None:
        return None
    frame = usage.frame[usage.frame["payer"] != ""]
    if frame.empty:
        return None
    totals: dict[tuple[Period, str, str, str], dict[Payer, Decimal]] = {}
    models: dict[str, set[str]] = defaultdict(set)
    for row in _summed(frame):
        supplier, model, payer = supplier_of(row["provider"]), row["model"], row["payer"]
        models[supplier].add(model)
        for kind in (*_TOKEN_KINDS, "tokens"):
            for name in {model, ""}:
                held = totals.setdefault((parse_period(row["month"]), supplier, name, kind), {})
                held[payer] = held.get(payer, ZERO) + Decimal(int(row[kind]))
    ordered = {name: tuple(sorted(found, key=lambda m: -len(m))) for name, found in models.items()}
    return PayerUsage(totals, ordered)


def with_payers(lines: Iterable[SplitLine], usage: PayerUsage | None) -> tuple[SplitLine, ...]:
    """Split inference whose payer nobody named by the payers of usage; sums stay exact."""
    known = tuple(lines)
    if usage is None:
        return known
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    shares: dict[tuple[object, ...], _Shares] = {}
    for index, line in enumerate(known):
        if line.inference and not line.item.subclass.startswith("recurring"):
            described, found = usage.shares(line)
            key: tuple[object, ...] = (line.line.vendor, line.line.period, *described)
            groups[key].append(index)
            shares[key] = found
    replaced: dict[int, tuple[SplitLine, ...]] = {}
    for key, members in groups.items():
        if shares[key]:
            replaced |= _split_group({i: known[i] for i in members}, shares[key])
    return tuple(part for i, line in enumerate(known) for part in replaced.get(i, (line,)))


def _split_group(
    members: Mapping[int, SplitLine], shares: _Shares
) -> dict[int, tuple[SplitLine, ...]]:
    total = sum((line.inference for line in members.values()), ZERO)
    told: dict[Payer, Decimal] = defaultdict(lambda: ZERO)
    for line in members.values():
        if line.item.payer_told:
            told[line.item.payer] += line.inference
    open_lines = {i: line for i, line in members.items() if not line.item.payer_told}
    left = {p: max(ZERO, total * share - told[p]) for p, share in shares.items()}
    whole = sum(left.values(), ZERO)
    if not whole:
        return {}
    weights = {payer: amount / whole for payer, amount in left.items() if amount}
    return {index: _by_payer(line, weights) for index, line in open_lines.items()}


def _by_payer(line: SplitLine, weights: _Shares) -> tuple[SplitLine, ...]:
    """Parts of one line by payer; the first takes what rounding and other classes leave."""
    ordered = sorted(weights, key=lambda payer: (-weights[payer], PAYERS.index(payer)))
    parts = {payer: (line.inference * weights[payer]).quantize(_PLACES) for payer in ordered[1:]}
    first = line.inference - sum(parts.values(), ZERO)
    rest = line.line.amount - sum(parts.values(), ZERO)
    found = [_payer_part(line, ordered[0], rest, first)]
    for payer, part in parts.items():
        if part:
            alone = SplitLine(line.item, inference=part, allocated_by=line.allocated_by)
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
        month=frame["day"].dt.strftime("%Y-%m"),
        provider=frame["provider"],
        model=frame["model"],
        payer=frame["payer"],
    )
    sums = keyed.groupby(["month", "provider", "model", "payer"], sort=True).sum().reset_index()
    return sums.to_dict(orient="records")
