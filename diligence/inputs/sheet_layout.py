"""Finds the layout of a finance team's sheet: headings, unit, subtotals, roles of rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from diligence.inputs.caption_roles import account_role, caption_role, is_generic_cost
from diligence.inputs.deal import Role
from diligence.inputs.period_sets import Stated, tolerance
from diligence.inputs.statement_rows import half_unit, parse_book_amount
from diligence.inputs.tables import Grid, column_index, column_letter
from diligence.units import AmountError, Period, PeriodError, parse_date, parse_period
from diligence.units.currency import MoneyUnitError, parse_money_unit
from diligence.units.money import MISSING_MARKS, Locale, detect_locale

MOST_HEADER_ROWS = 60
MOST_CHILDREN = 40
MOST_SIGNED_CHILDREN = 8
_ZERO = Decimal(0)
_RESULT = re.compile(
    r"gross (profit|margin|loss)|ebitda?\b|contribution|operating (income|loss|profit|result)|"
    r"net (income|loss|profit|result)|(profit|loss|result|income) (before|after|from|for)", re.I
)  # fmt: skip
_TOTAL = re.compile(r"\b(sub)?-?totals?\b|^sum\b|^net revenue$", re.I)
_RATIO = re.compile(r"%|\bmargin\b|\bratio\b|\bgrowth\b", re.I)
_SHORT_YEAR = re.compile(r"((?:FY|[1-9]M|1[01]M|Q[1-4]|H[12])\s?[-']?\s?)(\d{2})", re.I)
_YEAR = re.compile(r"(?:FY|CY)?\s?(20\d{2})(?:\s*(?:actuals?|A))?", re.I)
_CODE = re.compile(r"[A-Z]{0,3}[-.]?\d[\d.\-]{1,10}")
_UNIT = re.compile(
    r"(US\$|USD|EUR|GBP|CNY|RMB|JPY|INR|CHF|CAD|AUD|HKD|SGD|KRW|[$€£])\s*(?:in\s+|,\s*)?"
    r"('?000s?|thousands?|k|millions?|mn|mm|m|billions?|bn)?(?![A-Za-z0-9])", re.I
)  # fmt: skip
_SCALE_FIRST = re.compile(
    r"(?:in\s+)?(thousands?|millions?|billions?|'000s?|000s)\s*(?:of\s+)?"
    r"(US\$|USD|US dollars|EUR|GBP|CNY|RMB|[$€£])", re.I
)  # fmt: skip
_SCALE_ONLY = re.compile(r"\bin (thousands?|millions?|billions?)|'000", re.I)


@dataclass(frozen=True)
class SheetLayout:
    """How a sheet with periods across is laid out, as far as the sheet itself tells.

    ``subtotals`` and ``totals`` are those whose arithmetic holds, and rows that call
    themselves a total; ``undecided`` rows carry figures but no role.
    """

    sheet: str
    header_row: int
    first_row: int
    last_row: int
    label_column: str
    code_column: str | None
    unit: str | None
    locale: Locale | None
    is_cost_negative: bool
    periods: dict[str, Period]
    totals: dict[str, tuple[str, ...]]
    subtotals: dict[int, tuple[int, ...]]
    skip_rows: tuple[int, ...]
    undecided: dict[int, str]
    accounts: dict[int, tuple[str, Role]]
    score: int


@dataclass(frozen=True)
class _Body:
    """Figures below the headings, by row and column; a missing one is absent."""

    grid: Grid
    header_row: int
    last_row: int
    label_column: str
    figures: dict[int, dict[str, Stated]]

    def label(self, row: int) -> str:
        return self.grid.cell(row, self.label_column)

    @property
    def rows(self) -> range:
        return range(self.header_row + 1, self.last_row + 1)


def find_layout(grid: Grid) -> SheetLayout | None:
    """Find the layout of a sheet; None when no row has period headings.

    Examples
    --------
    >>> grid = Grid("pnl.csv", "", (("$000", "Jan-25", "Feb-25"), ("Hosting", "12", "13")))
    >>> layout = find_layout(grid)
    >>> layout.header_row, layout.unit, [period.label for period in layout.periods.values()]
    (1, 'USD k', ['2025-01', '2025-02'])
    """
    header_row, headings = _headings(grid)
    if not headings:
        return None
    locale = _locale(grid, header_row, headings)
    body = _body(grid, header_row, headings, locale or "en")
    if not body.figures:
        return None
    totals = _totals(body, headings)
    periods = _first_of_each(headings, totals)
    figure_rows = _without_ratios(body, periods)
    subtotals, ratios = _subtotals(body, figure_rows, list(periods))
    accounts, undecided = _roles(body, figure_rows, subtotals)
    named = {*accounts, *subtotals, *undecided}
    skipped = tuple(
        row for row in body.rows if row not in named and (row in ratios or _has_text(grid, row))
    )
    return SheetLayout(
        sheet=grid.sheet,
        header_row=header_row,
        first_row=header_row + 1,
        last_row=body.last_row,
        label_column=body.label_column,
        code_column=_code_column(body, list(periods)),
        unit=find_unit(_texts_to(grid, header_row)),
        locale=locale,
        is_cost_negative=_is_cost_negative(body, accounts),
        periods=periods,
        totals=totals,
        subtotals=subtotals,
        skip_rows=skipped,
        undecided=undecided,
        accounts=accounts,
        score=len(periods) * (len(accounts) + 1),
    )


def heading_period(text: str, *, year: str = "", fiscal_year_start_month: int = 1) -> Period | None:
    """Period a column heading names; a date names its month.

    Parameters
    ----------
    year
        Year that stands above the heading, for headings such as ``Jan`` or ``Q1``.

    Examples
    --------
    >>> heading_period("Jan-25").label, heading_period("Q1'25").label, heading_period("Rent")
    ('2025-01', '2025Q1', None)
    """
    cleaned = " ".join(text.replace("’", "'").split())
    if not cleaned or len(cleaned) > 24:
        return None
    short = _SHORT_YEAR.fullmatch(cleaned)
    if short:
        cleaned = f"{short[1].strip(chr(39) + ' -')} 20{short[2]}".replace("FY ", "FY")
    for candidate in (cleaned, f"{cleaned} {year}" if year else ""):
        try:
            return parse_period(candidate, fiscal_year_start_month=fiscal_year_start_month)
        except (PeriodError, ValueError):
            continue
    try:
        day = parse_date(cleaned)
        return parse_period(f"{day.year}-{day.month:02d}")
    except (PeriodError, ValueError):
        return None


def find_unit(texts: Iterable[str]) -> str | None:
    """Unit of money that titles or headings state; None when none names a currency.

    Examples
    --------
    >>> find_unit(["Management accounts", "USD in thousands"]), find_unit(["(€m)"])
    ('USD k', 'EUR m')
    """
    known = list(texts)
    scale_only = next((match[0] for t in known if (match := _SCALE_ONLY.search(t))), "")
    bare = None
    for text in known:
        if match := _SCALE_FIRST.search(text):
            return _money_unit(match[2].replace("US dollars", "USD"), match[1])
        for match in _UNIT.finditer(text):
            if match[2]:
                return _money_unit(match[1], match[2])
            bare = bare or match[1]
    return _money_unit(bare, scale_only.removeprefix("in ")) if bare else None


def _money_unit(currency: str, scale: str) -> str | None:
    try:
        return str(parse_money_unit(f"{currency} {scale.lower()}".strip()))
    except MoneyUnitError:
        return None


def _texts_to(grid: Grid, header_row: int) -> Iterator[str]:
    for row in grid.rows[:header_row][::-1]:
        yield from row


def _headings(grid: Grid) -> tuple[int, dict[str, Period]]:
    """The row with most period headings, and the period of each column."""
    best: tuple[int, dict[str, Period]] = (0, {})
    for number, row in enumerate(grid.rows[:MOST_HEADER_ROWS], start=1):
        years = _years_above(grid, number)
        found = {
            column_letter(i): period
            for i, text in enumerate(row)
            if i
            and (period := heading_period(text, year=years.get(i, "")))
            and not (grid.numbers and (number, i) in grid.numbers and not _YEAR.fullmatch(text))
        }
        if len(found) > len(best[1]):
            best = (number, found)
    return best


def _years_above(grid: Grid, number: int) -> dict[int, str]:
    """Year over each column, carried to the right as a merged cell shows it."""
    years: dict[int, str] = {}
    if number < 2:
        return years
    above, width, year = grid.rows[number - 2], len(grid.rows[number - 1]), ""
    for index in range(width):
        match = _YEAR.fullmatch(above[index].strip()) if index < len(above) else None
        year = match[1] if match else year
        years[index] = year
    return years


def _locale(grid: Grid, header_row: int, headings: Iterable[str]) -> Locale | None:
    columns = list(headings)
    texts = [
        text
        for row in range(header_row + 1, len(grid.rows) + 1)
        for column in columns
        if not grid.is_number(row, column) and (text := grid.cell(row, column)).strip()
    ]
    try:
        return detect_locale(texts)
    except AmountError:
        return None


def _body(grid: Grid, header_row: int, headings: dict[str, Period], locale: Locale) -> _Body:
    first = min(map(column_index, headings))
    columns = [c for c in grid.columns if column_index(c) >= first]
    figures: dict[int, dict[str, Stated]] = {}
    for row in range(header_row + 1, len(grid.rows) + 1):
        stated = {c: s for c in columns if (s := _stated(grid, row, c, locale)) is not None}
        if any(column in stated for column in headings):
            figures[row] = stated
    last = max(figures, default=header_row)
    return _Body(grid, header_row, last, _label_column(grid, figures, first), figures)


def _stated(grid: Grid, row: int, column: str, locale: Locale) -> Stated | None:
    is_number = grid.is_number(row, column)
    try:
        amount = parse_book_amount(grid.cell(row, column), locale="en" if is_number else locale)
    except AmountError:
        return None
    return None if amount is None else Stated(amount, half_unit(amount, is_stored=is_number))


def _label_column(grid: Grid, rows: Iterable[int], first_period: int) -> str:
    """The column before the figures with most different texts in words."""
    known = list(rows)

    def words(index: int) -> int:
        texts = {grid.cell(row, column_letter(index)) for row in known}
        return sum(any(sign.isalpha() for sign in text) for text in texts)

    return column_letter(max(range(max(first_period, 1)), key=words))


def _code_column(body: _Body, periods: Sequence[str]) -> str | None:
    before = min(map(column_index, periods), default=0)
    for letter in map(column_letter, range(before)):
        codes = [body.grid.cell(row, letter) for row in body.figures]
        filled = [code for code in codes if code]
        is_filled = letter != body.label_column and len(filled) * 2 > len(codes)
        if is_filled and all(_CODE.fullmatch(code) for code in filled):
            return letter
    return None


def _totals(body: _Body, headings: dict[str, Period]) -> dict[str, tuple[str, ...]]:
    """Columns that are the sum of a run of period columns in every row."""
    totals: dict[str, tuple[str, ...]] = {}
    first = min(map(column_index, headings))
    later = [c for c in body.grid.columns if column_index(c) > first]
    for column in later:
        stated = {row: cells[column] for row, cells in body.figures.items() if column in cells}
        others = [c for c in headings if c != column and c not in totals]
        if len(stated) >= 2 and any(figure.amount for figure in stated.values()):
            run = _run_that_adds_up(body, stated, others)
            if run:
                totals[column] = run
    return totals


def _run_that_adds_up(
    body: _Body, stated: dict[int, Stated], others: Sequence[str]
) -> tuple[str, ...]:
    runs = [
        tuple(others[start:end])
        for start, end in itertools.combinations(range(len(others) + 1), 2)
        if end - start >= 2
    ]
    return next((run for run in sorted(runs, key=len, reverse=True)
                 if _columns_add_up(body, stated, run)), ())  # fmt: skip


def _columns_add_up(body: _Body, stated: dict[int, Stated], run: Sequence[str]) -> bool:
    checked = 0
    for row, total in stated.items():
        cells = body.figures[row]
        if _RATIO.search(body.label(row)):
            continue
        parts = [cells[column] for column in run if column in cells]
        summed = sum((part.amount for part in parts), _ZERO)
        if abs(total.amount - summed) > tolerance(total, parts):
            return False
        checked += 1
    return checked >= 1


def _first_of_each(
    headings: dict[str, Period], totals: dict[str, tuple[str, ...]]
) -> dict[str, Period]:
    """Period columns without totals; of two with one period (budget beside actual) the first."""
    periods: dict[str, Period] = {}
    for column, period in headings.items():
        if column not in totals and period not in periods.values():
            periods[column] = period
    return periods


def _without_ratios(body: _Body, periods: dict[str, Period]) -> list[int]:
    rows: list[int] = []
    for row, cells in body.figures.items():
        has_percent = any("%" in body.grid.cell(row, column) for column in periods)
        is_ratio = bool(_RATIO.search(body.label(row))) and "profit" not in body.label(row).lower()
        if not has_percent and not is_ratio and any(column in cells for column in periods):
            rows.append(row)
    return rows


def _subtotals(
    body: _Body, rows: Sequence[int], columns: Sequence[str]
) -> tuple[dict[int, tuple[int, ...]], set[int]]:
    """Rows that are sums or differences of rows above; those named so without proof are skipped."""
    subtotals: dict[int, tuple[int, ...]] = {}
    unproven: set[int] = set()
    stack: list[int] = []
    for row in rows:
        label = body.label(row)
        children = _children(body, row, stack, columns)
        if children:
            subtotals[row] = children
            stack = [other for other in stack if other not in set(map(abs, children))]
        elif _TOTAL.search(label) and (run := _run_above(body, row, stack)):
            subtotals[row] = run
            stack = [other for other in stack if other not in run]
        elif _RESULT.search(label) or _TOTAL.search(label):
            unproven.add(row)
            continue
        stack.append(row)
    return subtotals, unproven


def _children(
    body: _Body, row: int, stack: Sequence[int], columns: Sequence[str]
) -> tuple[int, ...]:
    label = body.label(row)
    is_total, is_result = bool(_TOTAL.search(label)), bool(_RESULT.search(label))
    figures = [body.figures[row].get(column) for column in columns]
    if not any(figure and figure.amount for figure in figures):
        return ()
    fewest = 1 if is_total else 2
    enough_proof = sum(figure is not None for figure in figures) >= 3
    if is_total or enough_proof or is_result:
        for count in range(fewest, min(len(stack), MOST_CHILDREN) + 1):
            run = tuple(stack[-count:])
            if _rows_add_up(body, row, run, columns):
                return run
    return _signed_children(body, row, stack, columns) if is_result or is_total else ()


def _signed_children(
    body: _Body, row: int, stack: Sequence[int], columns: Sequence[str]
) -> tuple[int, ...]:
    for count in range(2, min(len(stack), MOST_SIGNED_CHILDREN) + 1):
        run = stack[-count:]
        for signs in itertools.product((1, -1), repeat=count):
            children = tuple(sign * other for sign, other in zip(signs, run, strict=True))
            if _rows_add_up(body, row, children, columns):
                return children
    return ()


def _rows_add_up(body: _Body, row: int, children: Sequence[int], columns: Sequence[str]) -> bool:
    for column in columns:
        total = body.figures[row].get(column)
        if total is None:
            continue
        parts = [(c, s) for c in children if (s := body.figures[abs(c)].get(column)) is not None]
        summed = sum((s.amount if c > 0 else -s.amount for c, s in parts), _ZERO)
        if abs(total.amount - summed) > tolerance(total, [s for _, s in parts]):
            return False
    return True


def _run_above(body: _Body, row: int, stack: Sequence[int]) -> tuple[int, ...]:
    """Rows between a total and the section title or total before it, though they do not add up."""
    run: list[int] = []
    for other in range(row - 1, body.header_row, -1):
        if other in stack:
            run.insert(0, other)
        elif body.label(other) or other in body.figures:
            break
    return tuple(run)


def _roles(
    body: _Body, rows: Sequence[int], subtotals: dict[int, tuple[int, ...]]
) -> tuple[dict[int, tuple[str, Role]], dict[int, str]]:
    """Role of each account row: its subtotal's caption, else its section's, else its own words."""
    by_subtotal = {
        abs(child): role
        for row, children in subtotals.items()
        if (role := caption_role(body.label(row))) and all(child > 0 for child in children)
        for child in children
    }
    accounts: dict[int, tuple[str, Role]] = {}
    undecided: dict[int, str] = {}
    section = ""
    is_below = False
    for row in body.rows:
        label = body.label(row)
        if row not in body.figures:
            section, is_below = (label, is_below) if label else (section, is_below)
            continue
        if row in subtotals or _RESULT.search(label):
            is_below = is_below or bool(re.search(r"operating|ebit", label, re.I))
            section = ""
            continue
        if row not in rows or _TOTAL.search(label):
            continue
        role = by_subtotal.get(row) or _role(label, section, is_below)
        if role:
            accounts[row] = (label, role)
        else:
            undecided[row] = label
    return accounts, undecided


def _role(label: str, section: str, is_below: bool) -> Role | None:
    if named := caption_role(section):
        return named
    if is_below:
        return caption_role(label)
    own = account_role(label)
    return own or (Role.OTHER_OPERATING if is_generic_cost(section) else None)


def _is_cost_negative(body: _Body, accounts: dict[int, tuple[str, Role]]) -> bool:
    amounts = [
        figure.amount
        for row, (_, role) in accounts.items()
        if role not in (Role.REVENUE, Role.BALANCE_SHEET)
        for figure in body.figures[row].values()
        if figure.amount
    ]
    return sum(amount < 0 for amount in amounts) * 2 > len(amounts)


def _has_text(grid: Grid, row: int) -> bool:
    return row <= len(grid.rows) and any(
        text.strip().lower() not in MISSING_MARKS for text in grid.rows[row - 1]
    )
