"""Classification rules, read from data: one file a billing system under datasets/cost_rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import yaml

from diligence.errors import InputError
from diligence.inputs.deal import Archetype, LedgerLine, Payer, Role
from diligence.resources import resource_path

CostClass = Literal["training_capex", "inference_opex", "shared", "neither"]
Basis = Literal["ruling", "tag", "product", "meter", "account", "vendor", "unresolved"]
COST_CLASSES: tuple[CostClass, ...] = ("training_capex", "inference_opex", "shared", "neither")
EVIDENCE_ORDER: tuple[Basis, ...] = ("tag", "product", "meter", "account", "vendor", "unresolved")
_T = TypeVar("_T", bound=str)
_FIELDS_OF_BASIS: dict[str, tuple[str, ...]] = {
    "tag": ("project", "text"),
    "product": ("text", "vendor"),
    "meter": ("text",),
    "account": ("account", "department", "code"),
    "vendor": ("vendor", "text", "account"),
    "unresolved": ("account",),
}


@dataclass(frozen=True)
class CostRule:
    """One rule: which words in which evidence mean which class.

    ``words`` are regular expressions searched on word starts, case-insensitively;
    an empty tuple matches every line of the stated roles.
    """

    rule_id: str
    basis: Basis
    cost_class: CostClass
    subclass: str
    words: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    roles: frozenset[Role]
    archetypes: frozenset[Archetype]
    alternatives: tuple[CostClass, ...]
    payer: Payer
    reason: str
    ask: str
    source: str

    def matches(self, line: LedgerLine, archetype: Archetype) -> bool:
        """Tell whether the rule speaks about this line."""
        if self.roles and line.role not in self.roles:
            return False
        if self.archetypes and archetype not in self.archetypes:
            return False
        seen = " | ".join(str(getattr(line, name)) for name in _FIELDS_OF_BASIS[self.basis])
        if any(word.search(seen) for word in self.unless):
            return False
        return not self.words or any(word.search(seen) for word in self.words)


@cache
def load_rules(folder: Path | None = None) -> tuple[CostRule, ...]:
    """Read all rule files, in evidence order, then file order.

    Raises
    ------
    InputError
        When a rule names an unknown class, basis, role or archetype, or repeats an id.
    """
    root = folder or resource_path("datasets", "cost_rules")
    rules = [
        _rule(entry, file.name)
        for file in sorted(root.glob("*.yaml"))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
    ]
    _require_unique_ids(rules)
    return tuple(sorted(rules, key=lambda rule: EVIDENCE_ORDER.index(rule.basis)))


def _rule(entry: dict[str, object], file: str) -> CostRule:
    try:
        return CostRule(
            rule_id=str(entry["id"]),
            basis=_one_of(str(entry["basis"]), EVIDENCE_ORDER),
            cost_class=_one_of(str(entry["class"]), COST_CLASSES),
            subclass=str(entry["subclass"]),
            words=_patterns(entry.get("words", ())),
            unless=_patterns(entry.get("unless", ())),
            roles=frozenset(Role(role) for role in _texts(entry.get("roles", ()))),
            archetypes=frozenset(Archetype(a) for a in _texts(entry.get("archetypes", ()))),
            alternatives=tuple(
                _one_of(a, COST_CLASSES) for a in _texts(entry.get("alternatives", ()))
            ),
            payer=_one_of(str(entry.get("payer", "")), ("", "paid", "promo", "free", "internal")),
            reason=str(entry["reason"]),
            ask=str(entry.get("ask", "")),
            source=str(entry["source"]),
        )
    except (KeyError, ValueError) as error:
        raise InputError(
            f"datasets/cost_rules/{file}: rule {entry.get('id')!r}: {error}"
        ) from error


def _one_of(value: str, allowed: Iterable[_T]) -> _T:
    for option in allowed:
        if option == value:
            return option
    raise ValueError(f"found {value!r}, expected one of {', '.join(allowed)}")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _patterns(value: object) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<![a-z])(?:{word})", re.IGNORECASE) for word in _texts(value))


def _require_unique_ids(rules: list[CostRule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.rule_id in seen:
            raise InputError(f"datasets/cost_rules: rule id {rule.rule_id!r} stands twice")
        seen.add(rule.rule_id)
