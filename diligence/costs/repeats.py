"""Bills that repeat each other: the same account exported twice, or in two formats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from diligence.costs.billed_months import BilledLine
from diligence.units import Period

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_Months = Mapping[Period, Sequence[BilledLine]]


@dataclass(frozen=True)
class RepeatedBill:
    """Months of a file that another file of the same supplier holds too: counted once."""

    file: str
    counted_in: str
    supplier: str
    months: tuple[Period, ...]

    def summary(self) -> str:
        """One sentence for a memo."""
        months = ", ".join(month.label for month in self.months)
        return f"{self.file}: {self.supplier} {months} also in {self.counted_in}, counted once"


def without_repeats(
    lines: Iterable[BilledLine], *, formats: Mapping[str, str]
) -> tuple[tuple[BilledLine, ...], tuple[RepeatedBill, ...]]:
    """Leave out months of a file that repeat another file of the same supplier.

    Two files are views of one account when a month of both has the same lines, or in different
    formats the same total to the cent. Of every month both have, the larger total counts: the
    other one was drawn before the month was over. Other files of a supplier are other accounts
    and add up.

    Parameters
    ----------
    formats
        Name of the format by file.
    """
    known = tuple(lines)
    found: list[RepeatedBill] = []
    dropped: set[tuple[str, str, Period]] = set()
    for supplier, files in _by_file(known).items():
        for one, other in combinations(files, 2):
            same_format = formats[one] == formats[other]
            if _is_one_account(files[one], files[other], same_format=same_format):
                repeats = _repeats(supplier, (one, files[one]), (other, files[other]))
                found += repeats
                dropped |= {(supplier, r.file, month) for r in repeats for month in r.months}
    kept = tuple(line for line in known if (line.supplier, line.file, line.month) not in dropped)
    return kept, tuple(found)


def _by_file(lines: Iterable[BilledLine]) -> dict[str, dict[str, dict[Period, list[BilledLine]]]]:
    groups: dict[str, dict[str, dict[Period, list[BilledLine]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for line in lines:
        groups[line.supplier][line.file][line.month].append(line)
    return groups


def _is_one_account(one: _Months, other: _Months, *, same_format: bool) -> bool:
    common = one.keys() & other.keys()
    alike = [m for m in common if _total(one[m]) and _is_like(one[m], other[m])]
    return any(not same_format or _content(one[m]) == _content(other[m]) for m in alike)


def _is_like(one: Sequence[BilledLine], other: Sequence[BilledLine]) -> bool:
    return abs(_total(one) - _total(other)) < _CENT


def _repeats(
    supplier: str, one: tuple[str, _Months], other: tuple[str, _Months]
) -> list[RepeatedBill]:
    (first, mine), (second, theirs) = one, other
    common = sorted(mine.keys() & theirs.keys())
    less = [month for month in common if _size(mine[month]) < _size(theirs[month])]
    rest = [month for month in common if month not in less]
    found = [
        RepeatedBill(first, second, supplier, tuple(less)),
        RepeatedBill(second, first, supplier, tuple(rest)),
    ]
    return [repeated for repeated in found if repeated.months]


def _size(lines: Sequence[BilledLine]) -> tuple[Decimal, int]:
    """Total to the cent, then lines: of equal totals the finer bill counts."""
    return abs(_total(lines)).quantize(_CENT), len(lines)


def _total(lines: Iterable[BilledLine]) -> Decimal:
    return sum((line.line.billed for line in lines), ZERO)


def _content(lines: Iterable[BilledLine]) -> frozenset[object]:
    return frozenset(replace(line.line, first_row=0, n_rows=0) for line in lines)
