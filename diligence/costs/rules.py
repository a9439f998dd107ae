"""Classification rules, read from data: general vocabulary, and one file a billing system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml

from diligence.costs.evidence import Evidence
from diligence.costs.phrases import Phrases, anchors_in, phrases
from diligence.errors import InputError
from diligence.inputs.deal import Archetype, Payer, Role
from diligence.resources import resource_path

CostClass = Literal["training_capex", "inference_opex", "shared", "neither"]
Basis = Literal["ruling", "tag", "product", "meter", "account", "vendor", "sibling", "unresolved"]
COST_CLASSES: tuple[CostClass, ...] = get_args(CostClass)
EVIDENCE_ORDER: tuple[Basis, ...] = (
    "tag",
    "sibling",
    "product",
    "meter",
    "account",
    "vendor",
    "unresolved",
)
GENERAL = "general"
MOST_REMEMBERED = 1 << 17
_KEYS = frozenset(
    (
        "id",
        "basis",
        "class",
        "subclass",
        "words",
        "also",
        "unless",
        "with",
        "without",
        "kinds",
        "commitment",
        "roles",
        "archetypes",
        "alternatives",
        "payer",
        "reason",
        "ask",
        "source",
        "first",
    )
)
_PAYERS: tuple[Payer, ...] = ("free", "promo", "internal", "paid")
_T = TypeVar("_T", bound=str)


@dataclass(frozen=True)
class CostRule:
    """One rule: which words in which evidence mean which class.

    ``words`` and ``also`` must be found, ``unless`` must not, in the evidence of the basis;
    ``elsewhere`` must and ``not_elsewhere`` must not be found anywhere on the line. Empty words
    hold for every line that meets the other conditions. A rule that goes first is asked before
    tags (a credit stays a credit whatever its tags say).
    """

    rule_id: str
    scope: str
    bases: tuple[Basis, ...]
    cost_class: CostClass
    subclass: str
    words: Phrases
    also: Phrases
    unless: Phrases
    elsewhere: Phrases
    not_elsewhere: Phrases
    kinds: frozenset[str]
    commitment: str
    roles: frozenset[Role]
    archetypes: frozenset[Archetype]
    alternatives: tuple[CostClass, ...]
    payer: Payer
    reason: str
    ask: str
    source: str
    goes_first: bool

    def matches(self, evidence: Evidence, basis: Basis) -> bool:
        """Tell whether the rule speaks about this line on this basis."""
        return self.speaks_of(evidence.words[basis]) and self.applies_to(evidence)

    def speaks_of(self, seen: str) -> bool:
        """Tell whether the folded words of one kind of evidence are the rule's."""
        return (
            (not self.words.phrases or self.words.found_in(seen))
            and (not self.also.phrases or self.also.found_in(seen))
            and not self.unless.found_in(seen)
        )

    def applies_to(self, evidence: Evidence) -> bool:
        """Tell whether all else about a line is as the rule asks."""
        everything = evidence.words["all"]
        return (
            self.scope in (GENERAL, evidence.system)
            and (not self.kinds or evidence.kind in self.kinds)
            and (not self.commitment or evidence.commitment == self.commitment)
            and (not self.roles or evidence.role in self.roles)
            and (not self.archetypes or evidence.archetype in self.archetypes)
            and (not self.elsewhere.phrases or self.elsewhere.found_in(everything))
            and not self.not_elsewhere.found_in(everything)
        )


@dataclass(frozen=True)
class RuleBook:
    """All rules in the order they are asked: a system's own rules before general vocabulary."""

    rules: tuple[CostRule, ...]
    payers: tuple[tuple[Payer, Phrases], ...] = ()

    def payer_of(self, evidence: Evidence) -> Payer:
        """Payer that the names of a line tell; empty when they tell none."""
        named = evidence.words["tag"]
        return next((payer for payer, words in self.payers if words.found_in(named)), "")

    def without(self, system: str) -> RuleBook:
        """The book with one system's own rules switched off.

        Raises
        ------
        InputError
            When the system has no rules of its own.
        """
        kept = tuple(rule for rule in self.rules if rule.scope != system)
        if len(kept) == len(self.rules):
            raise InputError(f"no rules of the system {system!r}; known: {', '.join(self.systems)}")
        return RuleBook(kept, self.payers)

    @property
    def systems(self) -> tuple[str, ...]:
        """Systems that have rules of their own."""
        return tuple(sorted({rule.scope for rule in self.rules} - {GENERAL}))

    def find(self, evidence: Evidence) -> tuple[CostRule, Basis] | None:
        """First rule of the strongest evidence that speaks about the line."""
        for goes_first in (True, False):
            for basis in EVIDENCE_ORDER:
                for rule in self._speaking(evidence.words[basis], basis, goes_first):
                    if rule.applies_to(evidence):
                        return rule, basis
        return None

    def _speaking(self, folded: str, basis: Basis, goes_first: bool) -> tuple[CostRule, ...]:
        """Rules that speak of some words, remembered: bills repeat their words."""
        key = (folded, basis, goes_first)
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            candidates = self._candidates(folded, basis, goes_first)
            known = tuple(rule for rule in candidates if rule.speaks_of(folded))
            self._remembered[key] = known
        return known

    @cached_property
    def _remembered(self) -> dict[tuple[str, Basis, bool], tuple[CostRule, ...]]:
        return {}

    def _candidates(self, folded: str, basis: Basis, goes_first: bool) -> Iterator[CostRule]:
        index = self._indices[basis, goes_first]
        chosen = set(index.always)
        if folded:
            for anchor in anchors_in(folded) & index.by_anchor.keys():
                chosen.update(index.by_anchor[anchor])
        return (index.rules[position] for position in sorted(chosen))

    @cached_property
    def _indices(self) -> dict[tuple[Basis, bool], _Index]:
        return {
            (basis, first): _index(
                [r for r in self.rules if basis in r.bases and r.goes_first is first]
            )
            for basis in EVIDENCE_ORDER
            for first in (True, False)
        }


@dataclass(frozen=True)
class _Index:
    """Rules of one basis, found by the first letters of their words."""

    rules: tuple[CostRule, ...]
    by_anchor: Mapping[str, tuple[int, ...]]
    always: tuple[int, ...]


def _index(rules: list[CostRule]) -> _Index:
    ordered = tuple(sorted(rules, key=lambda rule: rule.scope == GENERAL))
    by_anchor: dict[str, list[int]] = {}
    always = []
    for position, rule in enumerate(ordered):
        if not rule.words.anchors:
            always.append(position)
        for anchor in rule.words.anchors:
            by_anchor.setdefault(anchor, []).append(position)
    return _Index(ordered, {key: tuple(found) for key, found in by_anchor.items()}, tuple(always))


@cache
def load_rules(folder: Path | None = None) -> RuleBook:
    """Read all rule files.

    ``general.yaml`` holds vocabulary for every system, each other file the rules of the system
    it is named after. Word lists under ``vocabulary`` of general.yaml may stand in any rule as
    ``$name``.

    Raises
    ------
    InputError
        When a rule names an unknown key, class, basis, role or archetype, or repeats an id.
    """
    root = folder or resource_path("datasets", "cost_rules")
    files = {file.stem: _yaml(file) for file in sorted(root.glob("*.yaml"))}
    vocabulary = files.get(GENERAL, {}).get("vocabulary", {})
    rules = [
        _rule(entry, scope, vocabulary)
        for scope, content in files.items()
        for entry in content["rules"]
    ]
    _require_unique_ids(rules)
    named = files.get(GENERAL, {}).get("payers", {})
    payers = tuple((_one_of(payer, _PAYERS), phrases(words)) for payer, words in named.items())
    return RuleBook(tuple(rules), payers)


def _yaml(file: Path) -> dict[str, Any]:
    """Content of a rule file, by the C parser where there is one: it is ten times as fast."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    return content


def _rule(entry: dict[str, object], scope: str, vocabulary: Mapping[str, list[str]]) -> CostRule:
    def words(key: str) -> Phrases:
        return phrases(_spelled_out(_texts(entry.get(key, ())), vocabulary))

    try:
        _require_known_keys(entry)
        return CostRule(
            rule_id=str(entry["id"]),
            scope=scope,
            bases=tuple(_one_of(basis, EVIDENCE_ORDER) for basis in _texts(entry["basis"])),
            cost_class=_one_of(str(entry["class"]), COST_CLASSES),
            subclass=str(entry["subclass"]),
            words=words("words"),
            also=words("also"),
            unless=words("unless"),
            elsewhere=words("with"),
            not_elsewhere=words("without"),
            kinds=frozenset(_texts(entry.get("kinds", ()))),
            commitment=str(entry.get("commitment", "")),
            roles=frozenset(Role(role) for role in _texts(entry.get("roles", ()))),
            archetypes=frozenset(Archetype(a) for a in _texts(entry.get("archetypes", ()))),
            alternatives=tuple(
                _one_of(a, COST_CLASSES) for a in _texts(entry.get("alternatives", ()))
            ),
            payer=_one_of(str(entry.get("payer", "")), ("", *_PAYERS)),
            reason=str(entry["reason"]),
            ask=str(entry.get("ask", "")),
            source=str(entry["source"]),
            goes_first=bool(entry.get("first", False)),
        )
    except (KeyError, ValueError) as error:
        raise InputError(
            f"datasets/cost_rules/{scope}.yaml: rule {entry.get('id')!r}: {error}"
        ) from error


def _require_known_keys(entry: Mapping[str, object]) -> None:
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}, expected one of {', '.join(sorted(_KEYS))}")


def _spelled_out(words: Iterable[str], vocabulary: Mapping[str, list[str]]) -> Iterator[str]:
    for word in words:
        if word.startswith("$"):
            yield from _spelled_out(vocabulary[word[1:]], vocabulary)
        else:
            yield word


def _one_of(value: str, allowed: Iterable[_T]) -> _T:
    for option in allowed:
        if option == value:
            return option
    raise ValueError(f"found {value!r}, expected one of {', '.join(allowed)}")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _require_unique_ids(rules: list[CostRule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.rule_id in seen:
            raise InputError(f"datasets/cost_rules: rule id {rule.rule_id!r} stands twice")
        seen.add(rule.rule_id)
