"""Vellumgrain: image generation that leaves rented GPUs for machines of its own."""

from __future__ import annotations

import json

from gcp_bill import gcp_csv
from gpu_cloud_bill import gpu_cloud_csv
from growth import Shape
from months import BOOKED, LABELS, LAST_TWELVE
from request_sample import Audience, Feature, requests_csv
from sample_deal import (
    ADMIN,
    BALANCE,
    COGS,
    NEITHER,
    OTHER,
    PAID,
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
from token_flows import Flow, usage_csv

NAME = "vellumgrain"
SERVING: Truth = {"paid": 0.70, "free": 0.08, "training": 0.22}
LEAVING = {"2026-02": 0.52, "2026-04": 0.40, "2026-06": 0.0}


def _gpu(
    name: str, product: str, description: str, shape: Shape, truth: Truth, **words: str
) -> Charge:
    described = {"product": product, "description": description, **words}
    return Charge(f"vellum/{name}", described, shape, truth)


COREWEAVE = (
    _gpu("reserved", "Reserved Instances",
         "Reserved capacity - NVIDIA HGX H100 80GB nodes, monthly",
         Shape(10_400_000, 0.0, 0.01, levels=LEAVING, last="2026-05"), SERVING, unit="node-hour",
         price="19.60"),
    _gpu("idle", "Reserved Instances", "Reserved capacity - HGX H100 nodes not scheduled (idle)",
         Shape(1_500_000, 0.0, 0.15, levels={"2026-02": 3.0}, last="2026-05"), SERVING,
         unit="node-hour", price="19.60"),
    _gpu("serving", "Compute", "NVIDIA HGX H100 (on-demand)",
         Shape(1_150_000, 0.02, 0.10, levels={"2026-02": 0.4}),
         {"paid": 0.86, "free": 0.14}, cluster="render-prod", unit="node-hour", price="49.24"),
    _gpu("research", "Compute", "NVIDIA HGX H100 (on-demand)", Shape(620_000, 0.0, 0.25), TRAINING,
         cluster="diffusion-research", unit="node-hour", price="49.24"),
    _gpu("volumes", "Storage", "Distributed File Storage - checkpoints",
         Shape(240_000, 0.01), TRAINING, unit="TB-month", price="70"),
    _gpu("objects", "Storage", "AI Object Storage", Shape(190_000, 0.02),
         {"paid": 0.8, "training": 0.2}, unit="TB-month", price="60"),
    _gpu("addresses", "Networking", "Public IP addresses", Shape(24_000, 0.0), NEITHER,
         unit="address-month", price="4"),
    _gpu("shortfall", "Take-or-pay", "Minimum commitment shortfall, February to April 2026",
         Shape(450_000, fixed={"2026-05": 450_000.0}), SERVING),
    _gpu("termination", "Early termination", "Early termination of reserved capacity, 31 May 2026",
         Shape(1_800_000, fixed={"2026-05": 1_800_000.0}), SERVING),
    _gpu("credit note", "Service credit", "Service level credit for the outage of 9 December 2025",
         Shape(-61_500, fixed={"2025-12": -61_500.0}), SERVING),
)  # fmt: skip
DWS = "Nvidia H100 80GB GPU attached to DWS Defined Duration VMs running in Americas"
VERTEX = "Vertex AI"


def _gcp(
    name: str, service: str, sku: str, ttm: float, truth: Truth, *, growth: float = 0.02,
    noise: float = 0.05, **words: str,
) -> Charge:  # fmt: skip
    described = {"service": service, "sku": sku, "project": "vg-core-a", **words}
    return Charge(f"vellum/{name}", described, Shape(ttm, growth, noise), truth)


def _pair(name: str, project: str, days: str, ttm: float, truth: Truth, fee: str) -> list[Charge]:
    """GPUs that Vertex started, and the management fee that says for what."""
    return [
        _gcp(f"{name} {part}", service, sku, ttm * share, truth, price=price, project=project,
             job_days=days, unit="hour")
        for part, service, sku, share, price in (
            ("gpu", "Compute Engine", DWS, 0.87, "4.10"),
            ("fee", VERTEX, fee, 0.13, "0.615"),
        )
    ]  # fmt: skip


TRAIN_FEE = "Vertex AI: Training/Pipelines management fee on NVIDIA H100 80GB in Iowa"
PREDICT_FEE = "Vertex AI: Online/Batch Prediction management fee on NVIDIA H100 80GB in Iowa"
PROMPTS = Flow(
    "vellum/prompt rewriting", "flash", "vg-core-b", Shape(340_000, 0.05), PAID, "image prompt",
    "Standard", "paid", {"input": 0.5, "output": 0.5}, 550, 18,
)  # fmt: skip
TOKEN_WORDS = {
    "input": "Generate content input token count gemini 2.5 flash short input text",
    "output": "Generate content output token count gemini 2.5 flash short output text",
}


def _prompt_charges() -> list[Charge]:
    return [
        Charge(charge.name, {"service": "Gemini API", "sku": TOKEN_WORDS[charge.words["kind"]],
                             "project": "vg-core-b", "unit": "count"}, charge.shape, charge.truth)
        for charge in PROMPTS.charges()
    ]  # fmt: skip


def _labels(**pairs: str) -> str:
    return json.dumps([{"key": key, "value": value} for key, value in sorted(pairs.items())])


GCP = (
    *_pair("fine detail", "vg-core-a", "3-12", 820_000, TRAINING, TRAIN_FEE),
    *_pair("upscaler", "vg-core-a", "15-28", 700_000, PAID, PREDICT_FEE),
    *_pair("inpainting", "vg-core-b", "1-28", 910_000, {"paid": 0.8, "free": 0.2}, PREDICT_FEE),
    _gcp("loose gpu", "Compute Engine", DWS, 260_000, {"training": 0.6, "paid": 0.4},
         project="vg-sandbox-2", unit="hour", price="4.10", job_days="5-20"),
    _gcp("labelled gpu", "Compute Engine", "Nvidia L4 GPU running in Iowa", 210_000, PAID,
         project="vg-core-b", unit="hour", price="0.56",
         labels=_labels(app="safety-filter", env="prod")),
    *_prompt_charges(),
    _gcp("machines", "Compute Engine", "N2 Instance Core running in Americas", 480_000, NEITHER,
         unit="hour", price="0.0316", project="vg-web", credit="0.25", monthly="yes",
         credit_name="Committed use discount - N2", credit_type="COMMITTED_USAGE_DISCOUNT"),
    _gcp("storage", "Cloud Storage", "Standard Storage US Multi-region", 290_000,
         {"neither": 0.3, "paid": 0.5, "training": 0.2}, monthly="yes", unit="gibibyte month",
         price="0.026", project="vg-web", growth=0.04),
    _gcp("egress", "Cloud Storage", "Download Worldwide Destinations (excluding Asia & Australia)",
         230_000, {"paid": 0.8, "free": 0.2}, monthly="yes", unit="gibibyte", price="0.11",
         project="vg-web", growth=0.04),
    _gcp("database", "Cloud SQL", "Cloud SQL for PostgreSQL: Zonal - vCPU in Americas", 120_000,
         NEITHER, monthly="yes", unit="hour", price="0.0413", project="vg-web"),
    _gcp("logs", "Cloud Logging", "Log Storage cost", 60_000, NEITHER, monthly="yes",
         unit="gibibyte", price="0.50", project="vg-web"),
)  # fmt: skip
BILLS = {"coreweave": COREWEAVE, "gcp": GCP}
RUNS = (
    Run("grain-3 ablations", "experiment", "2025-02-03", "2025-03-21", 310_000, "abandoned"),
    Run("grain-3", "final_run", "2025-04-01", "2025-05-30", 980_000, "released", "2025-07-08"),
    Run("grain-3 detail tuning", "post_training", "2025-08-04", "2025-09-12", 260_000, "released",
        "2025-09-30"),
    Run("grain-4 ablations", "experiment", "2025-10-06", "2025-11-28", 420_000, "abandoned"),
    Run("grain-4 first attempt", "final_run", "2025-12-01", "2026-01-09", 510_000, "failed"),
    Run("grain-4", "final_run", "2026-01-19", "2026-03-27", 1_050_000, "released", "2026-04-28"),
)  # fmt: skip
DEAL = SampleDeal(
    NAME,
    plans=(
        Plan("Basic", Shape(8_400_000, 0.015, 0.02), 10),
        Plan("Standard", Shape(15_600_000, 0.025, 0.02), 30),
        Plan("Pro", Shape(7_800_000, 0.03, 0.02), 60),
        Plan("API", Shape(2_200_000, 0.06, 0.05), 410, pricing="usage"),
    ),
    bills=BILLS,
    accounts=(
        Booking(5015, "GPU rental - CoreWeave", COGS, "coreweave", "CoreWeave", share=0.6,
                gaps={"2025-10": 0.97}),
        Booking(6300, "GPU rental - CoreWeave (research share)", RESEARCH, "coreweave",
                "CoreWeave", share=0.6, rest=True, gaps={"2025-10": 0.97}),
        Booking(5010, "Google Cloud", COGS, "gcp", "Google Cloud", lag=1),
        Account(5035, "Depreciation - inference servers (B200, five years)", COGS,
                Shape(1_400_000, 0.0, 0.0, first="2026-02"), {"paid": 0.88, "free": 0.12}),
        Account(5036, "Colocation, power and cooling - inference servers", COGS,
                Shape(640_000, 0.0, 0.04, first="2026-02"), {"paid": 0.88, "free": 0.12}),
        Account(1500, "Equipment purchase - B200 servers", BALANCE,
                Shape(16_800_000, fixed={"2025-12": 9_800_000.0, "2026-03": 7_000_000.0}), NEITHER),
        expense(5030, "Customer support", COGS, 460_000),
        expense(5040, "Payment processing fees", COGS, 1_100_000, growth=0.025, vendor="Stripe"),
        expense(5050, "Trust and safety human review queue", COGS, 520_000,
                {"paid": 0.85, "free": 0.15}),
        expense(6100, "Payroll - product engineering", RESEARCH, 2_900_000),
        expense(6330, "Research scientists payroll", RESEARCH, 2_100_000, TRAINING),
        expense(6320, "Licensed training images", RESEARCH, 900_000, TRAINING, growth=0.0),
        expense(6200, "Payroll - community and marketing", SELLING, 800_000),
        expense(6410, "Software & Tools - other SaaS", OTHER, 240_000),
        expense(7000, "Payroll - G&A", ADMIN, 900_000),
        expense(7200, "Legal - training data copyright claim", ADMIN, 1_400_000, growth=0.05),
        expense(7100, "Rent and office", ADMIN, 180_000, growth=0.0),
        expense(8000, "Interest on equipment loan", "below_operating", 310_000, growth=0.0),
    ),
    opening_cash=19_000_000,
    financing={"2025-12": (11_000_000, "equipment loan")},
    free_users=(FreeUsers("Free trial", 96_000, 0.02, 0.055),),
    capital=Shape(16_900_000, fixed={"2025-12": 9_800_000.0, "2026-03": 7_000_000.0}),
)  # fmt: skip
FEATURES = (
    Feature("image prompt", "flash", "vg-core-b", "mixed_api", 1.0, scale=1.5, tools=1.0,
            guardrails=1.0, retry=0.04),
)  # fmt: skip
AUDIENCES = (
    Audience("Basic", "paid", 40, 6.0, 1.5, 60),
    Audience("Standard", "paid", 35, 12.0, 1.4, 150),
    Audience("Pro", "paid", 10, 30.0, 1.4, 300),
    Audience("Free trial", "free", 30, 3.0, 1.8, 20),
)


def _drivers() -> list[tuple[object, ...]]:
    """Scheduler hours of the reserved nodes; idle ones stand on a line of their own."""
    rows: list[tuple[object, ...]] = []
    source = ("scheduler export", "A", "reserved H100 nodes, eight GPUs each")
    for month in BOOKED:
        hours = round(COREWEAVE[0].cents[month] / 1960 * 8)
        if not hours:
            continue
        serving = round(hours * 0.78)
        parts = (("inference", serving), ("training", hours - serving))
        rows += [
            (LABELS[month], "text=Reserved capacity*", "gpu_hours", workload, value, "GPU-hours",
             *source)
            for workload, value in parts
        ]  # fmt: skip
    return rows


def files() -> dict[str, bytes]:
    """Computed files of the folder that are this company's own."""
    call = ("call with the head of infrastructure", "notes of 2026-06-24", "D", "")
    facts = (
        ("images_generated", "2026-06", 125_600_000, "count", "used", "board pack June 2026",
         "p. 4", "C", ""),
        ("owned_serving_cost_per_month", "2026-06", "0.41", "USD m", "used", *call),
    )  # fmt: skip
    return {
        "bills/coreweave_invoice.csv": gpu_cloud_csv(COREWEAVE, provider="CoreWeave").encode(),
        "bills/gcp_billing_export.csv.gz": packed(gcp_csv(GCP)),
        "usage/daily.csv.gz": packed(usage_csv((PROMPTS,), months=LAST_TWELVE)),
        "usage/requests_2026-06.csv.gz": packed(requests_csv(NAME, FEATURES, AUDIENCES)),
        "drivers.csv": drivers_csv(_drivers()).encode(),
        "training_runs.csv": runs_csv(RUNS).encode(),
        "facts.csv": facts_csv(facts).encode(),
    }
