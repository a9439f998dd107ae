"""OpenAI costs: pages of daily buckets from the API, and the CSV of the dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from growth import daily_cents
from months import BOOKED, day_of, days_in
from sample_deal import Charge, merged
from sample_files import Row, csv_text, dollars, json_page
from token_flows import model_of

PAGE_DAYS = 180
KINDS = {"input": "input", "cached": "cached input", "output": "output"}


def openai_pages(charges: Sequence[Charge], *, organization: str) -> str:
    """Answers of the costs endpoint, all pages in one list."""
    # One a day: the endpoint gives no other width.
    buckets = [_bucket(day, rows, organization) for day, rows in _days(charges)]
    pages = [buckets[i : i + PAGE_DAYS] for i in range(0, len(buckets), PAGE_DAYS)]
    answers = [_page(part, number, len(pages)) for number, part in enumerate(pages, start=1)]
    return "[" + ",\n".join(map(json_page, answers)) + "]\n"


def _page(buckets: list[dict[str, object]], number: int, pages: int) -> dict[str, object]:
    more = number < pages
    return {
        "object": "page",
        "data": buckets,
        "has_more": more,
        "next_page": f"page_{number + 1:04d}" if more else None,
    }


def _days(charges: Sequence[Charge]) -> Iterator[tuple[date, list[tuple[Charge, int, int]]]]:
    lines = merged(charges)
    for month in BOOKED:
        days = {charge.name: daily_cents(charge.name, charge.billed[month], month)
                for charge in lines if charge.billed[month]}  # fmt: skip
        for day in range(days_in(month)):
            rows = [(c, month, days[c.name][day]) for c in lines if c.name in days]
            yield day_of(month, day + 1), [row for row in rows if row[2]]


def _line_item(charge: Charge, month: int) -> str:
    words = charge.words
    if "family" not in words:
        return words["line_item"]
    model = model_of(words["family"], month).id
    return f"{words.get('before', '')}{model}, {KINDS[words['kind']]}"


def _unix(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _bucket(
    day: date, rows: Sequence[tuple[Charge, int, int]], organization: str
) -> dict[str, object]:
    results = [
        {
            "object": "organization.costs.result",
            "amount": {"value": cents / 100, "currency": "usd"},
            "line_item": _line_item(charge, month),
            "project_id": _project_id(charge),
            "project_name": charge.words["project"],
            "organization_id": f"org-{organization}",
        }
        for charge, month, cents in rows
    ]
    end = _unix(day + timedelta(days=1))
    return {"object": "bucket", "start_time": _unix(day), "end_time": end, "results": results}


def _project_id(charge: Charge) -> str:
    name = charge.words["project"]
    return f"proj_{name.lower().replace(' ', '-')}"


def openai_csv(charges: Sequence[Charge], *, organization: str) -> str:
    """The export of the usage dashboard, a row a day, line item and project."""
    rows: list[Row] = []
    for day, found in _days(charges):
        start, end = _unix(day), _unix(day + timedelta(days=1))
        rows += [
            (start, end, f"{day}T00:00:00+00:00", f"{day + timedelta(days=1)}T00:00:00+00:00",
             dollars(cents), "usd", _line_item(charge, month), f"org-{organization}",
             organization, _project_id(charge), charge.words["project"])
            for charge, month, cents in found
        ]  # fmt: skip
    header = (
        "start_time", "end_time", "start_time_iso", "end_time_iso", "amount_value",
        "amount_currency", "line_item", "organization_id", "organization_name", "project_id",
        "project_name",
    )  # fmt: skip
    return csv_text(header, rows)
