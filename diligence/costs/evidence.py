"""What a cost line shows about its purpose, sorted by the strength of the evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from diligence.costs.opaque_ids import without_ids
from diligence.costs.phrases import fold
from diligence.inputs.bills.bill import BillLine
from diligence.inputs.caption_roles import account_role
from diligence.inputs.deal import Archetype, LedgerLine, Role

_NAMED_IN_TEXT = re.compile(r'\b(\w[\w.-]*)=("[^"]*"|[\w./:-]+)|"([^"]+)"')
_NAMED_THING = re.compile(
    r"\b(?:pool|pod ?name|cluster|namespace|deployment|endpoint|job|jobs|label|partition|project"
    r"|queue|node group|bucket|compartment)(?::| -)? ([a-z]\w*(?:[-_]\w+)+)\b"
    r"(?<!hour)(?<!hours)(?<!hrs)(?<!minutes)(?<!month)(?<!fee)",
    re.IGNORECASE,
)
_NOT_A_SUPPLIER = frozenset(
    ("vendor", "invoice", "export", "billing", "bill", "cost", "costs", "report", "usage", "api")
)
_SYSTEM_WORDS = (
    ("aws", ("aws", "amazon", "bedrock", "sagemaker")),
    ("azure", ("azure", "microsoft")),
    ("gcp", ("gcp", "google", "vertex")),
    ("openai", ("openai",)),
    ("anthropic", ("anthropic",)),
    ("databricks", ("databricks",)),
    ("oracle", ("oracle", "oci")),
    ("general_ledger", ("ledger", "trial_balance", "pnl", "gl")),
    ("vendor_invoice", ("vendor", "invoice_register", "ap_register")),
    ("gpu_cloud", ("coreweave", "lambda", "together", "runpod", "crusoe", "nebius", "gpu")),
)


def system_of(source_system: str) -> str:
    """Billing system whose own rules apply to a source; the source itself when it has none.

    Examples
    --------
    >>> system_of("aws_cur"), system_of("coreweave_invoice"), system_of("modal")
    ('aws', 'gpu_cloud', 'modal')
    """
    folded = source_system.strip().lower()
    parts = re.split(r"[^a-z0-9]+", folded)
    for system, words in _SYSTEM_WORDS:
        if any(
            word in parts or word in folded.split() or folded.startswith(word) for word in words
        ):
            return system
    return folded


@dataclass(frozen=True)
class Evidence:
    """The words of one line, by kind of evidence.

    ``names`` holds tags, projects, workspaces, jobs, resources and what a bookkeeper wrote on
    the line; ``product`` the service and operation; ``meter`` description, usage type, SKU;
    ``account`` and ``vendor`` what their names say; ``sibling`` the line of the same project and
    day that tells what this one was for. ``kind`` and ``commitment`` are a bill's (usage, purchase,
    credit, ...; used, unused).
    """

    system: str = ""
    names: str = ""
    product: str = ""
    meter: str = ""
    account: str = ""
    vendor: str = ""
    sibling: str = ""
    kind: str = ""
    commitment: str = ""
    role: Role | None = None
    archetype: Archetype | None = None

    @cached_property
    def words(self) -> dict[str, str]:
        """Folded words by kind of evidence; ``all`` joins them."""
        words = {
            "tag": fold(self.names),
            "product": fold(self.product),
            "meter": fold(self.meter),
            "account": fold(self.account),
            "vendor": fold(self.vendor),
            "sibling": fold(self.sibling),
        }
        words["all"] = " | ".join(
            word for name, word in words.items() if word and name != "sibling"
        )
        words["unresolved"] = words["account"]
        return words


def evidence_of_text(*, source_system: str, text: str, service: str, usage_type: str) -> Evidence:
    """Evidence of a line as four texts: what stands after `` | `` in the text are names.

    In books the text is the memo, the service the account and the usage type the vendor.
    """
    system = system_of(source_system)
    described, _, names = text.partition(" | ")
    if system == "general_ledger":
        return Evidence(
            system=system,
            names=" | ".join((described, names)),
            account=service,
            vendor=" | ".join((usage_type, described, service)),
            role=account_role(service),
        )
    return Evidence(
        system=system,
        names=" | ".join(part for part in (names, _named(described)) if part),
        product=service,
        meter=described if usage_type == described else f"{described} | {usage_type}",
        vendor=f"{_supplier_words(source_system)} | {service}",
    )


def _supplier_words(source_system: str) -> str:
    """Words of a source's name that may name its supplier: ``vast_ai``, not ``invoice``."""
    parts = re.split(r"[^a-z0-9]+", source_system.lower())
    return " ".join(part for part in parts if part not in _NOT_A_SUPPLIER)


def evidence_of_bill(line: BillLine, system: str) -> Evidence:
    """Evidence of a distinct line of a bill."""
    known = map(without_ids, (line.tags, line.project, line.resource))
    names = (*known, _named(line.text))
    meters = dict.fromkeys((line.text, line.usage_type))
    return Evidence(
        system=system,
        names=" | ".join(name for name in names if name),
        product=" | ".join(part for part in (line.service, line.operation) if part),
        meter=" | ".join(meter for meter in meters if meter),
        vendor=" | ".join(part for part in (line.supplier, line.service) if part),
        sibling=line.sibling,
        kind=line.kind,
        commitment=line.commitment,
    )


def evidence_of(line: LedgerLine, archetype: Archetype) -> Evidence:
    """Evidence of a cost line: of the bill that details it, else of the books."""
    if line.bill is None:
        return _evidence_of_books(line, archetype)
    return evidence_of_bill(line.bill, line.system)


def _evidence_of_books(line: LedgerLine, archetype: Archetype) -> Evidence:
    """What was written on a ledger line, its account, its vendor."""
    return Evidence(
        system="general_ledger",
        names=" | ".join(part for part in (line.project, line.text) if part),
        account=" | ".join(
            part for part in (line.account, line.department, line.code, line.parent) if part
        ),
        vendor=" | ".join(part for part in (line.vendor, line.text, line.account) if part),
        role=line.role,
        archetype=archetype,
    )


def _named(text: str) -> str:
    """Names inside a description: ``partition=train``, quoted names, ``pool chat-emea``."""
    found = [match.group(0) for match in _NAMED_IN_TEXT.finditer(text)]
    found += [match.group(1) for match in _NAMED_THING.finditer(text)]
    return " | ".join(found)
