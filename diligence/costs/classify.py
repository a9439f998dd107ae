"""Gives every cost line a class, with the evidence that decided it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from diligence.costs.evidence import Evidence, evidence_of
from diligence.costs.rules import Basis, CostClass, RuleBook, load_rules
from diligence.errors import InputError, Problem
from diligence.inputs.deal import Archetype, Decision, LedgerLine, Payer
from diligence.inputs.selectors import BILL_FIELDS, parse_selector, selects

if TYPE_CHECKING:
    import pandas as pd

_UNRULED = "no-rule"
PREPAYMENT_TIMING = "paid less consumed"
BOOKED_BELOW_BILL = "booked below the bill"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the evidence of a line says: class, payer, and why.

    ``alternatives`` are the classes the line could still turn out to be; ``ask`` is the
    document or driver that would settle it, empty when nothing is open. ``payer_told`` is False
    where inference counts as paid only because nothing says otherwise.
    """

    cost_class: CostClass
    subclass: str
    payer: Payer
    basis: Basis
    rule: str
    reason: str
    ask: str = ""
    alternatives: tuple[CostClass, ...] = ()
    payer_told: bool = False

    @property
    def is_flagged(self) -> bool:
        """True when a person should look at the line."""
        return bool(self.ask)


def classify_evidence(evidence: Evidence, *, rules: RuleBook | None = None) -> Finding:
    """Classify one line by the order of evidence: tag, product, meter, account, vendor.

    A line no rule speaks about stays ``shared`` and is flagged; nothing is guessed.

    Examples
    --------
    >>> from diligence.costs.evidence import evidence_of_text
    >>> found = classify_evidence(evidence_of_text(
    ...     source_system="aws_cur", text="USE1-BoxUsage:p5.48xlarge | tag app=vllm-serving",
    ...     service="AmazonEC2", usage_type="USE1-BoxUsage:p5.48xlarge"))
    >>> found.cost_class, found.basis, found.is_flagged
    ('inference_opex', 'tag', False)
    """
    book = load_rules() if rules is None else rules
    found = book.find(evidence)
    if found is None:
        return _UNKNOWN
    rule, basis = found
    payer = rule.payer or (book.payer_of(evidence) if rule.cost_class == "inference_opex" else "")
    return Finding(
        cost_class=rule.cost_class,
        subclass=rule.subclass,
        payer=payer or ("paid" if rule.cost_class == "inference_opex" else ""),
        payer_told=bool(payer),
        basis=basis,
        rule=rule.rule_id,
        reason=rule.reason,
        ask=rule.ask,
        alternatives=rule.alternatives,
    )


_UNKNOWN = Finding(
    cost_class="shared",
    subclass="unknown",
    payer="",
    basis="unresolved",
    rule=_UNRULED,
    reason="No rule speaks about this line.",
    ask="What is this, and does it serve customers or train models?",
    alternatives=("inference_opex", "training_capex", "neither"),
)


@dataclass(frozen=True, kw_only=True)
class ClassifiedLine(Finding):
    """A cost line with its class and why."""

    line: LedgerLine


@dataclass(frozen=True)
class ClassifiedLines:
    """All lines of a ledger with their classes."""

    lines: tuple[ClassifiedLine, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a line, amounts as exact decimals."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "period": item.line.period.label,
                    "account": item.line.account,
                    "segment": item.line.segment,
                    "amount": item.line.amount,
                    "class": item.cost_class,
                    "subclass": item.subclass,
                    "payer": item.payer,
                    "basis": item.basis,
                    "grade": item.line.source.grade,
                    "rule": item.rule,
                    "reason": item.reason,
                    "ask": item.ask,
                }
                for item in self.lines
            ]
        )

    def summary(self) -> str:
        """One sentence: how many lines, how many are open."""
        flagged = sum(item.is_flagged for item in self.lines)
        return f"{len(self.lines)} lines classified, {flagged} flagged for review"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def classify_lines(
    lines: Iterable[LedgerLine],
    *,
    archetype: Archetype,
    rules: RuleBook | None = None,
    decisions: Sequence[Decision] = (),
) -> ClassifiedLines:
    """Classify cost lines by the order of evidence; an analyst's ruling wins.

    The order is ruling, tag (project or text), product, meter, account, vendor; within one
    kind of evidence the first rule in the file wins. A line no rule speaks about stays
    ``shared`` and is flagged; nothing is guessed.

    Parameters
    ----------
    lines
        Leaves of the ledger.
    archetype
        Decides only those rules that name an archetype.
    rules
        Defaults to the shipped rules of ``datasets/cost_rules``.
    decisions
        Rulings of decisions.csv.

    Raises
    ------
    InputError
        When a ruling matches no line, or two rulings give one line different classes.
    """
    known = tuple(lines)
    ruled = _rulings_by_line(known, decisions)
    return ClassifiedLines(
        tuple(
            _ruled(by_rule, ruled[index]) if index in ruled else by_rule
            for index, line in enumerate(known)
            for by_rule in [_by_rule(line, rules, archetype)]
        )
    )


_SETTLED = {
    PREPAYMENT_TIMING: Finding(
        cost_class="neither",
        subclass="prepayment_timing",
        payer="",
        basis="product",
        rule="paid-less-consumed",
        reason="Paid ahead, used from earlier payments or booked later: not what the period used.",
    ),
    BOOKED_BELOW_BILL: Finding(
        cost_class="neither",
        subclass="unreconciled",
        payer="",
        basis="unresolved",
        rule="booked-below-bill",
        reason="The books show less than the bills: nothing says which line is missing.",
        ask="Journal entries of the supplier for this month, and its invoices",
        alternatives=("inference_opex", "training_capex"),
    ),
}


def _by_rule(line: LedgerLine, rules: RuleBook | None, archetype: Archetype) -> ClassifiedLine:
    if line.derivation in _SETTLED:
        return ClassifiedLine(line=line, **vars(_SETTLED[line.derivation]))
    found = classify_evidence(evidence_of(line, archetype), rules=rules)
    if found.rule == _UNRULED:
        ask = f"What is {line.account!r}, and does it serve customers or train models?"
        found = replace(found, ask=ask)
    classified = ClassifiedLine(line=line, **vars(found))
    told = bool(line.payer) or found.payer_told
    return replace(classified, payer=line.payer or found.payer, payer_told=told)


def _ruled(found: ClassifiedLine, decision: Decision) -> ClassifiedLine:
    """The line as ruled; subclass and payer of the rules stay where the class is the same."""
    cost_class: CostClass = decision.cost_class  # type: ignore[assignment]
    same = found.cost_class == cost_class
    payer = decision.payer or (found.payer if same else found.line.payer)
    return ClassifiedLine(
        line=found.line,
        cost_class=cost_class,
        subclass=decision.subclass or (found.subclass if same else "ruling"),
        payer=payer or ("paid" if cost_class == "inference_opex" else ""),
        payer_told=bool(decision.payer) or (found.payer_told and bool(payer)),
        basis="ruling",
        rule=f"decision by {decision.who} on {decision.decided_on}",
        reason=decision.reason,
        alternatives=("inference_opex", "training_capex") if cost_class == "shared" else (),
    )


def _rulings_by_line(
    lines: Sequence[LedgerLine], decisions: Sequence[Decision]
) -> dict[int, Decision]:
    ruled: dict[int, Decision] = {}
    problems: list[Problem] = []
    for decision in decisions:
        hits = [i for i, line in enumerate(lines) if matches_selector(line, decision.selector)]
        if not hits:
            problems.append(_unmatched(decision, lines))
        for index in hits:
            earlier = ruled.setdefault(index, decision)
            if earlier.cost_class != decision.cost_class:
                problems.append(_conflict(decision, earlier, lines[index]))
    if problems:
        raise InputError("Rulings in decisions.csv cannot be applied:", problems)
    return ruled


def matches_selector(line: LedgerLine, selector: str) -> bool:
    """Tell whether every ``field=value`` of a selector joined by `` & `` describes the line."""
    return selects(parse_selector(selector), lambda field: _field(line, field))


def _field(line: LedgerLine, name: str) -> str:
    match name:
        case "period":
            return line.period.label
        case "file":
            return line.source.file
        case "row":
            return str(line.source.row)
        case "supplier":
            return line.vendor if line.bill is not None else ""
        case "project" if line.bill is not None:
            return line.bill.project
    if name in BILL_FIELDS:
        return str(getattr(line.bill, name, ""))
    return str(getattr(line, name, ""))


def _unmatched(decision: Decision, lines: Sequence[LedgerLine]) -> Problem:
    accounts = sorted({f"account={line.account}" for line in lines})
    near = difflib.get_close_matches(decision.selector, accounts, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    source = decision.source
    return Problem(
        source.file,
        source.row,
        "selector",
        f"{decision.selector!r}, which matches no line",
        f"a selector that matches at least one ledger line{hint}",
    )


def _conflict(decision: Decision, earlier: Decision, line: LedgerLine) -> Problem:
    source = decision.source
    return Problem(
        source.file,
        source.row,
        "class",
        f"{decision.cost_class!r} for {line.account!r}",
        f"the class {earlier.cost_class!r} ruled in row {earlier.source.row}, or one ruling only",
    )
