"""Reads a deal folder once, at the border; every problem of every file in one error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.assumptions import ExchangeRates
from diligence.errors import InputError, Problem
from diligence.inputs.as_of import known_by
from diligence.inputs.cash import CASH_FILE, read_cash
from diligence.inputs.claims import CLAIMS_FILE, read_claims
from diligence.inputs.context import ReadingContext
from diligence.inputs.contracts import CONTRACTS_FILE, read_contracts
from diligence.inputs.deal import Deal, DealTerms, LedgerLine, RevenueLine
from diligence.inputs.deal_file import DEAL_FILE, default_terms, read_deal_file
from diligence.inputs.decisions import DECISIONS_FILE, read_decisions
from diligence.inputs.drivers import DRIVERS_FILE, read_drivers
from diligence.inputs.facts import FACTS_FILE, read_facts
from diligence.inputs.inventory import BILLS_FOLDER, USAGE_FOLDER, Inventory, take_inventory
from diligence.inputs.ledger import read_ledger
from diligence.inputs.mapping import (
    Mapping,
    check_bill_files,
    mapping_of,
    propose_mapping,
    read_mapping,
    to_yaml,
)
from diligence.inputs.overrides import OVERRIDES_FILE, read_overrides
from diligence.inputs.problems import ProblemLog
from diligence.inputs.revenue import read_revenue, revenue_from_ledger
from diligence.inputs.training_runs import TRAINING_RUNS_FILE, read_training_runs
from diligence.inputs.usage import read_usage
from diligence.inputs.yaml_files import read_text

if TYPE_CHECKING:
    from diligence.inputs.bills.bill import Bill

REVENUE_FILE = "revenue.csv"
MAPPING_FILE = "mapping.yaml"
KPI_FILE = "kpis.csv"
COMMENTARY_FILE = "commentary.md"
RED_LINES_FILE = "red_lines.yaml"
SCENARIOS_FILE = "scenarios.yaml"


def load_deal(folder: str | Path, *, as_of: date | None = None, draft: bool = False) -> Deal:
    """Read a deal folder; nothing in it is changed.

    Parameters
    ----------
    folder
        Holds at least deal.yaml and a ledger or P&L with revenue (docs/deal-folder.md).
    as_of
        Replaces the date of deal.yaml and the date prices are known on; periods that end later
        are left out with a note.
    draft
        Set rows with problems aside instead of refusing the folder; they are counted in
        ``Deal.set_aside``.

    Raises
    ------
    InputError
        With every problem of every file. A draft is refused only when deal.yaml, every ledger
        line or every revenue line is unreadable.
    """
    reading = _read_folder(_existing(folder), as_of)
    problems = reading.context.log.problems
    if problems and not draft:
        raise InputError(_refusal(reading, folder, len(problems)), problems)
    if reading.terms is None or not reading.deal.ledger or not reading.deal.revenue:
        raise InputError(f"{folder}: a draft needs {_missing(reading)}", problems)
    return replace(reading.deal, set_aside=reading.context.log.entries)


def check_deal(folder: str | Path) -> tuple[Problem, ...]:
    """List every problem of every file, in the order of file, row and column.

    Raises
    ------
    InputError
        When the folder does not exist.
    """
    return _read_folder(_existing(folder), None).context.log.problems


def propose_folder_mapping(folder: str | Path) -> str:
    """Propose mapping.yaml for the ledger of a folder, as text; nothing is written.

    Raises
    ------
    InputError
        When the folder has no ledger, or its sheets hold no table of accounts and periods.
    """
    log = ProblemLog()
    inventory = take_inventory(_existing(folder), log=ProblemLog())
    if not inventory.ledgers:
        raise InputError(f"{folder}: no ledger.csv, ledger.xlsx, pnl.csv or pnl.xlsx to map")
    name = next((n for n in inventory.ledgers if n.endswith(".xlsx")), inventory.ledgers[0])
    proposed = propose_mapping(inventory.folder / name, name=name, log=log)
    if log.problems:
        raise InputError(f"{folder}: no mapping can be proposed", log.problems)
    return to_yaml(Mapping(files={name: proposed}))


@dataclass(frozen=True)
class _Reading:
    terms: DealTerms | None
    deal: Deal
    context: ReadingContext
    inventory: Inventory


def _existing(folder: str | Path) -> Path:
    path = Path(folder)
    if not path.is_dir():
        what = "is a file" if path.exists() else "does not exist"
        raise InputError(
            f"{str(folder)!r} {what}; name a deal folder, or make one with: diligence new DIR"
        )
    return path


def _read_folder(folder: Path, as_of: date | None) -> _Reading:
    log = ProblemLog()
    inventory = take_inventory(folder, log=log)
    terms = _read_terms(inventory, as_of, log)
    known = terms or default_terms(folder / DEAL_FILE, as_of=as_of)
    context = ReadingContext(known, ExchangeRates.load(), log)
    deal = _read_records(inventory, context)
    return _Reading(terms, known_by(deal, known.as_of), context, inventory)


def _read_terms(inventory: Inventory, as_of: date | None, log: ProblemLog) -> DealTerms | None:
    path = inventory.path_of(DEAL_FILE)
    if path is None:
        log.add(DEAL_FILE, 0, "", "no such file", "deal.yaml; diligence new DIR writes a template")
        return None
    terms = read_deal_file(path, log=log)
    if terms is None or as_of is None:
        return terms
    return replace(terms, as_of=as_of, prices_known_on=as_of)


def _read_records(inventory: Inventory, context: ReadingContext) -> Deal:
    mapping = _read_mapping(inventory, context.log)
    revenue = _read_revenue(inventory, context, mapping)
    deal = _read_books(inventory, context, revenue, mapping)
    facts, cash = inventory.path_of(FACTS_FILE), inventory.path_of(CASH_FILE)
    runs, rulings = inventory.path_of(TRAINING_RUNS_FILE), inventory.path_of(DECISIONS_FILE)
    overrides, claims = inventory.path_of(OVERRIDES_FILE), inventory.path_of(CLAIMS_FILE)
    contracts, drivers = inventory.path_of(CONTRACTS_FILE), inventory.path_of(DRIVERS_FILE)
    commentary = inventory.path_of(COMMENTARY_FILE)
    text = read_text(commentary, name=COMMENTARY_FILE, log=context.log) if commentary else ""
    bills = _read_bills(inventory, context, mapping)
    hidden = (f"{name}: hidden file, skipped" for name in inventory.skipped)
    said = (f"{bill.name}: {note}" for bill in bills for note in bill.notes)
    return replace(
        deal,
        facts=read_facts(facts, context=context) if facts else (),
        cash=read_cash(cash, context=context) if cash else (),
        training_runs=read_training_runs(runs, context=context) if runs else (),
        decisions=read_decisions(rulings, context=context) if rulings else (),
        overrides=read_overrides(overrides, context=context) if overrides else (),
        claims=read_claims(claims, context=context) if claims else (),
        contracts=read_contracts(contracts, context=context) if contracts else (),
        drivers=read_drivers(drivers, context=context) if drivers else (),
        bills=bills,
        usage=read_usage(inventory.paths_in(USAGE_FOLDER), log=context.log),
        red_lines=inventory.path_of(RED_LINES_FILE),
        scenarios=inventory.path_of(SCENARIOS_FILE),
        commentary=text or "",
        files=inventory.files,
        notes=(*deal.notes, *hidden, *said),
    )


def _read_mapping(inventory: Inventory, log: ProblemLog) -> Mapping | None:
    path = inventory.path_of(MAPPING_FILE)
    return read_mapping(path, name=MAPPING_FILE, log=log) if path else None


def _read_revenue(
    inventory: Inventory, context: ReadingContext, mapping: Mapping | None
) -> tuple[RevenueLine, ...]:
    path = inventory.path_of(REVENUE_FILE)
    if path is None:
        return ()
    entry = mapping_of(mapping, REVENUE_FILE, log=context.log)
    return read_revenue(path, name=REVENUE_FILE, context=context, mapping=entry)


def _read_books(
    inventory: Inventory,
    context: ReadingContext,
    revenue: tuple[RevenueLine, ...],
    mapping: Mapping | None,
) -> Deal:
    log = context.log
    empty = Deal(context.terms, (), revenue)
    if not _has_one_ledger(inventory, log):
        return empty
    name = inventory.ledgers[0]
    reading = read_ledger(
        inventory.folder / name, name=name, context=context, revenue=revenue, mapping=mapping
    )
    if not inventory.has(REVENUE_FILE):
        revenue = revenue_from_ledger(reading.revenue_rows)
    _require_lines(name, reading.lines, revenue, inventory, log)
    return replace(
        empty,
        ledger=reading.lines,
        revenue=revenue,
        memo_lines=reading.memo_lines,
        notes=tuple(reading.notes),
    )


def _read_bills(
    inventory: Inventory, context: ReadingContext, mapping: Mapping | None
) -> tuple[Bill, ...]:
    entries = mapping.bills if mapping else {}
    if mapping:
        check_bill_files(mapping, inventory.folder, log=context.log)
    paths = inventory.paths_in(BILLS_FOLDER)
    if not paths:
        return ()
    from diligence.inputs.bills.overlaps import overlapping_bills
    from diligence.inputs.bills.read import read_bill

    read = (
        read_bill(path, name=name, log=context.log, mapping=entries.get(name))
        for name, path in paths.items()
    )
    bills = tuple(bill for bill in read if bill is not None)
    for found in overlapping_bills(bills):
        context.log.add(found.file, found.row, found.column, found.found, found.expected)
    return bills


def _has_one_ledger(inventory: Inventory, log: ProblemLog) -> bool:
    names = inventory.ledgers
    if len(names) > 1:
        wanted = "one ledger or P&L; a sum over both would count twice"
        log.add(names[1], 0, "", f"a second ledger beside {names[0]}", wanted)
    elif not names and inventory.has(KPI_FILE):
        found = "a KPI sheet without a ledger, which this version cannot read yet"
        log.add(KPI_FILE, 0, "", found, "ledger.csv or pnl.csv with revenue beside it")
    elif not names:
        wanted = "ledger.csv, ledger.xlsx, pnl.csv or pnl.xlsx"
        log.add("ledger.csv", 0, "", "no ledger or P&L", wanted)
    return len(names) == 1


def _require_lines(
    name: str,
    lines: tuple[LedgerLine, ...],
    revenue: tuple[RevenueLine, ...],
    inventory: Inventory,
    log: ProblemLog,
) -> None:
    faulty = {problem.file for problem in log.problems}
    if not lines and name not in faulty:
        log.add(name, 0, "", "no cost line", "at least one row with a cost")
    revenue_file = REVENUE_FILE if inventory.has(REVENUE_FILE) else name
    if not revenue and revenue_file not in faulty:
        wanted = "revenue.csv with one row a period, or rows with the role revenue"
        log.add(revenue_file, 0, "", "no revenue", wanted)


def _refusal(reading: _Reading, folder: str | Path, count: int) -> str:
    if not reading.inventory.ledgers and reading.inventory.has(KPI_FILE):
        return (
            f"{folder} holds {KPI_FILE} but no ledger: a holding with KPIs only cannot be read by "
            "this version yet; add ledger.csv or pnl.csv with its revenue"
        )
    return f"{count} problem{'s' if count > 1 else ''} in {folder}"


def _missing(reading: _Reading) -> str:
    parts = {
        "a readable deal.yaml": reading.terms is not None,
        "one readable ledger line": bool(reading.deal.ledger),
        "one readable revenue line": bool(reading.deal.revenue),
    }
    return ", ".join(part for part, is_there in parts.items() if not is_there)
