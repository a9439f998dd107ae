"""The cost-quality verdict: rules are data, and the rule that fired is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict

from diligence.resources import resource_path

VerdictName = Literal["robust", "exposed", "fragile", "cannot say"]


class _Condition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    metric: str
    relation: Literal["below", "above", "missing"]
    value: float | None = None


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    verdict: VerdictName
    text: str
    when: tuple[_Condition, ...]


@dataclass(frozen=True)
class Verdict:
    """Grade of cost quality and evidence, not of the investment."""

    name: VerdictName
    rule: str

    def summary(self) -> str:
        """Verdict and the rule that fired."""
        return f"{self.name}: {self.rule}"


def grade_cost_quality(metrics: Mapping[str, float | None]) -> Verdict:
    """Apply the rules of ``datasets/verdicts`` in order; the first that holds fires.

    Parameters
    ----------
    metrics
        Known figures by name; None or absent means not known.

    Examples
    --------
    >>> grade_cost_quality({"paid_margin": 0.23, "break_even_0": 1.33}).name
    'fragile'
    """
    for rule in _rules():
        if all(_holds(condition, metrics) for condition in rule.when):
            return Verdict(rule.verdict, rule.text)
    raise AssertionError("the last rule of datasets/verdicts/cost_quality.yaml has conditions")


@cache
def _rules() -> tuple[_Rule, ...]:
    path = resource_path("datasets", "verdicts", "cost_quality.yaml")
    entries = cast(dict[str, list[object]], yaml.safe_load(path.read_text(encoding="utf-8")))
    return tuple(_Rule.model_validate(entry) for entry in entries["rules"])


def _holds(condition: _Condition, metrics: Mapping[str, float | None]) -> bool:
    found = metrics.get(condition.metric)
    if condition.relation == "missing":
        return found is None
    if found is None or condition.value is None:
        return False
    return found < condition.value if condition.relation == "below" else found > condition.value
