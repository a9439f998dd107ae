"""Pebblechat: a consumer chat application with a large free tier, partly booked as marketing."""

from __future__ import annotations

from azure_bill import azure_csv
from growth import Shape
from months import BOOKED, LABELS, LAST_TWELVE
from openai_bill import openai_pages
from request_sample import Audience, Feature, requests_csv
from sample_deal import (
    ADMIN,
    COGS,
    FREE,
    NEITHER,
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

NAME = "pebblechat"
MIX = {"input": 0.15, "cached": 0.15, "output": 0.70}
DEEP = {"input": 0.02, "cached": 0.02, "output": 0.96}
FLOWS = (
    Flow("pebble/plus", "gpt-mini", "prod-plus", Shape(1_900_000, 0.035), PAID, "chat", "Plus",
         "paid", MIX, 4_500, 8, reasoning=0.1),
    Flow("pebble/plus advanced", "gpt", "prod-plus", Shape(1_250_000, 0.045), PAID,
         "deep answer", "Plus", "paid", DEEP, 4_300, 4, reasoning=0.7),
    Flow("pebble/family", "gpt", "prod-plus", Shape(350_000, 0.05), PAID, "deep answer", "Family",
         "paid", DEEP, 4_300, 4, reasoning=0.7),
    Flow("pebble/partner", "gpt-mini", "prod-partner-promo", Shape(450_000, 0.06, 0.08), PROMO,
         "chat", "Partner", "promo", MIX, 4_500, 7, reasoning=0.1),
    Flow("pebble/free", "gpt-mini", "prod-free-plan", Shape(3_300_000, 0.05), FREE, "chat",
         "Free", "free", MIX, 4_400, 5, reasoning=0.1),
    Flow("pebble/judge", "gpt-mini", "prod-moderation-judge", Shape(350_000, 0.045),
         {"paid": 0.50, "free": 0.45, "promo": 0.05}, "moderation", "", "",
         {"input": 0.92, "output": 0.08}, 900, 60),
    Flow("pebble/default", "gpt", "Default project", Shape(420_000, 0.02, 0.15),
         {"training": 0.5, "paid": 0.3, "neither": 0.2}, usage=False),
    Flow("pebble/evals", "gpt-mini", "regression-evals", Shape(160_000, 0.02, 0.25), TRAINING,
         usage=False, words={"before": "evals | "}),
)  # fmt: skip
OPENAI = (
    *all_charges(FLOWS),
    Charge("pebble/images", {"project": "prod-plus", "line_item": "gpt-image-1 image, output"},
           Shape(300_000, 0.06), PAID),
    Charge("pebble/tuning",
           {"project": "Default project",
            "line_item": "gpt-4.1-mini-2025-04-14, fine-tuning training"},
           Shape(120_000, 0.0, 0.4, fixed={"2025-08": 0.0, "2026-01": 0.0}), TRAINING),
    Charge("pebble/file search",
           {"project": "prod-plus", "line_item": "assistants api | file search"},
           Shape(90_000, 0.04), PAID),
)  # fmt: skip


def _azure(
    name: str, category: str, meter: str, ttm: float, truth: Truth, *, growth: float = 0.03,
    kind: str = "usage", fixed: dict[str, float] | None = None, **words: str,
) -> Charge:  # fmt: skip
    shape = Shape(ttm, growth, 0.04, fixed=fixed or {})
    described = {"category": category, "meter": meter, "subscription": "pebble-production", **words}
    return Charge(f"pebble/{name}", described, shape, truth, kind)


AZURE = (
    _azure("containers", "Azure Container Apps", "Standard vCPU Active Usage", 700_000, NEITHER,
           group="rg-web", unit="1 Second", price="0.000024", family_name="Containers"),
    _azure("database", "Azure Database for PostgreSQL", "vCore", 400_000, NEITHER, group="rg-web",
           unit="1 Hour", price="0.098", family_name="Databases"),
    _azure("throughput", "Azure OpenAI", "Provisioned Managed Global Unit", 900_000, PAID,
           growth=0.0, group="rg-plus-voice", unit="1/Hour", price="1"),
    _azure("free tokens", "Azure OpenAI", "gpt 5 mini outpt Glbl Tokens", 250_000, FREE,
           growth=0.05, group="rg-free-tier", unit="1M", price="2"),
    _azure("fallback", "Azure OpenAI", "gpt 5 mini Inp glbl Tokens", 180_000, PAID,
           group="rg-plus-fallback", unit="1M", price="0.25"),
    _azure("safety", "Content Safety", "Standard Text Records", 220_000,
           {"paid": 0.5, "free": 0.5}, growth=0.045, group="rg-safety", unit="1K", price="0.38"),
    _azure("speech", "Cognitive Services", "S1 Speech To Text", 300_000, PAID, growth=0.05,
           group="rg-plus-voice", unit="1 Hour", price="1"),
    _azure("gpu", "Virtual Machines", "NC24ads A100 v4", 340_000, {"training": 0.7, "paid": 0.3},
           group="rg-shared", unit="1 Hour", price="3.673", consumed="Microsoft.Compute",
           subcategory="NCadsA100v4 Series", family_name="Compute"),
    _azure("tuning unit", "Azure OpenAI", "Az-GPT-4o-mini-FTuned Training Unit", 80_000, TRAINING,
           growth=0.0, group="rg-shared", unit="1/Hour", price="102"),
    _azure("storage", "Storage", "Hot LRS Data Stored", 100_000,
           {"neither": 0.8, "training": 0.2}, group="rg-shared", unit="1 GB/Month",
           price="0.0184", family_name="Storage", consumed="Microsoft.Storage"),
    _azure("logs", "Log Analytics", "Analytics Logs Data Ingestion", 120_000, NEITHER,
           group="rg-web", unit="1 GB", price="2.76", family_name="Management and Governance"),
    _azure("egress", "Bandwidth", "Standard Data Transfer Out", 110_000,
           {"paid": 0.4, "free": 0.6}, group="rg-web", unit="1 GB", price="0.08",
           family_name="Networking"),
    _azure("seats", "GitHub", "GitHub Copilot Business seat", 40_000, NEITHER, growth=0.01,
           unit="1", price="19", subscription="pebble-engineering", family_name="Developer Tools"),
    _azure("refund", "Virtual Machines", "NC24ads A100 v4", -9_800, {"training": 0.7, "paid": 0.3},
           kind="refund", fixed={"2026-03": -9_800.0}, group="rg-shared", unit="1 Hour",
           price="3.673", consumed="Microsoft.Compute"),
)  # fmt: skip
BILLS = {"openai": OPENAI, "azure": AZURE}
DEAL = SampleDeal(
    NAME,
    plans=(
        Plan("Plus", Shape(15_200_000, 0.03, 0.02), 10.5, fees=0.16, discount=0.03),
        Plan("Family", Shape(3_100_000, 0.045, 0.02), 17, fees=0.15),
        Plan("Partner", Shape(600_000, 0.05, 0.03), 0.9, payer="promo", pricing="hybrid"),
    ),
    bills=BILLS,
    accounts=(
        Booking(5010, "Cloud hosting - Azure", COGS, "azure", "Microsoft Azure", lag=1),
        Booking(5020, "Model API - OpenAI", COGS, "openai", "OpenAI", share=0.75,
                gaps={"2026-01": 0.97}),
        Booking(6210, "Free tier inference - OpenAI", SELLING, "openai", "OpenAI", share=0.75,
                rest=True, gaps={"2026-01": 0.97}),
        expense(5030, "Customer support", COGS, 540_000),
        expense(5050, "Trust and safety human review queue", COGS, 380_000,
                {"paid": 0.4, "free": 0.55, "promo": 0.05}),
        expense(6100, "Payroll - product engineering", RESEARCH, 4_900_000),
        expense(6320, "Data labelling - preference data", RESEARCH, 480_000, TRAINING,
                vendor="Surge AI"),
        expense(6330, "Research scientists payroll", RESEARCH, 900_000, TRAINING),
        expense(6200, "Payroll - growth and brand", SELLING, 1_700_000),
        expense(6220, "Advertising - app installs", SELLING, 5_200_000, growth=0.01),
        expense(6410, "Software & Tools - other SaaS", OTHER, 310_000),
        expense(7000, "Payroll - G&A", ADMIN, 900_000),
        expense(7100, "Rent and office", ADMIN, 240_000, growth=0.0),
        expense(7200, "Legal and accounting", ADMIN, 420_000, growth=0.0),
    ),
    opening_cash=17_500_000,
    financing={"2025-06": (12_000_000, "Series B first closing")},
    free_users=(FreeUsers("Free", 8_600_000, 0.045, 0.0011),
                FreeUsers("Partner trial", 64_000, 0.05, 0.03, "promo")),
)  # fmt: skip
FEATURES = (
    Feature("chat", "gpt-mini", "prod-plus", "azure_chat", 5.0, steps=3, retrievals=0.2,
            guardrails=1.0),
    Feature("deep answer", "gpt", "prod-plus", "reasoning", 1.0, steps=1.6, reasoning=True,
            retrievals=1.4, tools=0.5, guardrails=1.0, retry=0.03),
)  # fmt: skip
AUDIENCES = (
    Audience("Plus", "paid", 45, 7.0, 1.4, 90),
    Audience("Family", "paid", 12, 6.0, 1.5, 60),
    Audience("Partner", "promo", 15, 4.0, 1.6, 40),
    Audience("Free", "free", 110, 2.5, 1.5, 40, {"deep answer": 0.0}),
)


def _drivers() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    source = ("cluster log", "A", "A100 machines of rg-shared")
    for month in BOOKED:
        hours = max(0, round(AZURE[7].cents[month] / 367.3))
        parts = (("training", round(0.7 * hours)), ("inference", hours - round(0.7 * hours)))
        rows += [
            (LABELS[month], "service=Virtual Machines", "gpu_hours", workload, value, "GPU-hours",
             *source)
            for workload, value in parts
        ]  # fmt: skip
    return rows


def files() -> dict[str, bytes]:
    """Computed files of the folder that are this company's own."""
    board = ("board pack June 2026", "p. 3", "C", "")
    facts = (
        ("monthly_active_users", "2026-06", 8_690_000, "count", "used", *board),
        ("paying_users", "2026-06", 160_320, "count", "used", *board),
    )
    return {
        "bills/openai_costs_pages.json.gz": packed(openai_pages(OPENAI, organization=NAME)),
        "bills/azure_cost_export.csv.gz": packed(azure_csv(AZURE, account="Pebblechat BV")),
        "usage/daily.csv.gz": packed(usage_csv(FLOWS, months=LAST_TWELVE)),
        "usage/requests_2026-06.csv.gz": packed(requests_csv(NAME, FEATURES, AUDIENCES)),
        "drivers.csv": drivers_csv(_drivers()).encode(),
        "facts.csv": facts_csv(facts).encode(),
    }
