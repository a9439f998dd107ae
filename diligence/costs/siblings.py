"""Sibling pairing: a line that cannot be told alone is settled by its sibling.

Some accelerators are billed under one description for training and for serving; a management fee
of the same project and day says which. Where both fees stand on the day, the accelerator is split
by the fees' quantities (by their amounts where a quantity is missing).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

import yaml

from diligence.costs.allocation import allocate
from diligence.costs.phrases import Phrases, fold, phrases
from diligence.inputs.bills.bill import BillLine
from diligence.resources import resource_path

ZERO = Decimal(0)
_NO_USE = frozenset(("credit", "discount", "tax"))
_Key = tuple[str, object, str]


@dataclass(frozen=True)
class SiblingRule:
    """Which lines of a system are settled by which others, and what both must name."""

    system: str
    lines: Phrases
    lines_unless: Phrases
    siblings: Phrases
    siblings_also: Phrases
    parts: tuple[Phrases, ...]

    def is_open(self, words: str) -> bool:
        """Tell whether a line cannot be told alone."""
        return self.lines.found_in(words) and not self.lines_unless.found_in(words)

    def tells(self, words: str) -> bool:
        """Tell whether a line says what another one was for."""
        return self.siblings.found_in(words) and self.siblings_also.found_in(words)

    def part(self, words: str) -> str:
        """What both lines must name, such as the accelerator; empty when the line names none."""
        return next((part.phrases[0] for part in self.parts if part.found_in(words)), "")


@cache
def sibling_rules() -> tuple[SiblingRule, ...]:
    """Rules of ``datasets/sibling_rules.yaml``."""
    text = resource_path("datasets", "sibling_rules.yaml").read_text(encoding="utf-8")
    return tuple(
        SiblingRule(
            system=entry["system"],
            lines=phrases(entry["lines"]["words"]),
            lines_unless=phrases(entry["lines"].get("unless", ())),
            siblings=phrases(entry["siblings"]["words"]),
            siblings_also=phrases(entry["siblings"]["also"]),
            parts=tuple(phrases([part]) for part in entry["parts"]),
        )
        for entry in yaml.safe_load(text)["pairs"]
    )


def has_siblings(system: str) -> bool:
    """Tell whether lines of a system may be settled by others."""
    return any(rule.system == system for rule in sibling_rules())


def is_paired(line: BillLine, *, system: str) -> bool:
    """Tell whether a line may be settled by another one, or settles others."""
    words = _words(line)
    rules = (rule for rule in sibling_rules() if rule.system == system)
    return any(rule.is_open(words) or rule.tells(words) for rule in rules)


def pair_siblings(lines: Iterable[BillLine], *, system: str) -> tuple[BillLine, ...]:
    """Give open lines the text of their sibling; split those with siblings of several kinds.

    Lines without a sibling, and all others, come back as they were; sums are conserved exactly.
    A line that names no project has no sibling.
    """
    known = tuple(lines)
    for rule in sibling_rules():
        if rule.system == system:
            known = _paired(known, rule)
    return known


def _paired(lines: Sequence[BillLine], rule: SiblingRule) -> tuple[BillLine, ...]:
    fees = _fees(lines, rule)
    found: list[BillLine] = []
    for line in lines:
        words = _words(line)
        shares = fees.get(_key(line, rule.part(words)), {}) if rule.is_open(words) else {}
        found.extend(_split(line, shares) if shares else (line,))
    return tuple(found)


def _fees(lines: Iterable[BillLine], rule: SiblingRule) -> dict[_Key, dict[str, Decimal]]:
    """Weight of each kind of fee by project, day and accelerator."""
    told: dict[_Key, list[BillLine]] = defaultdict(list)
    for line in lines:
        words = _words(line)
        if rule.tells(words) and line.kind not in _NO_USE and line.project:
            told[_key(line, rule.part(words))].append(line)
    return {key: _weights(members) for key, members in told.items()}


def _weights(fees: Sequence[BillLine]) -> dict[str, Decimal]:
    by_quantity = all(fee.quantity for fee in fees)
    weights: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for fee in fees:
        weights[fee.text] += (fee.quantity or ZERO) if by_quantity else fee.effective
    return {text: weight for text, weight in sorted(weights.items()) if weight > 0}


def _split(line: BillLine, shares: Mapping[str, Decimal]) -> tuple[BillLine, ...]:
    if len(shares) == 1:
        return (replace(line, sibling=next(iter(shares))),)
    money = {name: allocate(amount, shares) for name, amount in line.money.items()}
    hours = None if line.quantity is None else allocate(line.quantity, shares)
    return tuple(
        replace(line, sibling=sibling).with_money(
            {name: parts[sibling] for name, parts in money.items()},
            None if hours is None else hours[sibling],
        )
        for sibling in shares
    )


def _key(line: BillLine, part: str) -> _Key:
    return (line.project, line.day, part)


def _words(line: BillLine) -> str:
    return fold(f"{line.text} | {line.usage_type}")
