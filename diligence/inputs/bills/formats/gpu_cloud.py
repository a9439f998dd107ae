"""Invoices of GPU clouds: plain tables of what was rented, how long and at which rate."""

from __future__ import annotations

from diligence.inputs.bills.formats.invoice_columns import spelt_in_files
from diligence.inputs.bills.formats.invoice_lines import (
    OTHER_TABLES,
    TOTALS_LEFT_OUT,
    checks_of_invoice,
    is_line,
    select_of_invoice,
)
from diligence.inputs.bills.layout import BillFormat

_MACHINES = (
    *("gpu hours", "gpu hour", "gpu type", "gpu", "gpu count", "gpu model", "gpu type id"),
    *("rate per gpu hour", "price per gpu hour", "node hours", "node type", "node id", "node name"),
    *("instance type", "instance hours", "instance id", "instance name", "pod id", "pod name"),
    *("machine type", "accelerator", "accelerator type", "vm type", "vm id", "vm name"),
    *("capacity plan", "cluster", "cluster name", "namespace", "consumed quantity"),
)
_LABOUR = (
    *("annotator", "annotations", "tasks", "employee", "worker", "consultant", "timesheet"),
    *("seat", "seats"),
)
FORMATS: tuple[BillFormat, ...] = (
    BillFormat(
        name="gpu_cloud",
        title="GPU cloud invoice",
        system="gpu_cloud",
        required=(),
        select=select_of_invoice,
        checks=checks_of_invoice,
        where=is_line,
        left_out=TOTALS_LEFT_OUT,
        any_of=spelt_in_files(_MACHINES),
        forbidden=(*OTHER_TABLES, *_LABOUR),
    ),
)
