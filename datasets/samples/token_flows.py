"""Tokens bought for one purpose: the same flow gives the lines of the bill and the usage rows.

Prices are list prices in USD per million tokens as genai-prices has them (MIT); a family's month
names the model of that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from growth import Shape, daily_cents
from months import LABELS, MONTHS, day_of
from sample_deal import Charge, Truth
from sample_files import Row, csv_text


@dataclass(frozen=True)
class Model:
    """A model from a month on: its id, its name on bills, and its prices by kind of token."""

    since: str
    id: str
    title: str
    usd_per_mtok: Mapping[str, str]


def _prices(read: str, cached: str, output: str, write: str = "") -> dict[str, str]:
    prices = {"input": read, "cached": cached, "output": output}
    return prices | ({"write": write} if write else {})


SONNET = _prices("3", "0.3", "15", "3.75")
OPUS = _prices("5", "0.5", "25", "6.25")
OLD_OPUS = _prices("15", "1.5", "75", "18.75")
FAMILIES: Mapping[str, tuple[Model, ...]] = {
    "sonnet": (
        Model("2024-12", "claude-3-5-sonnet-20241022", "Claude Sonnet 3.5", SONNET),
        Model("2025-03", "claude-3-7-sonnet-20250219", "Claude Sonnet 3.7", SONNET),
        Model("2025-06", "claude-sonnet-4-20250514", "Claude Sonnet 4", SONNET),
        Model("2025-10", "claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", SONNET),
        Model("2026-04", "claude-sonnet-4-6", "Claude Sonnet 4.6", SONNET),
    ),
    "haiku": (
        Model("2024-12", "claude-3-5-haiku-20241022", "Claude Haiku 3.5",
              _prices("0.8", "0.08", "4", "1")),
        Model("2025-11", "claude-haiku-4-5-20251001", "Claude Haiku 4.5",
              _prices("1", "0.1", "5", "1.25")),
    ),
    "opus": (
        Model("2024-12", "claude-3-opus-20240229", "Claude Opus 3", OLD_OPUS),
        Model("2025-06", "claude-opus-4-20250514", "Claude Opus 4", OLD_OPUS),
        Model("2025-12", "claude-opus-4-5-20251101", "Claude Opus 4.5", OPUS),
        Model("2026-04", "claude-opus-4-6", "Claude Opus 4.6", OPUS),
    ),
    "gpt": (
        Model("2024-12", "gpt-4o-2024-08-06", "gpt-4o", _prices("2.5", "1.25", "10")),
        Model("2025-05", "gpt-4.1-2025-04-14", "gpt-4.1", _prices("2", "0.5", "8")),
        Model("2025-09", "gpt-5-2025-08-07", "gpt-5", _prices("1.25", "0.125", "10")),
        Model("2026-04", "gpt-5.4-2026-03-05", "gpt-5.4", _prices("2.5", "0.25", "15")),
    ),
    "gpt-mini": (
        Model("2024-12", "gpt-4o-mini-2024-07-18", "gpt-4o-mini", _prices("0.15", "0.075", "0.6")),
        Model("2025-05", "gpt-4.1-mini-2025-04-14", "gpt-4.1-mini", _prices("0.4", "0.1", "1.6")),
        Model("2025-09", "gpt-5-mini-2025-08-07", "gpt-5-mini", _prices("0.25", "0.025", "2")),
        Model("2026-04", "gpt-5.4-mini-2026-03-17", "gpt-5.4-mini",
              _prices("0.75", "0.075", "4.5")),
    ),
    "flash": (
        Model("2024-12", "gemini-2.0-flash", "Gemini 2.0 Flash", _prices("0.1", "0.025", "0.4")),
        Model("2025-07", "gemini-2.5-flash", "Gemini 2.5 Flash", _prices("0.3", "0.03", "2.5")),
    ),
    "mistral": (
        Model("2024-12", "mistral-large-latest", "Mistral Large", _prices("2", "2", "6")),
    ),
    "own": (  # the sample lab's invented model, at what serving a million tokens costs it
        Model("2024-12", "lattice-1", "Lattice 1", _prices("0.40", "0.05", "1.60")),
        Model("2025-05", "lattice-2", "Lattice 2", _prices("0.30", "0.04", "1.20")),
        Model("2026-06", "lattice-3", "Lattice 3", _prices("0.25", "0.03", "1.00")),
    ),
}  # fmt: skip
PROVIDERS = {
    "sonnet": "anthropic", "haiku": "anthropic", "opus": "anthropic", "gpt": "openai",
    "gpt-mini": "openai", "flash": "google", "mistral": "mistral", "own": "ardent",
}  # fmt: skip


def model_of(family: str, month: int) -> Model:
    """The model of a family that a company bought in a month."""
    return [model for model in FAMILIES[family] if model.since <= LABELS[month]][-1]


@dataclass(frozen=True)
class Flow:
    """Tokens of one purpose: dollars of twelve months by kind of token, and who asked for them.

    ``mix`` are shares of the dollars; ``tokens_a_request`` sets how many requests there are;
    ``usage`` is False where the company's own logs do not see the requests.
    """

    name: str
    family: str
    project: str
    shape: Shape
    truth: Truth
    feature: str = ""
    plan: str = ""
    payer: str = ""
    mix: Mapping[str, float] = field(
        default_factory=lambda: {"input": 0.36, "cached": 0.07, "output": 0.57}
    )
    tokens_a_request: int = 9_000
    requests_a_user: int = 20
    reasoning: float = 0.0
    usage: bool = True
    words: Mapping[str, str] = field(default_factory=dict)

    def charges(self) -> list[Charge]:
        """Lines of the bill, one a kind of token."""
        total = sum(self.mix.values())
        return [
            Charge(
                f"{self.name}/{kind}",
                {"family": self.family, "kind": kind, "project": self.project, **self.words},
                _part(self.shape, share / total),
                self.truth,
            )
            for kind, share in self.mix.items()
        ]


def _part(shape: Shape, share: float) -> Shape:
    return Shape(
        shape.ttm * share, shape.growth, shape.noise, shape.first, shape.last, shape.levels,
        {label: dollars * share for label, dollars in shape.fixed.items()},
    )  # fmt: skip


def all_charges(flows: Sequence[Flow]) -> tuple[Charge, ...]:
    """Lines of the bill of several flows."""
    return tuple(charge for flow in flows for charge in flow.charges())


def tokens_for(cents: int, family: str, kind: str, month: int) -> int:
    """Tokens that an amount buys at list price."""
    price = Fraction(model_of(family, month).usd_per_mtok[kind])
    return round(Fraction(cents, 100) / price * 1_000_000)


USAGE_HEADER = (
    "date", "provider", "model", "feature", "plan", "payer", "project", "requests", "input_tokens",
    "cached_input_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
    "active_users",
)  # fmt: skip


def usage_csv(flows: Sequence[Flow], *, months: Sequence[int]) -> str:
    """Daily totals of the flows that the company logs."""
    rows = [row for flow in flows if flow.usage for row in _usage_rows(flow, months)]
    return csv_text(USAGE_HEADER, sorted(rows, key=lambda row: tuple(map(str, row[:7]))))


def _usage_rows(flow: Flow, months: Sequence[int]) -> Iterator[Row]:
    charges = {charge.words["kind"]: charge for charge in flow.charges()}
    for month in months:
        days = {
            kind: daily_cents(charge.name, charge.cents[month], month)
            for kind, charge in charges.items()
        }
        if not sum(map(sum, days.values())):
            continue
        for day in range(len(days["output"])):
            tokens = {
                kind: tokens_for(cents[day], flow.family, kind, month)
                for kind, cents in days.items()
            }
            yield _usage_row(flow, month, day, tokens)


def _usage_row(flow: Flow, month: int, day: int, tokens: Mapping[str, int]) -> Row:
    requests = max(1, round(sum(tokens.values()) / flow.tokens_a_request))
    output = tokens["output"]
    return (
        day_of(month, day + 1).isoformat(), PROVIDERS[flow.family],
        model_of(flow.family, month).id, flow.feature, flow.plan, flow.payer, flow.project,
        requests, tokens.get("input", 0), tokens.get("cached", 0), tokens.get("write", 0), output,
        round(output * flow.reasoning), max(1, round(requests / flow.requests_a_user)),
    )  # fmt: skip


LAST_MONTH = len(MONTHS) - 1
