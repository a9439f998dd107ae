"""Harrowgate: agents for insurers, paid by the task, with an adapter tuned for each customer."""

from __future__ import annotations

import json

from aws_cur_bill import aws_cur_csv
from databricks_bill import databricks_usage_csv
from growth import Shape
from months import BOOKED, LABELS, LAST_TWELVE
from request_sample import Audience, Feature, requests_csv
from sample_deal import (
    ADMIN,
    COGS,
    NEITHER,
    OTHER,
    PAID,
    RECURRING,
    RESEARCH,
    SELLING,
    TRAINING,
    Booking,
    Charge,
    Plan,
    SampleDeal,
    Truth,
    expense,
)
from sample_files import packed
from statements import Run, drivers_csv, facts_csv, runs_csv
from token_flows import Flow, usage_csv

NAME = "harrowgate-agents"
CLAIMS = {"input": 0.08, "write": 0.42, "cached": 0.21, "output": 0.29}
UNDERWRITING = {"input": 0.12, "write": 0.57, "cached": 0.17, "output": 0.14}
TRIAGE = {"input": 0.68, "output": 0.32}
FLOWS = (
    Flow("harrow/claims", "sonnet", "claims-agent", Shape(1_900_000, 0.06), PAID, "claims agent",
         "Per task", "paid", CLAIMS, 68_000, 60, reasoning=0.3),
    Flow("harrow/underwriting", "sonnet", "underwriting-agent", Shape(850_000, 0.05), PAID,
         "underwriting agent", "Platform", "paid", UNDERWRITING, 28_000, 40, reasoning=0.35),
    Flow("harrow/triage", "haiku", "triage-agent", Shape(330_000, 0.04), PAID, "triage",
         "Platform", "paid", TRIAGE, 2_900, 150),
    Flow("harrow/pilot", "sonnet", "pilot-sandbox", Shape(180_000, 0.02, 0.2),
         {"promo": 0.7, "training": 0.3}, "claims agent", "Pilot", "promo", CLAIMS, 68_000, 12),
)  # fmt: skip
UNITS = {
    "input": "InputTokenCount", "write": "CacheWriteInputTokenCount",
    "cached": "CacheReadInputTokenCount", "output": "OutputTokenCount",
}  # fmt: skip
EDITIONS = {"sonnet": "Claude Sonnet (Amazon Bedrock Edition)",
            "haiku": "Claude Haiku (Amazon Bedrock Edition)"}  # fmt: skip


def _bedrock(flow: Flow) -> list[Charge]:
    """Marketplace rows of Bedrock: the unit stands in the description only."""
    return [
        Charge(charge.name, {
            "product": "AmazonBedrock", "product_name": EDITIONS[flow.family],
            "usage_type": f"USE1-MP:USE1_{UNITS[charge.words['kind']]}-Units",
            "operation": "Usage", "entity": "AWS Marketplace", "seller": "Anthropic, PBC",
            "description": "AWS Marketplace software usage|us-east-1|"
            f"Million {UNITS[charge.words['kind']]}",
            "app": flow.project, "env": "pilot" if flow.payer == "promo" else "prod",
            "unit": "Units",
        }, charge.shape, charge.truth)
        for charge in flow.charges()
    ]  # fmt: skip


def _aws(
    name: str, product: str, usage_type: str, ttm: float, truth: Truth, *, growth: float = 0.025,
    kind: str = "usage", fixed: dict[str, float] | None = None, description: str = "",
    **words: str,
) -> Charge:  # fmt: skip
    shape = Shape(ttm, growth, 0.04, fixed=fixed or {})
    described = {"product": product, "usage_type": usage_type, "unit": "Hrs",
                 "description": description or usage_type, **words}  # fmt: skip
    return Charge(f"harrow/{name}", described, shape, truth, kind)


MIXED: Truth = {"paid": 0.62, "neither": 0.24, "training": 0.09, "recurring_finetune": 0.05}
AWS = (
    *(charge for flow in FLOWS for charge in _bedrock(flow)),
    _aws("guardrails", "AmazonBedrock", "USE1-Guardrail-ContentPolicyUnitsConsumed", 290_000, PAID,
         growth=0.05, unit="Units", price="0.00015"),
    _aws("agent runtime", "AmazonBedrockAgentCore", "Runtime:Consumption-based:vCPU", 350_000,
         PAID, growth=0.05, unit="vCPU-Hours", price="0.0895"),
    _aws("search", "AmazonES", "USE1-SearchOCU", 430_000, PAID, growth=0.03, price="0.24",
         description="Search OCU-hours of the policy-wording vector collection",
         app="policy-retrieval", unit="OCU-hours"),
    _aws("hosting", "AmazonSageMaker", "USE1-Host:ml.g5.12xlarge", 560_000, PAID, growth=0.03,
         operation="RunInstance", price="7.09", app="document-extractor", env="prod"),
    _aws("drift", "AmazonSageMaker", "USE1-Train:ml.g5.12xlarge", 220_000, RECURRING, growth=0.02,
         operation="RunInstance", price="7.09", app="weekly-drift-retrain"),
    _aws("notebooks", "AmazonSageMaker", "USE1-Notebk:ml.g5.2xlarge", 90_000, TRAINING,
         operation="RunInstance", price="1.515", team="research"),
    _aws("untagged", "AmazonEC2", "USE1-BoxUsage:p4d.24xlarge", 480_000,
         {"training": 0.65, "paid": 0.35}, operation="RunInstances", price="32.7726",
         resource="i-p4d-pool", description="$32.7726 per On Demand Linux p4d.24xlarge Hour"),
    _aws("labels", "AmazonSageMaker", "USE1-TxtClass-Labeling", 110_000, TRAINING, growth=0.0,
         unit="Objects", price="0.08"),
    _aws("servers", "AmazonEC2", "USE1-BoxUsage:m6i.4xlarge", 820_000, NEITHER, price="0.768",
         operation="RunInstances", app="tenant-portal", env="prod"),
    _aws("database", "AmazonRDS", "InstanceUsage:db.r6g.4xlarge", 340_000, NEITHER, price="2.088"),
    _aws("objects", "AmazonS3", "USE1-TimedStorage-ByteHrs", 130_000,
         {"neither": 0.7, "paid": 0.3}, unit="GB-Mo", price="0.023"),
    _aws("logs", "AmazonCloudWatch", "USE1-DataProcessing-Bytes", 150_000, NEITHER, unit="GB",
         price="0.50"),
    _aws("support", "AWSSupportBusiness", "Dollar", 170_000, NEITHER, unit="Dollar",
         description="AWS Business Support fee"),
    _aws("assistant", "AmazonQ", "USE1-QDeveloper-Pro-Users", 34_000, NEITHER, growth=0.01,
         unit="Users", price="19", description="Amazon Q Developer Pro subscription"),
    _aws("discount", "AmazonEC2", "", -360_000, MIXED, growth=0.03, kind="discount",
         description="Enterprise Discount Program discount"),
    _aws("credit", "AmazonBedrock", "", -900_000, MIXED, growth=0.02, kind="credit",
         description="AWS Activate promotional credit"),
    _aws("tax", "AmazonBedrock", "", 26_000, NEITHER, kind="tax",
         description="Tax for product code AmazonBedrock"),
)  # fmt: skip
SERVING_SKU = "PREMIUM_SERVERLESS_REAL_TIME_INFERENCE_US_EAST_N_VIRGINIA"
JOBS_SKU = "PREMIUM_JOBS_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA"
TRAIN_SKU = "PREMIUM_MODEL_TRAINING_US_EAST_N_VIRGINIA"
CUSTOMERS = ("albion-mutual", "baltic-re", "corniche-life", "dunmore", "eastgate", "fjordsikring")


def _dbx(
    name: str, sku: str, origin: str, price: str, ttm: float, truth: Truth, *,
    growth: float = 0.03, noise: float = 0.05, tags: dict[str, str] | None = None, **words: str,
) -> Charge:  # fmt: skip
    described = {"sku": sku, "origin": origin, "price": price, **words}
    if tags:
        described["tags"] = json.dumps(tags, sort_keys=True)
    return Charge(f"harrow/dbx {name}", described, Shape(ttm, growth, noise), truth)


DATABRICKS = (
    _dbx("extractor", SERVING_SKU, "MODEL_SERVING", "0.08", 700_000, PAID, growth=0.05,
         m_endpoint_name="claims-extractor-prod", restated="yes"),
    _dbx("adapters", SERVING_SKU, "MODEL_SERVING", "0.08", 380_000, PAID, growth=0.05,
         m_endpoint_name="customer-adapters-prod"),
    _dbx("vectors", SERVING_SKU, "VECTOR_SEARCH", "0.08", 340_000, PAID,
         m_endpoint_name="policy-wordings"),
    *(_dbx(f"lora {name}", TRAIN_SKU, "MODEL_TRAINING", "0.80", 150_000, RECURRING, growth=0.01,
           noise=0.02, m_job_name=f"lora-refresh-monthly-{name}", restated="yes",
           tags={"customer": name, "schedule": "monthly"}) for name in CUSTOMERS),
    _dbx("base tuning", TRAIN_SKU, "MODEL_TRAINING", "0.80", 300_000, TRAINING, growth=0.0,
         noise=0.5, m_job_name="claims-base-sft-v4"),
    _dbx("evaluation", JOBS_SKU, "AGENT_EVALUATION", "0.40", 240_000, TRAINING,
         m_job_name="agent-eval-suite"),
    _dbx("pipelines", JOBS_SKU, "JOBS", "0.40", 310_000, NEITHER, m_job_name="tenant-data-ingest"),
    _dbx("notebooks", "PREMIUM_ALL_PURPOSE_COMPUTE", "ALL_PURPOSE", "0.50", 330_000,
         {"training": 0.6, "neither": 0.4}, m_cluster_id="0412-081233-mvp7"),
    _dbx("warehouse", "PREMIUM_SERVERLESS_SQL_COMPUTE_US_EAST_N_VIRGINIA", "SQL", "0.80",
         190_000, NEITHER, m_warehouse_id="9f11c2"),
    _dbx("genie", SERVING_SKU, "GENIE", "0.08", 70_000, NEITHER),
)  # fmt: skip
BILLS = {"aws": AWS, "databricks": DATABRICKS}
RUNS = (
    Run("claims-base-sft-v2", "post_training", "2025-03-03", "2025-04-04", 190_000, "released",
        "2025-05-06"),
    Run("claims-base-sft-v3", "post_training", "2025-09-01", "2025-10-10", 210_000, "released",
        "2025-11-04"),
    Run("claims-base-sft-v4", "post_training", "2026-03-02", "2026-04-17", 240_000, "released",
        "2026-05-12"),
    Run("monthly customer adapters", "maintenance", "2025-07-01", "2026-06-30", 900_000,
        "released", "2025-07-31", 0, "one adapter a customer and month, by contract"),
)  # fmt: skip
DEAL = SampleDeal(
    NAME,
    plans=(
        Plan("Platform", Shape(9_400_000, 0.025, 0.02), 21_000, segment="", discount=0.08),
        Plan("Per task", Shape(6_300_000, 0.055, 0.03), 34_000, pricing="usage"),
        Plan("Adapters", Shape(1_500_000, 0.02, 0.01), 23_300),
    ),
    bills=BILLS,
    accounts=(
        Booking(5010, "Cloud hosting - AWS, net of credits", COGS, "aws", "AWS",
                gaps={"2025-09": 1.03}),
        Booking(6300, "Data and ML platform - Databricks", RESEARCH, "databricks", "Databricks",
                lag=1),
        expense(5050, "Claims reviewers - human in the loop", COGS, 640_000, PAID, growth=0.03),
        expense(5030, "Customer support", COGS, 720_000),
        expense(5045, "Salaries - inference platform SRE", COGS, 480_000, PAID),
        expense(6100, "Payroll - product engineering", RESEARCH, 5_100_000),
        expense(6200, "Salaries - ML platform team", RESEARCH, 1_300_000,
                {"paid": 0.4, "training": 0.45, "recurring_finetune": 0.15}),
        expense(6330, "Research scientists payroll", RESEARCH, 1_000_000, TRAINING),
        expense(6320, "Expert annotation of claims files", RESEARCH, 420_000, TRAINING,
                vendor="Labelbox"),
        expense(6210, "Payroll - sales and marketing", SELLING, 3_600_000),
        expense(6220, "Sales commissions", SELLING, 900_000, growth=0.03),
        expense(6400, "Software & Tools - LangSmith and other", OTHER, 260_000),
        expense(7000, "Payroll - G&A", ADMIN, 1_400_000),
        expense(7200, "SOC2 audit and legal", ADMIN, 520_000, growth=0.0),
        expense(7100, "Rent and office", ADMIN, 260_000, growth=0.0),
    ),
    opening_cash=16_000_000,
    financing={"2025-03": (22_000_000, "Series B")},
)  # fmt: skip
FEATURES = (
    Feature("claims agent", "sonnet", "claims-agent", "reasoning", 2.0, steps=11, scale=3.0,
            reasoning=True, retrievals=1.8, tools=1.4, guardrails=1.0, retry=0.07),
    Feature("underwriting agent", "sonnet", "underwriting-agent", "long_document", 1.0, steps=8,
            scale=2.0, retrievals=2.5, tools=1.1, guardrails=1.0, retry=0.05),
    Feature("triage", "haiku", "triage-agent", "long_document", 4.0, guardrails=1.0,
            retrievals=0.3),
)  # fmt: skip
AUDIENCES = (
    Audience("Per task", "paid", 16, 11.0, 1.5, 90),
    Audience("Platform", "paid", 16, 12.0, 1.5, 90),
    Audience("Pilot", "promo", 8, 4.0, 1.8, 30),
)


def _drivers() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    gpu = ("scheduler export", "A", "p4d nodes")
    people = ("headcount survey", "B", "ML platform team by main task; adapters count as serving")
    for month in BOOKED:
        hours = round(
            next(c for c in AWS if c.name == "harrow/untagged").cents[month] / 3277.26 * 8
        )
        training = round(hours * 0.65)
        for workload, value in (("training", training), ("inference", hours - training)):
            rows.append((LABELS[month], "resource=i-p4d-pool", "gpu_hours", workload, value,
                         "GPU-hours", *gpu))  # fmt: skip
        for workload, heads in (("inference", 55), ("training", 45)):
            rows.append((LABELS[month], "code=6200", "headcount", workload, heads, "percent",
                         *people))  # fmt: skip
    return rows


def files() -> dict[str, bytes]:
    """Computed files of the folder that are this company's own."""
    contract = ("order forms", "clause 4", "A", "one refresh a customer and month")
    facts = (
        ("adapter_refreshes_per_month", "2026-06", len(CUSTOMERS), "count", "used", *contract),
        (
            "tasks",
            "2026-06",
            624_000,
            "count",
            "used",
            "board pack June 2026",
            "p. 4",
            "C",
            "claims and underwriting",
        ),
    )
    return {
        "bills/aws_cur.csv.gz": packed(aws_cur_csv(AWS)),
        "bills/databricks_usage.csv.gz": packed(databricks_usage_csv(DATABRICKS)),
        "usage/daily.csv.gz": packed(usage_csv(FLOWS, months=LAST_TWELVE)),
        "usage/requests_2026-06.csv.gz": packed(requests_csv(NAME, FEATURES, AUDIENCES)),
        "drivers.csv": drivers_csv(_drivers()).encode(),
        "training_runs.csv": runs_csv(RUNS).encode(),
        "facts.csv": facts_csv(facts).encode(),
    }
