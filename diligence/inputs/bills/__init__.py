"""Bills and usage exports of every billing system, read to one exact record."""

from diligence.inputs.bills.bill import Bill, BillLine
from diligence.inputs.bills.layout import BillFormat, Check, Header, Remark
from diligence.inputs.bills.overlaps import overlapping_bills
from diligence.inputs.bills.read import read_bill
from diligence.inputs.bills.systems import system_of

__all__ = [
    "Bill",
    "BillFormat",
    "BillLine",
    "Check",
    "Header",
    "Remark",
    "overlapping_bills",
    "read_bill",
    "system_of",
]
