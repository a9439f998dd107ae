"""Which billing system a supplier's charges belong to."""

from __future__ import annotations

from collections.abc import Iterable

OTHER_SYSTEM = "other"
_WORDS = {
    "amazon": "aws",
    "aws": "aws",
    "bedrock": "aws",
    "sagemaker": "aws",
    "microsoft": "azure",
    "azure": "azure",
    "azure_ai": "azure",
    "google": "gcp",
    "gcp": "gcp",
    "vertex_ai": "gcp",
    "gemini": "gcp",
    "oracle": "oracle",
    "openai": "openai",
    "anthropic": "anthropic",
    "databricks": "databricks",
    "coreweave": "gpu_cloud",
    "lambda": "gpu_cloud",
    "together": "gpu_cloud",
    "together_ai": "gpu_cloud",
    "runpod": "gpu_cloud",
    "crusoe": "gpu_cloud",
    "nebius": "gpu_cloud",
    "vast": "gpu_cloud",
    "modal": "gpu_cloud",
    "replicate": "gpu_cloud",
    "paperspace": "gpu_cloud",
    "fluidstack": "gpu_cloud",
}


def system_of(supplier: str) -> str:
    """Billing system of a supplier as a bill names it.

    Examples
    --------
    >>> system_of("Amazon Web Services, Inc."), system_of("CoreWeave"), system_of("Acme Co")
    ('aws', 'gpu_cloud', 'other')
    """
    words = supplier.casefold().replace(",", " ").replace(".", " ").replace("/", " ").split()
    return next((_WORDS[word] for word in words if word in _WORDS), OTHER_SYSTEM)


def common_system(suppliers: Iterable[str]) -> str | None:
    """Billing system that all suppliers share; None when they differ."""
    found = {system_of(supplier) for supplier in suppliers}
    return found.pop() if len(found) == 1 else None
