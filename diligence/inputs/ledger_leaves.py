"""Leaves of one period: segments, of-which parts and remainders that add up to the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from diligence.inputs.deal import AS_REPORTED, Bound, LedgerLine
from diligence.inputs.ledger_figures import Figure, log_unknown_parent, opposite, worst_grade
from diligence.inputs.problems import ProblemLog
from diligence.inputs.revenue import UNALLOCATED
from diligence.inputs.statement_rows import plain

SAME_SHARE = "same share of cost in each segment (assumed)"
REMAINDER = "remainder after of-which rows"
CAPPED = "capped at the parent"
_CENT = Decimal("0.01")


@dataclass
class _Period:
    """What the expansion of one period shares."""

    name: str
    log: ProblemLog
    children: dict[str, list[Figure]]
    notes: list[str]
    placed: set[int] = field(default_factory=set)


def leaves_of(
    figures: Sequence[Figure], *, name: str, log: ProblemLog, notes: list[str]
) -> list[LedgerLine]:
    """Expand the figures of one period into leaves.

    A company row beside segment rows is their total; what they leave becomes a segment of its
    own. An account with of-which rows becomes those rows and a remainder. A company-wide part
    of a segmented account is spread over the segments in proportion to their cost. The leaves
    add up to the rows that are no part of another, to the last digit.
    """
    accounts = {figure.line.account for figure in figures}
    children: dict[str, list[Figure]] = defaultdict(list)
    roots: list[Figure] = []
    for figure in figures:
        if not figure.of_which:
            roots.append(figure)
        elif figure.of_which not in accounts or figure.of_which == figure.line.account:
            log_unknown_parent(figure, figures, name=name, log=log)
        else:
            children[figure.of_which].append(figure)
    period = _Period(name, log, children, notes)
    leaves = [
        leaf for rows in _by_account(roots) for leaf in _expanded(_spread(rows, period), period)
    ]
    _refuse_unplaced(period)
    return [figure.line for figure in leaves]


def _by_account(figures: Sequence[Figure]) -> list[list[Figure]]:
    groups: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        groups[figure.line.account, figure.line.role, figure.place].append(figure)
    return list(groups.values())


def _spread(rows: Sequence[Figure], period: _Period) -> list[Figure]:
    """Replace a company row by its segment rows and what they leave."""
    groups: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
    for figure in rows:
        line = figure.line
        groups[line.vendor, line.department, line.project].append(figure)
    return [figure for group in groups.values() for figure in _by_segment(group, period)]


def _by_segment(rows: Sequence[Figure], period: _Period) -> list[Figure]:
    company = [figure for figure in rows if not figure.line.segment]
    segments = [figure for figure in rows if figure.line.segment]
    if not company or not segments:
        return list(rows)
    rest = _sum(company) - _sum(segments)
    if not rest:
        return segments
    half = sum((figure.half_unit for figure in rows), Decimal(0))
    first = company[0].line
    if abs(rest) > half and rest < 0:
        period.notes.append(
            f"{period.name}: segments of {first.account!r} in {first.period.label} exceed the "
            f"company's {plain(_sum(company))} by {plain(-rest)}"
        )
    ground = "company less segments"
    if first.derivation != AS_REPORTED:
        ground = f"{ground}; company: {first.derivation}"
    grade = worst_grade(figure.line for figure in rows)
    source = replace(first.source, grade=grade)
    line = replace(
        first,
        amount=rest,
        segment=UNALLOCATED,
        derivation=ground,
        source=source,
        bound=_rest_bound(company, segments),
    )
    return [*segments, replace(company[0], line=line, half_unit=half)]


def _expanded(rows: list[Figure], period: _Period) -> list[Figure]:
    """Leaves of one account, whose rows differ by segment or vendor."""
    account = rows[0].line.account
    parts = [child for child in period.children.get(account, ()) if id(child) not in period.placed]
    if not parts:
        return rows
    period.placed.update(map(id, parts))
    _refuse_several_parents(rows, parts, period)
    parts = [replace(part, line=replace(part.line, parent=account)) for part in parts]
    placed: list[list[Figure]] = [[] for _ in rows]
    for group in _by_account(parts):
        for child in _spread(group, period):
            for index, piece in _placed(child, rows, period):
                placed[index].append(piece)
    placed = [_fitted(row, pieces, period) for row, pieces in zip(rows, placed, strict=True)]
    remainders = [
        remainder
        for row, pieces in zip(rows, placed, strict=True)
        if (remainder := _remainder(row, pieces)) is not None
    ]
    below = [
        leaf
        for group in _by_account([piece for pieces in placed for piece in pieces])
        for leaf in _expanded(group, period)
    ]
    return [*below, *remainders]


def _placed(child: Figure, rows: Sequence[Figure], period: _Period) -> list[tuple[int, Figure]]:
    """Say which rows of the parent hold a part: its own segment's, else all in proportion."""
    segment = child.line.segment
    same = [i for i, row in enumerate(rows) if row.line.segment == segment]
    if len(rows) == 1 and (same or rows[0].line.segment == ""):
        return [(0, child)]
    if len(same) == 1:
        return [(same[0], child)]
    if same:
        return _in_proportion(child, rows, same)
    if segment not in ("", UNALLOCATED):
        known = ", ".join(sorted({row.line.segment for row in rows}))
        found = f"segment {segment!r}, which {rows[0].line.account!r} does not have"
        period.log.add(period.name, child.row, "segment", found, f"one of {known}")
    return _in_proportion(child, rows, list(range(len(rows))))


def _in_proportion(
    child: Figure, rows: Sequence[Figure], indexes: Sequence[int]
) -> list[tuple[int, Figure]]:
    """Spread a part over rows by their cost, to the cent; the last takes the rounding rest."""
    weights = [rows[i].line.amount for i in indexes]
    amount, total = child.line.amount, sum(weights, Decimal(0))
    if amount == total:
        pieces = weights
    elif not total:
        pieces = [Decimal(0)] * (len(weights) - 1) + [amount]
    else:
        pieces = [(amount * weight / total).quantize(_CENT) for weight in weights[:-1]]
        pieces.append(amount - sum(pieces, Decimal(0)))
    stated = child.line.derivation
    words = SAME_SHARE if stated == AS_REPORTED else f"{stated}; {SAME_SHARE}"
    return [
        (i, _piece(child, piece, rows[i].line.segment, words))
        for i, piece in zip(indexes, pieces, strict=True)
    ]


def _piece(child: Figure, amount: Decimal, segment: str, derivation: str) -> Figure:
    line = replace(child.line, amount=amount, segment=segment, derivation=derivation)
    return replace(child, line=line, half_unit=child.half_unit + _CENT)


def _fitted(row: Figure, pieces: list[Figure], period: _Period) -> list[Figure]:
    """Cut upper bounds down to the parent; exact parts over the parent are a problem."""
    sign = -1 if row.line.amount < 0 else 1
    excess = sign * (_sum(pieces) - row.line.amount)
    fitted = list(pieces)
    for index in reversed(range(len(fitted))):
        line = fitted[index].line
        if excess > 0 and line.bound == "at_most":
            cut = min(excess, max(sign * line.amount, Decimal(0)))
            excess -= cut
            words = CAPPED if line.derivation == AS_REPORTED else f"{line.derivation}; {CAPPED}"
            capped = replace(line, amount=line.amount - sign * cut, derivation=words)
            fitted[index] = replace(fitted[index], line=capped)
    allowed = sum((piece.half_unit for piece in pieces), row.half_unit)
    if excess > allowed:
        parent, first = row.line, pieces[0]
        where = f"{parent.account!r}" + (parent.segment and f", {parent.segment}")
        found = f"of-which rows of {where} that add up to {plain(_sum(fitted))}"
        expected = f"at most {plain(parent.amount)}; the difference is {plain(excess)}"
        log = period.log
        log.add(period.name, first.row, "amount", found, expected, period=parent.period)
    return fitted


def _remainder(row: Figure, pieces: Sequence[Figure]) -> Figure | None:
    if not pieces:
        return row
    rest = row.line.amount - _sum(pieces)
    if not rest:
        return None
    line = row.line
    source = replace(line.source, grade=worst_grade([line, *(piece.line for piece in pieces)]))
    words = REMAINDER if line.derivation == AS_REPORTED else f"{REMAINDER}; {line.derivation}"
    other = replace(
        line,
        account=f"{line.account}, other",
        amount=rest,
        parent=line.account,
        derivation=words,
        source=source,
        bound=_rest_bound([row], pieces),
    )
    return replace(row, line=other)


def _rest_bound(whole: Sequence[Figure], parts: Sequence[Figure]) -> Bound:
    bounds = [opposite(part.line.bound) for part in parts] + [row.line.bound for row in whole]
    return next((bound for bound in bounds if bound != "exact"), "exact")


def _refuse_several_parents(
    rows: Sequence[Figure], parts: Sequence[Figure], period: _Period
) -> None:
    segments = [row.line.segment for row in rows]
    if len(set(segments)) < len(segments):
        numbers = ", ".join(str(row.row) for row in rows)
        found = f"of_which {rows[0].line.account!r}, which stands in rows {numbers}"
        period.log.add(
            period.name, parts[0].row, "of_which", found, "an account with one row a segment",
            period=rows[0].line.period,
        )  # fmt: skip


def _refuse_unplaced(period: _Period) -> None:
    for parts in period.children.values():
        for part in parts:
            if id(part) not in period.placed:
                line = part.line
                found = f"of_which {part.of_which!r}, which is itself a part of {line.account!r}"
                expected = "a parent that leads to an account without of_which"
                period.log.add(
                    period.name, part.row, "of_which", found, expected,
                    amount=line.amount, period=line.period,
                )  # fmt: skip


def _sum(figures: Sequence[Figure]) -> Decimal:
    return sum((figure.line.amount for figure in figures), Decimal(0))
