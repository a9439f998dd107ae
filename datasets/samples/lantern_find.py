"""Lanternfind: an answer engine whose compute costs more than its net revenue."""

from __future__ import annotations

from focus_bill import litellm_csv
from growth import Shape
from months import BOOKED, LABELS, LAST_TWELVE
from openai_bill import openai_csv
from request_sample import Audience, Feature, requests_csv
from sample_deal import (
    ADMIN,
    COGS,
    FREE,
    OTHER,
    PAID,
    PROMO,
    RESEARCH,
    SELLING,
    TRAINING,
    Booking,
    Charge,
    FreeUsers,
    Plan,
    SampleDeal,
    Truth,
    expense,
)
from sample_files import packed
from statements import drivers_csv, facts_csv
from token_flows import Flow, all_charges, usage_csv

NAME = "lanternfind"
MIX = {"input": 0.74, "cached": 0.02, "output": 0.24}
RESEARCH_MIX = {"input": 0.09, "write": 0.45, "cached": 0.20, "output": 0.26}
SUMMARY_MIX = {"input": 0.54, "output": 0.46}
OPENAI_FLOWS = (
    Flow("lantern/pro", "gpt", "answers-pro-production", Shape(3_300_000, 0.03), PAID, "answer",
         "Pro", "paid", MIX, 6_100, 5),
    Flow("lantern/free", "gpt-mini", "answers-free-tier", Shape(2_200_000, 0.05), FREE, "answer",
         "Free", "free", MIX, 6_100, 3),
    Flow("lantern/partner", "gpt-mini", "answers-partner-promo", Shape(700_000, 0.07, 0.08), PROMO,
         "answer", "Partner", "promo", MIX, 6_100, 3),
    Flow("lantern/default", "gpt", "Default project", Shape(450_000, 0.02, 0.15),
         {"paid": 0.35, "training": 0.50, "neither": 0.15}, usage=False),
)  # fmt: skip
OPENAI = (
    *all_charges(OPENAI_FLOWS),
    Charge("lantern/embeddings",
           {"project": "search-index", "line_item": "text-embedding-3-small"},
           Shape(250_000, 0.03), {"paid": 0.45, "free": 0.45, "promo": 0.10}),
)  # fmt: skip


FEATURE_TOKENS = {"deep research": (RESEARCH_MIX, 74_000), "summary": (SUMMARY_MIX, 3_400)}


def _gateway(
    name: str, family: str, key: str, ttm: float, truth: Truth, *, feature: str = "answer",
    plan: str = "", payer: str = "", growth: float = 0.04, usage: bool = True,
) -> Flow:  # fmt: skip
    providers = {"sonnet": "anthropic", "flash": "gemini", "mistral": "mistral"}
    words = {"provider": providers[family], "team": key.split("-")[0]}
    mix, tokens = FEATURE_TOKENS.get(feature, (MIX, 6_100))
    return Flow(f"lantern/{name}", family, key, Shape(ttm, growth, 0.05), truth, feature, plan,
                payer, mix, tokens, 4, usage=usage, words=words)  # fmt: skip


GATEWAY_FLOWS = (
    _gateway("pro long", "sonnet", "answers-pro-prod", 3_350_000, PAID, plan="Pro", payer="paid"),
    _gateway("deep", "sonnet", "research-mode-enterprise-prod", 650_000, PAID,
             feature="deep research", plan="Enterprise", payer="paid", growth=0.07),
    _gateway("evals", "sonnet", "evals-nightly", 300_000, TRAINING, growth=0.02, usage=False),
    _gateway("free flash", "flash", "answers-free-tier", 1_700_000, FREE, plan="Free",
             payer="free", growth=0.055),
    _gateway("pro flash", "flash", "summariser-pro-prod", 400_000, PAID, feature="summary",
             plan="Pro", payer="paid"),
    _gateway("ranker", "mistral", "ranker-prod", 500_000,
             {"paid": 0.5, "free": 0.4, "promo": 0.1}, feature="ranking"),
    _gateway("distil", "mistral", "ranker-distillation-datagen", 240_000, TRAINING, growth=0.0,
             usage=False),
)  # fmt: skip
GATEWAY = all_charges(GATEWAY_FLOWS)


def _of(provider: str) -> tuple[Charge, ...]:
    return tuple(charge for charge in GATEWAY if charge.words["provider"] == provider)


BILLS = {
    "openai": OPENAI, "anthropic": _of("anthropic"), "google": _of("gemini"),
    "mistral": _of("mistral"),
}  # fmt: skip
WEB = {"paid": 0.12, "free": 0.13, "promo": 0.02, "training": 0.10, "neither": 0.63}
DEAL = SampleDeal(
    NAME,
    plans=(
        Plan("Pro", Shape(9_300_000, 0.035, 0.02), 11.4, discount=0.44, fees=0.02),
        Plan("Enterprise", Shape(1_400_000, 0.05, 0.03), 30, discount=0.20, pricing="hybrid"),
        Plan("Partner", Shape(300_000, 0.06, 0.05), 0.8, payer="promo", discount=0.75),
    ),
    bills=BILLS,
    accounts=(
        Booking(5020, "Model API - OpenAI", COGS, "openai", "OpenAI", share=0.5),
        Booking(6350, "Answer quality research - OpenAI API", RESEARCH, "openai", "OpenAI",
                share=0.5, rest=True),
        Booking(5025, "Model API - Anthropic", COGS, "anthropic", "Anthropic", lag=1),
        Booking(6230, "User acquisition - free answers (Gemini API)", SELLING, "google", "Google",
                gaps={"2025-12": 1.03}),
        Booking(6400, "Software & Tools - Mistral API", OTHER, "mistral", "Mistral"),
        expense(5010, "Hosting and crawl - AWS", COGS, 4_000_000, WEB, growth=0.03, vendor="AWS",
                text="AWS monthly invoice"),
        expense(5060, "Publisher content licences - display and grounding", COGS, 2_300_000,
                {"paid": 0.5, "free": 0.45, "promo": 0.05}, growth=0.02),
        expense(5040, "Payment processing fees", COGS, 290_000, growth=0.035, vendor="Stripe"),
        expense(5030, "Customer support", COGS, 310_000),
        expense(6100, "Payroll - product engineering", RESEARCH, 6_400_000),
        expense(6330, "Research scientists payroll", RESEARCH, 1_900_000, TRAINING),
        expense(6320, "Relevance labelling", RESEARCH, 520_000, TRAINING, vendor="Toloka"),
        expense(6200, "Payroll - sales and marketing", SELLING, 2_100_000),
        expense(6220, "Advertising and partnerships", SELLING, 6_800_000, growth=0.02),
        expense(7000, "Payroll - G&A", ADMIN, 1_500_000),
        expense(7200, "Legal - copyright matters", ADMIN, 1_200_000, growth=0.02),
        expense(7100, "Rent and office", ADMIN, 420_000, growth=0.0),
    ),
    opening_cash=41_000_000,
    financing={"2025-05": (30_000_000, "Series B")},
    free_users=(FreeUsers("Free", 5_400_000, 0.05, 0.0008),
                FreeUsers("Partner bundle", 410_000, 0.06, 0.002, "promo")),
)  # fmt: skip
FEATURES = (
    Feature("answer", "gpt", "answers-pro-production", "long_document", 5.0, scale=2.2,
            retrievals=6.0, guardrails=1.0, tools=0.2),
    Feature("summary", "flash", "summariser-pro-prod", "long_document", 1.0, scale=1.2,
            retrievals=1.0),
    Feature("deep research", "sonnet", "research-mode-enterprise-prod", "reasoning", 0.5, steps=9,
            scale=6.0, reasoning=True, retrievals=9.0, tools=3.0, guardrails=1.0, retry=0.06),
)  # fmt: skip
AUDIENCES = (
    Audience("Pro", "paid", 60, 9.0, 1.4, 120),
    Audience("Enterprise", "paid", 12, 9.0, 1.5, 80, {"deep research": 3.0}),
    Audience("Partner", "promo", 40, 4.0, 1.6, 40, {"deep research": 0.0}),
    Audience("Free", "free", 150, 3.0, 1.7, 30, {"deep research": 0.0, "summary": 0.3}),
)


def _drivers() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    source = ("query log", "B", "answers by who asked; AWS serves the index they read")
    parts = (("inference", 27), ("training", 10), ("other", 63))
    for month in BOOKED:
        rows += [
            (LABELS[month], "code=5010", "cpu_hours", workload, value, "percent", *source)
            for workload, value in parts
        ]
    return rows


def files() -> dict[str, bytes]:
    """Computed files of the folder that are this company's own."""
    deck = ("pitch deck June 2026", "p. 6", "D", "gross, before discounts")
    facts = (
        ("gross_revenue_run_rate", "2026-06", "24.5", "USD m", "used", *deck),
        ("queries", "2026-06", 207_000_000, "count", "used", "board pack June 2026", "p. 2", "C",
         ""),
    )  # fmt: skip
    usage = usage_csv((*OPENAI_FLOWS, *GATEWAY_FLOWS), months=LAST_TWELVE)
    return {
        "bills/openai_costs.csv.gz": packed(openai_csv(OPENAI, organization="lanternfind")),
        "bills/litellm_focus.csv.gz": packed(litellm_csv(GATEWAY)),
        "usage/daily.csv.gz": packed(usage),
        "usage/requests_2026-06.csv.gz": packed(requests_csv(NAME, FEATURES, AUDIENCES)),
        "drivers.csv": drivers_csv(_drivers()).encode(),
        "facts.csv": facts_csv(facts).encode(),
    }
