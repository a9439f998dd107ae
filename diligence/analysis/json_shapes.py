"""The JSON other programs rely on: keys may be added, never renamed; a missing value is null."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from diligence.analysis.deal_analysis import DealAnalysis
from diligence.costs import SupplierCheck


def split_json(analysis: DealAnalysis) -> dict[str, Any]:
    """Shape of ``diligence split --json``; amounts in reporting currency, shares as fractions."""
    split = analysis.split
    ratio = split.training_to_inference
    return {
        "company": analysis.company,
        "period": {
            "start": split.period.start.isoformat(),
            "end": split.period.end.isoformat(),
            "label": split.period.label,
        },
        "currency": split.currency,
        "split": {
            "training_capex": _number(split.training_capex),
            "inference_opex": _number(split.inference_opex),
            "shared_allocated": {
                "training_capex": _number(split.allocated_training),
                "inference_opex": _number(split.allocated_inference),
            },
            "shared_unresolved": _number(split.unresolved),
            "neither": _number(split.neither),
            "total": _number(split.total),
        },
        "ledger_total": _number(split.total),
        "margins": [
            {
                "rung": rung.rung,
                "segment": rung.segment,
                "low": _number(rung.low),
                "base": _number(rung.base),
                "high": _number(rung.high),
                "kind": rung.kind,
                "status": f"needs {rung.needs}" if rung.needs else "computed",
            }
            for scope in analysis.ladder.scopes
            for rung in scope.rungs
        ],
        "training_to_inference": {
            "low": _number(ratio.low),
            "base": _number(ratio.base),
            "high": _number(ratio.high),
        },
        "coverage": {
            "by_grade": {grade: _number(s) for grade, s in split.spend_by_grade.items()},
            "by_basis": {basis: _number(s) for basis, s in split.spend_by_basis.items()},
            "unresolved_share": _number(analysis.unresolved_share),
            "bills_share": _number(analysis.coverage.share_with_bills),
            "months": [
                {
                    "supplier": cell.supplier,
                    "month": cell.month.label,
                    "held": cell.held.replace(" ", "_"),
                    "booked": _number(cell.booked),
                }
                for cell in analysis.coverage.cells
            ],
        },
        "units": _units(analysis),
        "red_lines": [
            {
                "name": line.name,
                "subject": line.subject,
                "value": None if line.value is None else float(line.value),
                "threshold": _number(line.threshold),
                "comparison": line.comparison,
                "crossed": line.crossed,
                "needs": line.needs,
            }
            for line in analysis.units.red_lines.lines
        ],
        "reconciliation": [_supplier_check(check) for check in analysis.books.checks],
        "requests": [
            {
                "request": request.what,
                "why": request.why,
                "money": _number(request.money),
                "points": _number(request.points),
            }
            for request in analysis.requests
        ],
        "unresolved": [
            {
                "account": line.first.line.account,
                "text": line.first.line.text,
                "name": line.name,
                "amount": _number(line.amount),
                "class": line.first.item.cost_class,
                "alternatives": list(line.first.item.alternatives),
                "ask": line.first.item.ask,
                "rule": line.first.item.rule,
                "selector": line.selector,
                "source": line.first.line.source.citation,
            }
            for line in analysis.open_lines
        ],
    }


def _units(analysis: DealAnalysis) -> dict[str, Any]:
    """Unit costs over the months that usage covers; null with a status where not computable."""
    units = analysis.units
    costs, users, conversion = units.costs, units.users, units.conversion
    found: dict[str, Any] = {
        "status": "computed" if costs else f"needs {units.needs}",
        "share_of_users_below_zero": users.share_below_zero if users else None,
        "free_tier_cost_per_conversion": _number(conversion.per_conversion) if conversion else None,
    }
    if costs is None:
        empty = dict.fromkeys(("mean", "median", "p95"))
        return found | {
            "period": None,
            "serving_cost": None,
            "per_mtok": None,
            "per_query": empty,
        }
    query = costs.query
    return found | {
        "period": costs.period.label,
        "serving_cost": _number(costs.serving_cost),
        "per_mtok": _number(costs.per_mtok),
        "per_query": {"mean": _number(query.mean), "median": query.median, "p95": query.p95},
    }


def _supplier_check(check: SupplierCheck) -> dict[str, Any]:
    return {
        "supplier": check.supplier,
        "measure": check.measure,
        "lag_months": check.lag_months,
        "booked": _number(check.booked),
        "billed": _number(check.billed),
        "gap": _number(check.gap),
        "gap_share": _number(check.gap_share),
        "timing": _number(check.timing),
        "invoice_gap": _number(check.invoice_gap),
        "limit": _number(check.limit),
        "material": check.is_material,
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
