"""Anthropic cost report: daily buckets, amounts in cents as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from growth import daily_cents
from months import BOOKED, day_of, days_in
from sample_deal import Charge, merged
from sample_files import json_page
from token_flows import model_of

TOKEN_TYPES = {
    "input": ("uncached_input_tokens", "Input Tokens"),
    "cached": ("cache_read_input_tokens", "Input Tokens, Cache Read"),
    "write": ("cache_creation.ephemeral_5m_input_tokens", "Input Tokens, Cache Write"),
    "output": ("output_tokens", "Output Tokens"),
}


def anthropic_cost_report(charges: Sequence[Charge]) -> str:
    """All months as one document; the default workspace is null."""
    lines = merged(charges)
    buckets = [bucket for month in BOOKED for bucket in _buckets(lines, month)]
    return json_page({"data": buckets, "has_more": False, "next_page": None}) + "\n"


def _buckets(charges: Sequence[Charge], month: int) -> Iterator[dict[str, object]]:
    days = {charge.name: daily_cents(charge.name, charge.billed[month], month)
            for charge in charges if charge.billed[month]}  # fmt: skip
    for day in range(days_in(month)):
        start = day_of(month, day + 1)
        results = [
            _result(charge, month, days[charge.name][day])
            for charge in charges
            if charge.name in days
        ]
        yield {
            "starting_at": f"{start}T00:00:00Z",
            "ending_at": f"{start + timedelta(days=1)}T00:00:00Z",
            "results": results,
        }


def _result(charge: Charge, month: int, cents: int) -> dict[str, object]:
    words = charge.words
    is_tokens = "family" in words
    token_type, title = TOKEN_TYPES[words["kind"]] if is_tokens else (None, None)
    model = model_of(words["family"], month) if is_tokens else None
    return {
        "currency": "USD",
        "amount": f"{cents}.00",
        "workspace_id": words["project"] or None,
        "description": f"{model.title} Usage - {title}" if model else words["description"],
        "cost_type": "tokens" if is_tokens else words["cost_type"],
        "context_window": "0-200k" if is_tokens else None,
        "model": model.id if model else None,
        "service_tier": words.get("tier", "standard") if is_tokens else None,
        "token_type": token_type,
        "inference_geo": "not_available" if is_tokens else None,
    }
