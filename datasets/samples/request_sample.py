"""All requests of one month by a few users drawn at random: the tail that daily totals hide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from growth import draws_of
from months import LABELS, day_of, days_in
from sample_files import Row, csv_text
from token_counts import draw_tokens, lengths
from token_flows import LAST_MONTH, PROVIDERS, model_of


@dataclass(frozen=True)
class Feature:
    """What a feature of the product asks of a model.

    ``steps`` is the mean number of model calls a task, ``carried`` the part of earlier steps that
    the next one reads again (mostly from a cache), ``scale`` multiplies the input of the trace.
    """

    name: str
    family: str
    project: str
    trace: str
    weight: float = 1.0
    steps: float = 1.0
    carried: float = 0.9
    scale: float = 1.0
    reasoning: bool = False
    retrievals: float = 0.0
    tools: float = 0.0
    guardrails: float = 0.0
    retry: float = 0.02


@dataclass(frozen=True)
class Audience:
    """Users of a plan in the sample: how many, the tasks they ask for, the weight of the tail."""

    plan: str
    payer: str
    users: int
    tasks: float
    tail: float = 1.6
    most_tasks: int = 200
    features: Mapping[str, float] = field(default_factory=dict)


HEADER = (
    "date", "request_id", "user", "cohort", "task", "step", "provider", "model", "feature", "plan",
    "payer", "project", "input_tokens", "cached_input_tokens", "cache_write_tokens",
    "output_tokens", "reasoning_tokens", "retrievals", "tool_calls", "guardrail_calls", "retries",
    "latency_ms",
)  # fmt: skip
MOST_CONTEXT = 180_000


def requests_csv(
    deal: str, features: Sequence[Feature], audiences: Sequence[Audience], *, most: int = 1_500
) -> str:
    """Requests of June 2026, users shuffled, cut after the user who reaches ``most``."""
    rng = draws_of(deal, "requests")
    users = [audience for audience in audiences for _ in range(audience.users)]
    rows: list[Row] = []
    for number in rng.permutation(len(users)):
        rows += _user_rows(deal, int(number), users[number], features, rng)
        if len(rows) >= most:
            break
    rows = sorted(rows, key=lambda row: (str(row[0]), str(row[2]), str(row[4])))
    numbered = ((row[0], f"r{i:05d}", *row[2:]) for i, row in enumerate(rows, start=1))
    return csv_text(HEADER, numbered)


def _user_rows(
    deal: str, number: int, audience: Audience, features: Sequence[Feature],
    rng: np.random.Generator,
) -> Iterator[Row]:  # fmt: skip
    user = hashlib.sha256(f"{deal}/{number}".encode()).hexdigest()[:16]
    cohort = LABELS[int(rng.integers(6, LAST_MONTH + 1))]
    tasks = min(audience.most_tasks, 1 + int(audience.tasks * rng.pareto(audience.tail)))
    chosen = [feature for feature in features if audience.features.get(feature.name, 1.0)]
    weights = np.array([f.weight * audience.features.get(f.name, 1.0) for f in chosen])
    for task in range(tasks):
        feature = chosen[int(rng.choice(len(chosen), p=weights / weights.sum()))]
        day = day_of(LAST_MONTH, 1 + int(rng.integers(days_in(LAST_MONTH)))).isoformat()
        name = f"t{number:03d}-{task:03d}"
        for step, cells in enumerate(_steps(feature, rng), start=1):
            model = model_of(feature.family, LAST_MONTH).id
            yield (day, "", user, cohort, name, step, PROVIDERS[feature.family], model,
                   feature.name, audience.plan, audience.payer, feature.project,
                   *cells)  # fmt: skip


def _steps(feature: Feature, rng: np.random.Generator) -> Iterator[Row]:
    """Cells from the tokens on, a row a step; context grows with each step of a task."""
    steps = int(rng.geometric(1 / feature.steps)) if feature.steps > 1 else 1
    new = draw_tokens(feature.trace, "input_tokens", rng=rng, size=steps) * feature.scale
    output = draw_tokens(feature.trace, "output_tokens", rng=rng, size=steps)
    ratio = lengths("reasoning", "reasoning_ratio").draw(rng, steps) * feature.reasoning
    context = 0.0
    for i in range(steps):
        cached = min(MOST_CONTEXT, round(context * feature.carried))
        fresh = max(1, round(new[i] + context * (1 - feature.carried)))
        written = round(fresh * 0.8) if feature.steps > 1 else 0
        counts = rng.poisson((feature.retrievals, feature.tools, feature.guardrails))
        retries = int(rng.binomial(3, feature.retry))
        waited = 350 + 14 * output[i] + (cached + fresh) / 60
        yield (fresh - written, cached, written, int(output[i]), round(output[i] * ratio[i]),
               *map(int, counts), retries,
               round(waited * (1 + retries) * rng.lognormal(0, 0.25)))  # fmt: skip
        context = min(MOST_CONTEXT, context + new[i] + output[i])
