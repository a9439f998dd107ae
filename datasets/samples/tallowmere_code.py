"""Tallowmere: a coding assistant that sells agents on flat plans."""

from __future__ import annotations

from anthropic_bill import anthropic_cost_report
from focus_bill import focus_1_2_csv, tags
from growth import Shape
from months import BOOKED, LABELS, LAST_TWELVE
from request_sample import Audience, Feature, requests_csv
from sample_deal import (
    ADMIN,
    COGS,
    NEITHER,
    OTHER,
    PAID,
    PROMO,
    RESEARCH,
    SELLING,
    TRAINING,
    Account,
    Booking,
    Charge,
    FreeUsers,
    Plan,
    SampleDeal,
    Truth,
    expense,
)
from sample_files import packed
from statements import Run, drivers_csv, facts_csv, runs_csv
from token_flows import Flow, all_charges, usage_csv

NAME = "tallowmere-code"
AGENT_MIX = {"input": 0.10, "write": 0.49, "cached": 0.33, "output": 0.08}


def _agent(plan: str, ttm: float, growth: float) -> Flow:
    return Flow(
        f"tallowmere/agent {plan}", "sonnet", "wrkspc_prod_agent", Shape(ttm, growth, 0.04), PAID,
        "agent", plan, "paid", AGENT_MIX, tokens_a_request=100_000, requests_a_user=14,
    )  # fmt: skip


FLOWS = (
    _agent("Solo", 3_200_000, 0.065),
    _agent("Pro", 2_800_000, 0.07),
    _agent("Team", 2_300_000, 0.06),
    Flow("tallowmere/completion", "haiku", "wrkspc_prod_completion", Shape(350_000, 0.04), PAID,
         "completion", "Solo", "paid", {"input": 0.93, "output": 0.07},
         tokens_a_request=2_200, requests_a_user=160),
    Flow("tallowmere/trial", "sonnet", "wrkspc_free_trial", Shape(550_000, 0.05, 0.08), PROMO,
         "agent", "Trial", "promo", AGENT_MIX, tokens_a_request=100_000, requests_a_user=6),
    Flow("tallowmere/default", "sonnet", "", Shape(620_000, 0.05, 0.12),
         {"paid": 0.55, "training": 0.30, "neither": 0.15}, usage=False),
    Flow("tallowmere/evals", "sonnet", "wrkspc_evals_ci", Shape(340_000, 0.03, 0.2), TRAINING,
         usage=False),
    Flow("tallowmere/staff", "opus", "Claude Code", Shape(360_000, 0.06), NEITHER, usage=False),
)  # fmt: skip
ANTHROPIC = (
    *all_charges(FLOWS),
    Charge("tallowmere/web search",
           {"project": "wrkspc_prod_agent", "cost_type": "web_search",
            "description": "Web Search Usage"}, Shape(210_000, 0.08), PAID),
)  # fmt: skip


def _aws(
    name: str, words: dict[str, str], ttm: float, truth: Truth, growth: float = 0.025,
    kind: str = "usage", fixed: dict[str, float] | None = None,
) -> Charge:  # fmt: skip
    shape = Shape(ttm, growth, 0.04, fixed=fixed or {})
    return Charge(f"tallowmere/{name}", words, shape, truth, kind)


def _line(
    category: str, service: str, description: str, account: str = "tallowmere-prod",
    **words: str,
) -> dict[str, str]:  # fmt: skip
    return {"category": category, "service": service, "description": description,
            "account": account, **words}  # fmt: skip


EC2 = "Amazon Elastic Compute Cloud"
AI = "AI and Machine Learning"
AWS = (
    _aws("app", _line("Compute", EC2, "$0.4032 per On Demand Linux m7i.2xlarge Instance Hour",
                      unit="Hrs", price="0.4032", meter="BoxUsage:m7i.2xlarge",
                      tags=tags(app="web", env="prod")), 900_000, NEITHER),
    _aws("database", _line("Databases", "Amazon Relational Database Service",
                           "$1.04 per RDS db.r6g.2xlarge Multi-AZ instance hour",
                           unit="Hrs", price="1.04"), 310_000, NEITHER),
    _aws("code index", _line("Databases", "Amazon OpenSearch Service",
                             "OpenSearch Serverless search OCU - collection type vector search",
                             unit="OCU-hours", price="0.24", tags=tags(app="code-index-retrieval")),
         420_000, PAID, 0.05),
    _aws("embedding gpu", _line("Compute", EC2,
                                "$4.6016 per On Demand Linux g6.12xlarge Instance Hour",
                                unit="Hrs", price="4.6016", meter="BoxUsage:g6.12xlarge",
                                tags=tags(app="embedding-api", env="prod")), 330_000, PAID, 0.05),
    _aws("untagged gpu", _line("Compute", EC2,
                               "$5.672 per On Demand Linux g5.12xlarge Instance Hour",
                               unit="Hrs", price="5.672", meter="BoxUsage:g5.12xlarge",
                               account="tallowmere-shared", resource="asg-g5-shared"),
         380_000, {"paid": 0.6, "training": 0.4}),
    _aws("tab model", _line("Compute", EC2, "p5.48xlarge Linux/UNIX Spot Instance-hour in US East",
                            unit="Hrs", price="31.464", meter="SpotUsage:p5.48xlarge",
                            account="tallowmere-ml", tags=tags(job="tab-model-finetune")),
         460_000, TRAINING, 0.0),
    _aws("guardrails", _line(AI, "Amazon Bedrock", "Guardrail content policy units consumed",
                             unit="Units", price="0.00015", meter="Guardrail-ContentPolicyUnits"),
         90_000, PAID, 0.05),
    _aws("objects", _line("Storage", "Amazon Simple Storage Service",
                          "$0.023 per GB - first 50 TB / month of storage used", unit="GB-Mo",
                          price="0.023", meter="TimedStorage-ByteHrs", account="tallowmere-shared"),
         120_000, {"neither": 0.7, "training": 0.3}),
    _aws("logs", _line("Management and Governance", "AmazonCloudWatch",
                       "$0.50 per GB custom log data ingested", unit="GB", price="0.50"),
         140_000, NEITHER),
    _aws("egress", _line("Networking", "AWS Data Transfer",
                         "$0.09 per GB - first 10 TB / month data transfer out", unit="GB",
                         price="0.09"), 160_000, {"neither": 0.6, "paid": 0.4}),
    _aws("support", _line("Other", "AWS Support (Business)", "AWS Business Support fee"),
         120_000, NEITHER),
    _aws("marketplace", _line("Other", "Datadog Pro (AWS Marketplace)",
                              "AWS Marketplace: Datadog Pro, invoiced by the seller",
                              publisher="Datadog, Inc."), 96_000, NEITHER, 0, "memo"),
    _aws("refund", _line("Compute", EC2, "Refund for double-counted g5.12xlarge hours",
                         account="tallowmere-shared"), -14_200, {"paid": 0.6, "training": 0.4}, 0,
         "refund", {"2025-10": -14_200.0}),
    _aws("tax", _line("Other", "Tax", "US sales tax"), 48_000, NEITHER, 0.025, "tax"),
)  # fmt: skip
BILLS = {"anthropic": ANTHROPIC, "aws": AWS}


RUNS = (
    Run("tab-1", "final_run", "2025-02-03", "2025-03-14", 240_000, "released", "2025-04-08",
        96_000),
    Run("tab-2 first attempt", "final_run", "2025-07-07", "2025-08-15", 265_000, "failed", "",
        106_000, "loss diverged; restarted from the tab-1 weights"),
    Run("tab-2", "final_run", "2025-09-01", "2025-10-24", 390_000, "released", "2025-11-18",
        156_000),
    Run("tab-2.5", "post_training", "2026-03-02", "2026-04-10", 245_000, "released", "2026-05-05",
        98_000),
)  # fmt: skip
TRAINING_MONTHS = {
    "2025-01": 0.0, "2025-02": 140_000.0, "2025-03": 100_000.0, "2025-04": 0.0, "2025-05": 0.0,
    "2025-06": 0.0, "2025-07": 165_000.0, "2025-08": 100_000.0, "2025-09": 190_000.0,
    "2025-10": 200_000.0, "2025-11": 0.0, "2025-12": 0.0, "2026-01": 0.0, "2026-02": 0.0,
    "2026-03": 180_000.0, "2026-04": 65_000.0, "2026-05": 0.0, "2026-06": 0.0, "2024-12": 0.0,
}  # fmt: skip
DEAL = SampleDeal(
    NAME,
    plans=(
        Plan("Solo", Shape(7_400_000, 0.035, 0.02), 20),
        Plan("Pro", Shape(6_400_000, 0.05, 0.02), 60),
        Plan("Team", Shape(6_600_000, 0.04, 0.02), 40, discount=0.06),
    ),
    bills=BILLS,
    accounts=(
        Booking(5010, "Hosting - COGS", COGS, "aws", "AWS", gaps={"2025-11": 1.03}),
        expense(5030, "Customer support", COGS, 620_000),
        expense(5040, "Payment processing fees", COGS, 650_000, growth=0.04, vendor="Stripe"),
        expense(6100, "Payroll - product engineering", RESEARCH, 4_600_000),
        expense(6110, "Coding assistant seats (internal)", RESEARCH, 120_000, vendor="GitHub",
                 payer="internal"),
        Account(6310, "Model training compute - tab model", RESEARCH,
                Shape(900_000, fixed=TRAINING_MONTHS), TRAINING, vendor="Lambda"),
        expense(6330, "Research scientists payroll", RESEARCH, 1_100_000, TRAINING),
        Booking(6400, "Software & Tools - Anthropic API", OTHER, "anthropic", "Anthropic", lag=1),
        expense(6410, "Software & Tools - other SaaS", OTHER, 380_000),
        expense(6200, "Payroll - sales and marketing", SELLING, 2_400_000),
        expense(6220, "Advertising and events", SELLING, 1_600_000),
        expense(7000, "Payroll - G&A", ADMIN, 1_050_000),
        expense(7100, "Rent and office", ADMIN, 320_000, growth=0.0),
        expense(7200, "Legal and accounting", ADMIN, 390_000, growth=0.0),
        expense(7300, "Staff training and onboarding", ADMIN, 45_000, growth=0.0),
    ),
    opening_cash=21_000_000,
    financing={"2025-09": (15_000_000, "Series A extension")},
    free_users=(FreeUsers("Trial", 18_500, 0.04, 0.09, "promo"),),
)  # fmt: skip
FEATURES = (
    Feature("agent", "sonnet", "wrkspc_prod_agent", "code_edit", 1.0, steps=9, scale=0.8,
            retrievals=0.8, tools=1.6, guardrails=0.2, retry=0.05),
    Feature("completion", "haiku", "wrkspc_prod_completion", "azure_code", 13.0),
)  # fmt: skip
AUDIENCES = (
    Audience("Solo", "paid", 14, 40.0, 1.25, 900),
    Audience("Pro", "paid", 5, 80.0, 1.4, 1_200),
    Audience("Team", "paid", 6, 55.0, 1.5, 800),
    Audience("Trial", "promo", 4, 12.0, 1.8, 120),
)


def _drivers() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    source = ("scheduler export", "A", "g5 nodes of tallowmere-shared")
    for month in BOOKED:
        hours = AWS[4].cents[month] / 567.2 * 4
        for workload, share in (("inference", 0.6), ("training", 0.4)):
            rows.append((LABELS[month], "resource=asg-g5-shared", "gpu_hours", workload,
                         round(hours * share), "GPU-hours", *source))  # fmt: skip
    return rows


def files() -> dict[str, bytes]:
    """Computed files of the folder that are this company's own."""
    seats = ("board pack June 2026", "p. 5", "C", "")
    facts = (
        ("paying_seats", "2026-06", 65_287, "count", "used", *seats),
        ("arr", "2026-06", "25.3", "USD m", "used", *seats),
    )
    return {
        "bills/anthropic_cost_report.json.gz": packed(anthropic_cost_report(ANTHROPIC)),
        "bills/aws_focus_1_2.csv.gz": packed(focus_1_2_csv(AWS, account="Tallowmere")),
        "usage/daily.csv.gz": packed(usage_csv(FLOWS, months=LAST_TWELVE)),
        "usage/requests_2026-06.csv.gz": packed(
            requests_csv(NAME, FEATURES, AUDIENCES, most=4_500)
        ),
        "drivers.csv": drivers_csv(_drivers()).encode(),
        "training_runs.csv": runs_csv(RUNS).encode(),
        "facts.csv": facts_csv(facts).encode(),
    }
