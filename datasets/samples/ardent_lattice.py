"""Ardent Lattice: a model lab with its own cluster, capacity blocks and prepaid compute."""

from __future__ import annotations

from focus_bill import focus_1_0_parquet, tags
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

NAME = "ardent-lattice"
EC2, S3 = "Amazon Elastic Compute Cloud", "Amazon Simple Storage Service"
SERVING: Truth = {"paid": 0.83, "free": 0.17}
OWN: Truth = {"training": 0.62, "paid": 0.32, "free": 0.06}
NOTHING: Truth = {}


def _aws(
    name: str, category: str, service: str, description: str, shape: Shape, truth: Truth, *,
    kind: str = "usage", prepaid: bool = False, **words: str,
) -> Charge:  # fmt: skip
    described = {"category": category, "service": service, "description": description,
                 "account": "ardent-main", **words}  # fmt: skip
    return Charge(f"ardent/{name}", described, shape, truth, kind, prepaid)


BLOCKS = {"2025-08": 2_400_000.0, "2026-01": 3_600_000.0}
BLOCK_USE = {
    "2025-08": 800_000.0, "2025-09": 900_000.0, "2025-10": 700_000.0, "2026-01": 1_000_000.0,
    "2026-02": 1_400_000.0, "2026-03": 1_200_000.0,
}  # fmt: skip
BLOCK_IDLE = {"2025-10": 0.10, "2026-03": 0.12}


def _block_use(unused: bool) -> Shape:
    parts = {label: usd * BLOCK_IDLE.get(label, 0.0) for label, usd in BLOCK_USE.items()}
    if not unused:
        parts = {label: BLOCK_USE[label] - idle for label, idle in parts.items()}
    months = {label: parts.get(label, 0.0) for label in LABELS}
    return Shape(sum(parts.values()), fixed=months)


def _only(fixed: dict[str, float]) -> Shape:
    return Shape(sum(fixed.values()), fixed={label: fixed.get(label, 0.0) for label in LABELS})


AWS = (
    _aws("serving", "Compute", EC2, "$98.32 per On Demand Linux p5.48xlarge Instance Hour",
         Shape(6_300_000, 0.045, 0.03), SERVING, unit="Hrs", price="98.32",
         account="ardent-production", tags=tags(app="vllm-serving", env="prod")),
    _aws("untagged", "Compute", EC2, "$98.32 per On Demand Linux p5.48xlarge Instance Hour",
         Shape(4_100_000, 0.01, 0.10), {"training": 0.72, "paid": 0.24, "free": 0.04}, unit="Hrs",
         price="98.32", account="ardent-main", resource="asg-p5-general"),
    _aws("blocks", "Compute", EC2, "USE1-CapacityBlockFee:p5.48xlarge, paid up front",
         _only(BLOCKS), TRAINING, kind="purchase", account="ardent-research"),
    _aws("block hours", "Compute", EC2, "p5.48xlarge hours covered by a Capacity Block",
         _block_use(False), TRAINING, prepaid=True, commitment="Used", pricing="Committed",
         account="ardent-research"),
    _aws("block idle", "Compute", EC2, "p5.48xlarge hours of a Capacity Block not used",
         _block_use(True), TRAINING, prepaid=True, commitment="Unused", pricing="Committed",
         account="ardent-research"),
    _aws("datasets", "Storage", S3, "$0.021 per GB-month of storage - bucket ardent-train-datasets",
         Shape(860_000, 0.03), TRAINING, unit="GB-Mo", price="0.021",
         resource="ardent-train-datasets"),
    _aws("checkpoints", "Storage", "Amazon FSx", "FSx for Lustre persistent SSD - checkpoints",
         Shape(520_000, 0.01), TRAINING, unit="GB-Mo", price="0.145"),
    _aws("objects", "Storage", S3, "$0.023 per GB-month of storage", Shape(210_000, 0.02),
         {"neither": 0.5, "paid": 0.3, "training": 0.2}, unit="GB-Mo", price="0.023"),
    _aws("servers", "Compute", EC2, "$0.8064 per On Demand Linux m7i.4xlarge Instance Hour",
         Shape(1_050_000, 0.025), NEITHER, unit="Hrs", price="0.8064",
         account="ardent-production"),
    _aws("delivery", "Networking", "Amazon CloudFront", "Data transfer out to the internet",
         Shape(580_000, 0.04), {"paid": 0.7, "free": 0.3}, unit="GB", price="0.06"),
    _aws("clusters", "Compute", "Amazon Elastic Kubernetes Service", "EKS cluster hours",
         Shape(64_000, 0.0), {"paid": 0.5, "training": 0.5}, unit="Hrs", price="0.10"),
    _aws("support", "Other", "AWS Support (Enterprise)", "AWS Enterprise Support fee",
         Shape(610_000, 0.02), {"paid": 0.45, "training": 0.45, "neither": 0.10}),
    _aws("marketplace", "Other", "Weights and Biases (AWS Marketplace)",
         "AWS Marketplace: Weights and Biases, invoiced by the seller", Shape(180_000, 0.0),
         NEITHER, kind="memo", publisher="Weights and Biases, Inc."),
    _aws("tax", "Other", "Tax", "US sales tax", Shape(71_000, 0.02), NEITHER, kind="tax"),
)  # fmt: skip


def _gpu(
    name: str, product: str, description: str, shape: Shape, truth: Truth, **words: str
) -> Charge:
    described = {"product": product, "description": description, **words}
    return Charge(f"ardent/crusoe {name}", described, shape, truth)


CRUSOE = (
    _gpu("train", "Compute", "H200 nodes, Slurm partition=train",
         Shape(6_800_000, 0.02, 0.2), TRAINING, cluster="sunk-train", unit="node-hour",
         price="27.60"),
    _gpu("dev", "Compute", "H200 nodes, interactive", Shape(1_150_000, 0.01, 0.15), TRAINING,
         cluster="research-dev", unit="node-hour", price="27.60"),
    _gpu("overflow", "Compute", "H200 nodes, inference overflow", Shape(1_450_000, 0.06, 0.1),
         SERVING, cluster="serve-overflow", unit="node-hour", price="27.60"),
    _gpu("reserved", "Reserved Instances", "Reserved H200 nodes, monthly commitment",
         Shape(3_000_000, 0.0, 0.0), {"training": 0.7, "paid": 0.25, "free": 0.05},
         unit="node-hour", price="22.40"),
    _gpu("volumes", "Storage", "Shared file system", Shape(390_000, 0.01),
         {"training": 0.8, "paid": 0.2}, unit="TB-month", price="80"),
    _gpu("refund", "Service credit", "Refund for failed nodes, run lattice-3 first attempt",
         _only({"2025-12": -118_000.0}), TRAINING),
)  # fmt: skip
BILLS = {"aws": AWS, "crusoe": CRUSOE}
SERVED = (
    Flow("ardent/own api", "own", "lattice-api", Shape(3_900_000, 0.05), PAID, "api", "API",
         "paid", {"input": 0.12, "cached": 0.02, "output": 0.86}, 2_600, 300, reasoning=0.7),
    Flow("ardent/assistant", "own", "lattice-assistant", Shape(2_300_000, 0.04), PAID,
         "assistant", "Assistant", "paid", {"input": 0.20, "cached": 0.21, "output": 0.59}, 4_200,
         12),
    Flow("ardent/free", "own", "lattice-assistant-free", Shape(1_200_000, 0.05), PAID,
         "assistant", "Free", "free", {"input": 0.20, "cached": 0.21, "output": 0.59}, 4_200, 6),
)  # fmt: skip
RUNS = (
    Run("lattice-1", "final_run", "2024-03-04", "2024-05-17", 4_200_000, "released", "2024-07-09",
        1_450_000),
    Run("lattice-2 ablations", "experiment", "2024-08-05", "2024-10-25", 2_900_000, "abandoned",
        "", 1_000_000),
    Run("lattice-2 first attempt", "final_run", "2024-11-04", "2024-12-13", 2_600_000, "failed",
        "", 900_000, "loss spikes after a data error"),
    Run("lattice-2", "final_run", "2025-01-13", "2025-03-28", 5_900_000, "released", "2025-05-06",
        2_030_000),
    Run("lattice-2 instruct", "post_training", "2025-03-31", "2025-05-02", 1_100_000, "released",
        "2025-05-06", 380_000),
    Run("lattice-3 ablations", "experiment", "2025-06-02", "2025-10-31", 6_400_000, "abandoned",
        "", 2_200_000),
    Run("lattice-3 first attempt", "final_run", "2025-11-03", "2025-12-19", 4_700_000, "failed",
        "", 1_620_000, "hardware faults; the supplier refunded part"),
    Run("lattice-3", "final_run", "2026-01-05", "2026-03-27", 8_300_000, "released", "2026-05-19",
        2_860_000),
    Run("lattice-3 instruct", "post_training", "2026-03-30", "2026-05-08", 1_700_000, "released",
        "2026-05-19", 590_000),
    Run("lattice-3 safety evaluation", "evaluation", "2026-04-13", "2026-05-15", 400_000,
        "released", "2026-05-19", 140_000),
    Run("lattice-4 ablations", "experiment", "2026-05-11", "2026-06-30", 2_300_000, "running", "",
        790_000),
)  # fmt: skip
CAPITALISED = {
    "2025-01": -1_500_000.0, "2025-02": -2_000_000.0, "2025-03": -2_400_000.0,
    "2026-01": -2_300_000.0, "2026-02": -2_900_000.0, "2026-03": -2_600_000.0,
}  # fmt: skip


def _silent(
    code: int, name: str, role: str, shape: Shape, vendor: str = "", text: str = ""
) -> Account:
    """An account that counts in the books and not in the economic view."""
    return Account(code, name, role, shape, TRAINING, vendor, text, economic=NOTHING)


DEAL = SampleDeal(
    NAME,
    plans=(
        Plan("API", Shape(31_000_000, 0.05, 0.03), 2_400, segment="Models", pricing="usage",
             discount=0.10),
        Plan("Assistant", Shape(21_500_000, 0.035, 0.02), 22, segment="Assistant", fees=0.08),
        Plan("Enterprise licences", Shape(9_500_000, 0.02, 0.05), 79_000, segment="Models"),
    ),
    bills=BILLS,
    accounts=(
        Booking(5010, "Cloud - AWS (serving share)", COGS, "aws", "AWS", share=0.55,
                gaps={"2025-12": 1.03}),
        Booking(6300, "Research cloud - AWS", RESEARCH, "aws", "AWS", share=0.55, rest=True,
                gaps={"2025-12": 1.03}),
        Booking(6310, "Research cloud - Crusoe", RESEARCH, "crusoe", "Crusoe", lag=1),
        Account(6610, "Depreciation - GPU cluster H200 (five years)", RESEARCH,
                Shape(9_600_000, 0.0, 0.0), OWN),
        Account(6620, "Colocation, power and cooling - GPU cluster Hall B", RESEARCH,
                Shape(1_950_000, 0.0, 0.04), OWN),
        expense(6900, "Intercompany compute recharge - parent cluster", RESEARCH, 2_200_000,
                {"training": 0.7, "paid": 0.3}, growth=0.0, vendor="Ardent Holdings"),
        Account(6920, "Compute paid in warrants - Crusoe", RESEARCH,
                Shape(1_500_000, 0.0, 0.0), TRAINING, "Crusoe",
                "Fair value of warrants vested for training compute"),
        _silent(6700, "Amortisation - capitalised model development", RESEARCH,
                Shape(5_400_000, 0.02, 0.0)),
        _silent(6710, "Capitalised model development (transfer to intangible assets)", RESEARCH,
                _only(CAPITALISED)),
        _silent(1700, "Intangible assets - capitalised model development", BALANCE,
                _only({label: -usd for label, usd in CAPITALISED.items()})),
        _silent(1410, "Prepaid compute - Crusoe commitment", BALANCE,
                _only({"2025-06": 9_000_000.0, "2026-02": 6_000_000.0}), "Crusoe"),
        _silent(1450, "Prepaid data licences", BALANCE, _only({"2025-07": 4_800_000.0})),
        expense(6130, "Training data licences, over their term", RESEARCH, 2_400_000, TRAINING,
                growth=0.0),
        expense(6320, "Data labelling and expert hours", RESEARCH, 3_100_000, TRAINING,
                vendor="Mercor"),
        expense(6330, "Research scientists payroll", RESEARCH, 13_800_000, TRAINING),
        expense(6100, "Payroll - product engineering", RESEARCH, 7_200_000),
        expense(6110, "Coding assistant seats (internal)", RESEARCH, 310_000, payer="internal"),
        expense(5045, "Salaries - inference platform SRE", COGS, 1_600_000, SERVING),
        expense(5030, "Customer support", COGS, 1_400_000),
        expense(5040, "Payment processing fees", COGS, 900_000, growth=0.035),
        expense(6200, "Payroll - sales and marketing", SELLING, 6_100_000),
        expense(6220, "Advertising and events", SELLING, 3_300_000),
        expense(6410, "Software & Tools - other SaaS", OTHER, 720_000),
        expense(7000, "Payroll - G&A", ADMIN, 4_200_000),
        expense(7200, "Legal and accounting", ADMIN, 2_100_000, growth=0.0),
        expense(7100, "Rent and office", ADMIN, 1_300_000, growth=0.0),
    ),
    opening_cash=68_000_000,
    financing={"2025-10": (45_000_000, "Series C")},
    free_users=(FreeUsers("Free", 1_350_000, 0.05, 0.0045),),
    capital=Shape(11_000_000, fixed={"2025-09": 7_000_000.0}),
)  # fmt: skip
FEATURES = (
    Feature("api", "own", "lattice-api", "reasoning", 3.0, reasoning=True, tools=0.2,
            guardrails=1.0),
    Feature("assistant", "own", "lattice-assistant", "azure_chat", 2.0, steps=3,
            guardrails=1.0, retrievals=0.3),
)  # fmt: skip
AUDIENCES = (
    Audience("API", "paid", 14, 30.0, 1.4, 260, features={"assistant": 0.0}),
    Audience("Assistant", "paid", 40, 7.0, 1.5, 80, features={"api": 0.0}),
    Audience("Free", "free", 90, 2.5, 1.6, 30, features={"api": 0.0}),
)
POOLS = (
    ("code=6610", 1_150_000, {"training": 0.55, "inference": 0.34, "idle": 0.11}),
    ("code=6620", 1_150_000, {"training": 0.55, "inference": 0.34, "idle": 0.11}),
    ("resource=asg-p5-general", 34_000, {"training": 0.72, "inference": 0.28}),
    ("text=Reserved H200 nodes*", 88_000, {"training": 0.70, "inference": 0.30}),
)


def _drivers() -> list[tuple[object, ...]]:
    source = ("scheduler export", "A", "GPU-hours by partition")
    return [
        (LABELS[month], selector, "gpu_hours", workload, round(hours * share), "GPU-hours",
         *source)
        for month in BOOKED
        for selector, hours, shares in POOLS
        for workload, share in shares.items()
    ]  # fmt: skip


def files() -> dict[str, bytes]:
    """Computed files of the folder that are this company's own."""
    register = ("fixed-asset register", "row 14", "B", "cost 48.0 m, useful life five years")
    facts = (
        ("gpu_cluster_cost", "2026-06", 48, "USD m", "used", *register),
        ("gpu_useful_life", "2026-06", 60, "months", "used", *register[:3], ""),
        ("prepaid_compute_balance", "2026-06", "4.1", "USD m", "used", "supplier statement", "p. 1",
         "A", ""),
        ("training_life_in_accounts", "2026-06", 36, "months", "used", "accounting policies",
         "note 7", "B", ""),
    )  # fmt: skip
    return {
        "bills/aws_focus_1_0.parquet": focus_1_0_parquet(AWS, account="Ardent Lattice"),
        "bills/crusoe_invoice.csv": gpu_cloud_csv(CRUSOE, provider="Crusoe").encode(),
        "usage/daily.csv.gz": packed(usage_csv(SERVED, months=LAST_TWELVE)),
        "usage/requests_2026-06.csv.gz": packed(requests_csv(NAME, FEATURES, AUDIENCES)),
        "drivers.csv": drivers_csv(_drivers()).encode(),
        "training_runs.csv": runs_csv(RUNS).encode(),
        "facts.csv": facts_csv(facts).encode(),
    }
