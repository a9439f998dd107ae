"""The billing formats that are read, one module a system."""

from diligence.inputs.bills.formats import (
    anthropic,
    aws,
    azure,
    databricks,
    focus,
    gcp,
    gpu_cloud,
    openai,
    vendor_invoice,
)
from diligence.inputs.bills.layout import BillFormat

ALL_FORMATS: tuple[BillFormat, ...] = (
    *focus.FORMATS,
    *aws.FORMATS,
    *azure.FORMATS,
    *gcp.FORMATS,
    *databricks.FORMATS,
    *openai.FORMATS,
    *anthropic.FORMATS,
    *gpu_cloud.FORMATS,
    *vendor_invoice.FORMATS,
)
"""Formats in the order of their modules; detection takes the one that requires most."""
