"""Large FOCUS bills to measure with: seeded, so that every run writes the same rows.

A year of an AI company on AWS. The vocabulary is that of real bills: descriptions of some thirty
services by region and size, a day a row, tags and resource names that name teams, jobs and
endpoints, purchases, credits, taxes and corrections among the usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20260131
CHUNK = 250_000
FIRST_DAY = date(2025, 1, 1)
DAYS = 365
COST = pa.decimal128(20, 10)
REGIONS = {
    "us-east-1": ("USE1", "US East (N. Virginia)"),
    "us-west-2": ("USW2", "US West (Oregon)"),
    "eu-west-1": ("EUW1", "EU (Ireland)"),
    "eu-central-1": ("EUC1", "EU (Frankfurt)"),
    "ap-northeast-1": ("APN1", "Asia Pacific (Tokyo)"),
    "ap-south-1": ("APS3", "Asia Pacific (Mumbai)"),
}
_BOXES = ("p5.48xlarge", "p4d.24xlarge", "g5.xlarge", "g5.12xlarge", "g6e.2xlarge", "trn1.32xlarge")
_PLAIN = ("m5.large", "c6i.4xlarge", "r6g.2xlarge", "t3.medium", "m7i.8xlarge", "c7g.xlarge")
_ML = tuple(f"ml.{box}" for box in (*_BOXES, "m5.xlarge", "c5.2xlarge", "inf2.xlarge"))
_MODELS = ("Claude Sonnet 4", "Claude 3.5 Haiku", "Llama 3.1 70B", "Titan Text", "Nova Pro")
_DATABASE = ("db.r6g.large", "db.m5.xlarge", "db.t4g.medium")
# service, category, subcategory, meter, description, unit, variants
_OFFERS: tuple[tuple[str, str, str, str, str, str, tuple[str, ...]], ...] = (
    ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "BoxUsage:{v}",
     "$0.0 per On Demand Linux {v} Instance Hour", "Hours", (*_BOXES, *_PLAIN)),
    ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "SpotUsage:{v}",
     "{v} Linux/UNIX Spot Instance-hour in {r}", "Hours", (*_BOXES, *_PLAIN)),
    ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "UnusedBox:{v}",
     "{v} unused reservation hour", "Hours", _BOXES),
    ("Amazon Elastic Block Store", "Storage", "Block Storage", "EBS:VolumeUsage.{v}",
     "GB-month of {v} provisioned storage - {r}", "GB-Mo", ("gp2", "gp3", "io2", "st1")),
    ("Amazon SageMaker", "AI and Machine Learning", "AI Platforms", "Train:{v}",
     "Amazon SageMaker Training {v} per hour", "Hours", _ML),
    ("Amazon SageMaker", "AI and Machine Learning", "AI Platforms", "Host:{v}",
     "Amazon SageMaker Hosting {v} per hour", "Hours", _ML),
    ("Amazon SageMaker", "AI and Machine Learning", "AI Platforms", "Notebk:{v}",
     "Amazon SageMaker Notebook instance {v} per hour", "Hours", _ML),
    ("Amazon SageMaker", "AI and Machine Learning", "AI Platforms", "Processing:{v}",
     "Amazon SageMaker Processing {v} per hour", "Hours", _ML),
    ("Amazon SageMaker", "AI and Machine Learning", "AI Platforms", "Cluster:{v}",
     "SageMaker HyperPod cluster {v} per hour", "Hours", _ML),
    ("Amazon SageMaker", "AI and Machine Learning", "AI Platforms", "Tsform:{v}",
     "Amazon SageMaker Batch Transform {v} per hour", "Hours", _ML),
    ("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "{v}-input-tokens",
     "AWS Marketplace {v} Million Input Tokens in {r}", "1K tokens", _MODELS),
    ("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "{v}-output-tokens",
     "AWS Marketplace {v} Million Output Tokens in {r}", "1K tokens", _MODELS),
    ("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "{v}-cache-read-tokens",
     "{v} cache read input tokens", "1K tokens", _MODELS),
    ("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "{v}-batch-output-tokens",
     "{v} batch output tokens", "1K tokens", _MODELS),
    ("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "{v}-Customization-Training",
     "{v} model customization training", "1K tokens", _MODELS),
    ("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "Guardrail-{v}",
     "Guardrail text units, {v}", "Units", ("ContentPolicy", "Topic", "PII")),
    ("Amazon Simple Storage Service", "Storage", "Object Storage", "TimedStorage-{v}",
     "{v} storage, first 50 TB / month of storage used", "GB-Mo",
     ("ByteHrs", "INT-FA-ByteHrs", "GlacierByteHrs", "SIA-ByteHrs")),
    ("Amazon Simple Storage Service", "Storage", "Object Storage", "Requests-{v}",
     "per 1,000 {v} requests", "Requests", ("Tier1", "Tier2", "GDA-Tier1")),
    ("AWS Data Transfer", "Networking", "Content Delivery", "DataTransfer-{v}-Bytes",
     "$0.0 per GB - data transfer {v}", "GB", ("Out", "Regional", "In", "AWS-Out")),
    ("Amazon CloudFront", "Networking", "Content Delivery", "DataTransfer-{v}-Bytes",
     "CloudFront data transfer {v}", "GB", ("Out", "OBytes")),
    ("Amazon Relational Database Service", "Databases", "Relational Databases", "InstanceUsage:{v}",
     "RDS {v} Multi-AZ PostgreSQL", "Hours", _DATABASE),
    ("Amazon DynamoDB", "Databases", "NoSQL Databases", "{v}-Units",
     "DynamoDB {v} request units", "Units", ("ReadRequest", "WriteRequest")),
    ("Amazon OpenSearch Service", "Analytics", "Search", "{v}OCU",
     "OpenSearch Serverless {v} OCU hours", "Hours", ("Search", "Indexing")),
    ("Amazon Elastic Kubernetes Service", "Compute", "Containers", "AmazonEKS-Hours:{v}",
     "Amazon EKS cluster usage in {r}, {v}", "Hours", ("perCluster", "extendedSupport")),
    ("AWS Lambda", "Compute", "Serverless Compute", "Lambda-GB-Second{v}",
     "AWS Lambda - compute, {v}", "Second", ("", "-ARM")),
    ("Amazon CloudWatch", "Management and Governance", "Observability", "CW:{v}",
     "CloudWatch {v}", "Metrics", ("MetricMonitorUsage", "Requests", "AlarmMonitorUsage")),
    ("AWS Key Management Service", "Security", "Security", "KMS-{v}",
     "{v} for AWS KMS", "Requests", ("Requests", "Keys")),
    ("AWS Support", "Other", "Other", "Support-{v}", "AWS Support ({v})", "USD",
     ("Business", "Enterprise")),
    ("Amazon Transcribe", "AI and Machine Learning", "Speech", "TranscribeAudio{v}",
     "Amazon Transcribe per second of audio, {v}", "Second", ("", "-Streaming")),
    ("Amazon Virtual Private Cloud", "Networking", "Networking", "{v}-Hours",
     "{v} hour charge in {r}", "Hours", ("NatGateway", "VpcEndpoint", "PublicIPv4:InUseAddress")),
)  # fmt: skip
_SIZES = ("", ", reserved", ", savings plan", ", dedicated", ", tier 2")
_NAMES = (
    "vllm-serving", "llm-sft-run", "search-embeddings", "prod-api", "rlhf-reward-model",
    "eval-harness", "ci-runner", "data-lake", "chat-inference", "pretrain-7b", "staging-gateway",
    "warehouse", "checkout", "notebook-anna", "feature-store", "batch-scoring", "corp-it",
)  # fmt: skip
_TEAMS = ("research", "platform", "search", "growth", "data", "security", "applied-ml", "finance")
_ACCOUNTS = ("prod", "research", "sandbox", "data-platform", "shared-services", "training")
_KINDS = ("Usage", "Usage", "Usage", "Usage", "Usage", "Usage", "Purchase", "Tax", "Credit")


def write_bill(path: Path, *, rows: int, resources: int, is_exact: bool = True) -> None:
    """Write a FOCUS 1.0 bill of AWS as Parquet.

    Parameters
    ----------
    resources
        Distinct resource ids; each stands in one kind of line, on days close to each other when
        there are many.
    is_exact
        Costs as decimals of ten places; else as doubles, as some exports have them.
    """
    random = np.random.default_rng(SEED)
    lines = _lines(random)
    texts = {name: pa.array([line[name] for line in lines]) for name in lines[0]}
    weights = random.pareto(1.2, len(lines)) + 0.05
    share = np.cumsum(weights) / weights.sum()
    many = resources > 10 * len(lines)
    owner = np.arange(resources) * 0.6180339887498949 % 1.0
    owner = np.searchsorted(share, owner) if many else np.arange(resources) % len(lines)
    names = [lines[place]["ResourceName"] or _NAMES[place % len(_NAMES)] for place in owner]
    ids = _resource_ids(random, names)
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        place = np.arange(start, start + count)
        day = place * DAYS // rows
        if many:
            resource = place * resources // rows + random.integers(0, 200, count)
            resource %= resources
            chosen = owner[resource]
        else:
            chosen = np.searchsorted(share, random.random(count))
            resource = chosen + len(lines) * random.integers(0, resources // len(lines), count)
        table = _rows(random, texts, chosen, ids.take(pa.array(resource)), day, is_exact=is_exact)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=CHUNK)
    if writer:
        writer.close()


def _lines(random: np.random.Generator) -> list[dict[str, str | None]]:
    return [
        _line(random, offer, region, variant, size)
        for offer in _OFFERS
        for region in REGIONS
        for variant in offer[6]
        for size in _SIZES
    ]


def _line(
    random: np.random.Generator,
    offer: tuple[str, str, str, str, str, str, tuple[str, ...]],
    region: str,
    variant: str,
    size: str,
) -> dict[str, str | None]:
    service, category, _, _, description, unit, _ = offer
    short, title = REGIONS[region]
    kind = _KINDS[int(random.integers(len(_KINDS)))]
    name = _NAMES[int(random.integers(len(_NAMES)))]
    team = _TEAMS[int(random.integers(len(_TEAMS)))]
    account = int(random.integers(len(_ACCOUNTS)))
    tags = "{}"
    if random.random() < 0.6:
        tags = (
            f'{{"user:app": "{name}", "user:team": "{team}", "user:env": "{_ACCOUNTS[account]}"}}'
        )
    text = f"{description.format(v=variant, r=title)}{size} ({short})"
    reserved = size in (", reserved", ", savings plan") and kind == "Usage"
    return {
        "BillingAccountId": "418027715530",
        "BillingCurrency": "USD",
        "ChargeCategory": kind,
        "ChargeClass": "Correction" if random.random() < 0.02 else None,
        "ChargeDescription": text,
        "ChargeFrequency": "One-Time" if kind == "Purchase" else "Usage-Based",
        "CommitmentDiscountStatus": ("Unused" if random.random() < 0.1 else "Used")
        if reserved
        else None,
        "ConsumedUnit": unit,
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "PricingCategory": "Committed" if reserved else "Standard",
        "PricingUnit": unit,
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "RegionId": region,
        "RegionName": title,
        "ResourceName": name if random.random() < 0.5 else None,
        "ServiceCategory": category,
        "ServiceName": service,
        "SkuId": f"{abs(hash_of(text)):016X}",
        "SkuPriceId": f"{abs(hash_of(text + 'price')):016X}",
        "SubAccountId": f"{100_000_000_000 + account:d}",
        "SubAccountName": _ACCOUNTS[account],
        "Tags": tags,
    }


def hash_of(text: str) -> int:
    """Number that stands for a text, the same in every run."""
    value = 0
    for sign in text.encode():
        value = (value * 1_000_003 + sign) % (1 << 61)
    return value


def _resource_ids(random: np.random.Generator, names: Sequence[str]) -> pa.Array:
    """Ids as clouds give them: hex, UUIDs, pod suffixes behind a name."""
    high, low = random.integers(0, 1 << 60, (2, len(names)))
    return pa.array(
        _resource_id(place // 7 % 4, name, f"{int(a):015x}", f"{int(b):015x}")
        for place, (name, a, b) in enumerate(zip(names, high, low, strict=True))
    )


def _resource_id(form: int, name: str, high: str, low: str) -> str:
    match form:
        case 0:
            return f"i-0{high}{low[:1]}"
        case 1:
            return f"arn:aws:sagemaker:us-east-1:418027715530:endpoint/{name}-{high[:10]}"
        case 2:
            return f"{name}/{high[:8]}-{high[8:12]}-4{low[:3]}-a{low[3:6]}-{low[3:15]}"
    return f"{name}-{_pod(high[:10])}-{_pod(low[:5])}"


def _pod(text: str) -> str:
    return "".join("bcdfghjklmnpqrstvwxz2456789"[int(sign, 16) + 5] for sign in text)


def _rows(
    random: np.random.Generator,
    texts: dict[str, pa.Array],
    chosen: np.ndarray,
    resource: pa.Array,
    day: np.ndarray,
    *,
    is_exact: bool,
) -> pa.Table:
    place = pa.array(chosen, pa.int32())
    columns: dict[str, pa.Array] = {name: cells.take(place) for name, cells in texts.items()}
    listed = random.integers(1_000_000, 10_000_000_000_000, len(chosen)) // 10 ** random.integers(
        0, 7, len(chosen)
    )
    rate = 60 + chosen % 41
    columns |= {
        "ListCost": _cost(listed, is_exact=is_exact),
        "ContractedCost": _cost(listed * rate // 100, is_exact=is_exact),
        "EffectiveCost": _cost(listed * (rate - 5) // 100, is_exact=is_exact),
        "BilledCost": _cost(listed * (rate - 5) // 100 * (chosen % 9 > 0), is_exact=is_exact),
        "ConsumedQuantity": _cost(random.integers(1, 1 << 40, len(chosen)), is_exact=is_exact),
        "ResourceId": resource,
        **dict(_times(day)),
    }
    return pa.table({name: columns[name] for name in sorted(columns)})


def _cost(units: np.ndarray, *, is_exact: bool) -> pa.Array:
    """Ten-thousand-millionths of a dollar; doubles keep six places, as exporters round them."""
    if not is_exact:
        return pa.array((units // 10_000) / 1e6)
    wide = np.zeros((len(units), 2), np.int64)
    wide[:, 0] = units
    return pa.Array.from_buffers(COST, len(units), [None, pa.py_buffer(wide.tobytes())])


def _times(day: np.ndarray) -> Iterator[tuple[str, pa.Array]]:
    first = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    ends = [first + timedelta(days=number) for number in range(DAYS + 1)]
    months = [moment.replace(day=1) for moment in ends]
    times = pa.timestamp("us", "UTC")
    for name, moments, offset in (
        ("ChargePeriodStart", ends, 0),
        ("ChargePeriodEnd", ends, 1),
        ("BillingPeriodStart", months, 0),
    ):
        yield name, pa.array(moments, times).take(pa.array(day + offset))
