"""Every deal of a portfolio at one quarter's end, in parallel workers, past any failure."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from diligence.analysis import FailedAnalysis
from diligence.errors import DiligenceError, InputError
from diligence.portfolio import find_holdings, quarter_end
from diligence.prices import PriceBook
from diligence.prices.price_watch import PriceWatch, price_watch
from diligence.reporting.atomic_files import write_atomically
from diligence.reporting.review import build_review
from diligence.reporting.review_panels import held_models
from diligence.reporting.review_row import ReviewRow
from diligence.reporting.typst_pdf import render_pdf
from diligence.runner.kernel_host import MEMO_PRELOAD, start_kernel_host
from diligence.runner.memo_run import company_slug, require_outside, run_memo

Outcome = ReviewRow | FailedAnalysis
REVIEW_FILE = "review.pdf"


@dataclass(frozen=True)
class PortfolioRun:
    """What a portfolio run left behind."""

    quarter: str
    rows: tuple[ReviewRow, ...]
    failed: tuple[FailedAnalysis, ...]
    review: Path

    @property
    def is_complete(self) -> bool:
        """True when no deal failed."""
        return not self.failed

    def summary(self) -> str:
        """How many deals ran, and each failed one with its reason."""
        lines = [f"{self.quarter}: {len(self.rows)} memos, {len(self.failed)} failed"]
        return "\n".join(lines + [f"failed: {failure.summary()}" for failure in self.failed])


def run_portfolio(
    folder: Path,
    *,
    quarter: str,
    out: Path | None = None,
    workers: int | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> PortfolioRun:
    """Make the memo of every deal under a folder and the one-page review.

    Parameters
    ----------
    folder
        Holds the deal folders, at any depth.
    quarter
        ``2026Q3``; sets as-of and price date of every deal to the quarter's end.
    out
        Folder for the outputs; ``out/portfolio/<quarter>`` by default.
    workers
        Worker processes; the number of processors by default, never more than deals.
    report
        Called with one line as each deal ends.

    Raises
    ------
    InputError
        When the quarter is none or the folder holds no deal. A deal that fails raises nothing: it
        is named with its reason in the result and in the review.

    Notes
    -----
    Every holding meets one market: number of paths and seed are fixed, and a price path depends on
    its supplier alone, so each worker draws the same. The seed is the same in every quarter too: a
    change from one quarter to the next comes from the holdings, not from the draw.
    """
    as_of = quarter_end(quarter)
    holdings = find_holdings(folder)
    target = (out or Path("out") / "portfolio" / quarter).resolve()
    for deal in holdings:
        require_outside(target, deal.resolve())
    outcomes = _run_all(holdings, folder, target, as_of, workers, report)
    rows = tuple(o for o in outcomes if isinstance(o, ReviewRow))
    failed = tuple(o for o in outcomes if isinstance(o, FailedAnalysis))
    review = build_review(
        rows,
        failed,
        fund=folder.resolve().name,
        quarter=quarter,
        as_of=as_of,
        run_id=_run_id(quarter, outcomes),
        watch=_price_watch(rows, quarter),
    )
    write_atomically(target / REVIEW_FILE, render_pdf(review))
    return PortfolioRun(quarter, rows, failed, target / REVIEW_FILE)


def _run_all(
    holdings: Sequence[Path],
    folder: Path,
    target: Path,
    as_of: date,
    workers: int | None,
    report: Callable[[str], None],
) -> tuple[Outcome, ...]:
    count = max(1, min(workers or os.cpu_count() or 1, len(holdings)))
    outcomes: dict[Path, Outcome] = {}
    with ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_start_worker
    ) as pool:
        tasks = {
            pool.submit(_run_one, deal, target / _place(deal, folder), as_of): deal
            for deal in holdings
        }
        for task in as_completed(tasks):
            deal = tasks[task]
            try:
                outcomes[deal] = task.result()
            except BrokenProcessPool:
                reason = "the worker process ended unexpectedly, perhaps for lack of memory"
                outcomes[deal] = FailedAnalysis(deal.name, deal.name, reason)
            report(_line(outcomes[deal]))
    return tuple(outcomes[deal] for deal in holdings)


def _start_worker() -> None:
    start_kernel_host(MEMO_PRELOAD)


def _run_one(deal: Path, out: Path, as_of: date) -> Outcome:
    try:
        run = run_memo(deal, out=out, as_of=as_of)
    except InputError as error:
        return FailedAnalysis(deal.name, deal.name, _reason(error))
    except DiligenceError as error:
        return FailedAnalysis(deal.name, deal.name, str(error))
    except Exception as error:
        # A portfolio run goes on past any deal; the reason is kept and named.
        return FailedAnalysis(deal.name, deal.name, f"unexpected {type(error).__name__}: {error}")
    return ReviewRow.from_json(run.summary)


def _reason(error: InputError) -> str:
    """First problem and how many there are; the message alone when there is no list."""
    if not error.problems:
        return error.message
    more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
    return f"{error.problems[0]}{more}"


def _place(deal: Path, folder: Path) -> Path:
    relative = deal.relative_to(folder)
    return (
        Path(*(company_slug(part) for part in relative.parts)) if relative.parts else Path("deal")
    )


def _line(outcome: Outcome) -> str:
    if isinstance(outcome, FailedAnalysis):
        return f"failed  {outcome.summary()}"
    return f"done    {outcome.company}: {outcome.verdict}"


def _run_id(quarter: str, outcomes: Sequence[Outcome]) -> str:
    parts = [quarter, *(json.dumps(_content(outcome), sort_keys=True) for outcome in outcomes)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _content(outcome: Outcome) -> dict[str, Any]:
    return outcome.to_json() if isinstance(outcome, ReviewRow) else dict(vars(outcome))


def _price_watch(rows: Sequence[ReviewRow], quarter: str) -> PriceWatch | None:
    """Price moves of the quarter; None where no model is bought or the price book ends before."""
    held = held_models(rows)
    if not held:
        return None
    try:
        return price_watch(PriceBook.load(), quarter, holdings=held)
    except InputError:
        return None
