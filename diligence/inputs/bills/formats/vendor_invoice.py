"""Invoices of all other vendors: software, data, labelling and people, in the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diligence.inputs.bills.formats import gpu_cloud
from diligence.inputs.bills.formats.invoice_lines import (
    OTHER_TABLES,
    TOTALS_LEFT_OUT,
    checks_of_invoice,
    has_columns_of_invoice,
    is_line,
    select_of_invoice,
)
from diligence.inputs.bills.layout import BillFormat
from diligence.inputs.bills.systems import common_system

if TYPE_CHECKING:
    import pyarrow as pa

_GPU_CLOUD = "gpu_cloud"
_EXPORTS = (
    *("ChargeType", "ChargeCategory", "ChargePeriodStart", "Cost type", "Credit type", "cost_type"),
    *("SKU description", "Service description", "service_description", "sku_description"),
    *("line_item", "api_key_id", "project_id", "usage_quantity", "lineItem/UnblendedCost"),
    *("line_item_unblended_cost", "SubscriptionId", "SubscriptionName", "ResourceGroup"),
)
"""Columns of exports that lack others they need: better told so than read as an invoice."""
_MACHINE_WORDS = (
    r"(?i)(^|[^a-z])(gpus?|nvidia|a100|h100|h200|b200|b300|gb200|gb300|l40s?|mi300x?|mi325x?|tpu|"
    r"accelerators?|(gpu|compute|hgx|dgx) (nodes?|instances?|clusters?)|node-hours?)([^a-z]|$)"
)


def _refined(lines: pa.Table) -> BillFormat | None:
    """An invoice of a GPU cloud, whose header need not say so."""
    import pyarrow.compute as pc

    names_machines = any(
        pc.any(pc.match_substring_regex(lines[column], _MACHINE_WORDS)).as_py()
        for column in ("text", "usage_type", "unit")
    )
    suppliers = pc.unique(lines["supplier"]).to_pylist()
    is_rented = names_machines or common_system(suppliers) == _GPU_CLOUD
    return gpu_cloud.FORMATS[0] if is_rented else None


FORMATS: tuple[BillFormat, ...] = (
    BillFormat(
        name="vendor_invoice",
        title="Vendor invoice",
        system="vendor_invoice",
        required=(),
        select=select_of_invoice,
        checks=checks_of_invoice,
        where=is_line,
        left_out=TOTALS_LEFT_OUT,
        fits=has_columns_of_invoice,
        forbidden=(*OTHER_TABLES, *_EXPORTS),
        refined=_refined,
    ),
)
