"""What a sample deal's last twelve months really were, which its files do not say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from months import LABELS, LAST_TWELVE
from sample_deal import BELOW, BUCKETS, Account, Booking, Charge, SampleDeal

Cents = Mapping[str, float]
SERVING = ("paid", "promo", "free", "recurring_finetune")


def truth_of(deal: SampleDeal) -> dict[str, object]:
    """Dollars by what they really were: as booked, in substance, and by bill."""
    booked = _added(_booked(deal, account) for account in deal.accounts)
    economic = _economic(deal)
    revenue = sum(deal.net_revenue(plan)[i] for plan in deal.plans for i in LAST_TWELVE)
    other = sum(
        _booked(deal, account).get("neither", 0.0)
        for account in deal.accounts
        if account.role == "cost_of_revenue"
    )
    return {
        "period": f"{LABELS[LAST_TWELVE.start]} to {LABELS[-1]}",
        "net_revenue": _dollars(revenue),
        "booked": _by_bucket(booked),
        "booked_total": _dollars(sum(booked.values())),
        "economic": _by_bucket(economic),
        "other_cost_of_revenue": _dollars(other),
        "serving_share_of_ai_cost": _serving_share(economic),
        "paid_margin": _margin(revenue, other + economic.get("paid", 0.0)),
        "fully_loaded_margin": _margin(
            revenue, other + sum(economic.get(name, 0.0) for name in SERVING)
        ),
        "bills": {name: _bill(deal, name) for name in deal.bills},
    }


def _bill(deal: SampleDeal, name: str) -> dict[str, object]:
    bookings = [a for a in deal.accounts if isinstance(a, Booking) and a.bill == name]
    used = _added(_mix(deal.bills[name], month, "effective") for month in LAST_TWELVE)
    return {
        "billed": _dollars(sum(deal.invoice(name, month) for month in LAST_TWELVE)),
        "used": _by_bucket(used),
        "vendor": bookings[0].vendor,
        "booked_late_by_months": bookings[0].lag,
        "months_booked_by_estimate": dict(bookings[0].gaps),
    }


def _booked(deal: SampleDeal, account: Account | Booking) -> Cents:
    if account.role in BELOW:
        return {}
    series = deal.booked(account)
    if isinstance(account, Account):
        total = sum(series[i] for i in LAST_TWELVE)
        return {name: total * share for name, share in account.truth.items()}
    months = []
    for month in LAST_TWELVE:
        mix = _mix(deal.bills[account.bill], month - account.lag, "billed")
        scale = series[month] / sum(mix.values())
        months.append({name: cents * scale for name, cents in mix.items()})
    return _added(months)


def _economic(deal: SampleDeal) -> Cents:
    """As used and before credits; nothing on the balance sheet, nothing written off again."""
    used = [
        _mix([charge for charge in charges if charge.kind != "credit"], month, "effective")
        for charges in deal.bills.values()
        for month in LAST_TWELVE
    ]
    for account in deal.accounts:
        if isinstance(account, Account) and account.role not in BELOW:
            total = sum(account.cents[i] for i in LAST_TWELVE)
            truth = account.economic_truth
            used.append({name: total * share for name, share in truth.items()})
    return _added(used)


def _mix(charges: Iterable[Charge], month: int, view: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for charge in charges:
        cents = charge.billed[month] if view == "billed" else charge.effective[month]
        for bucket, share in charge.truth.items():
            found[bucket] += cents * share
    return found


def _added(parts: Iterable[Cents]) -> Cents:
    found: dict[str, float] = defaultdict(float)
    for part in parts:
        for bucket, cents in part.items():
            found[bucket] += cents
    return found


def _by_bucket(found: Cents) -> dict[str, int]:
    return {name: _dollars(found.get(name, 0.0)) for name in BUCKETS}


def _dollars(cents: float) -> int:
    return round(cents / 100)


def _serving_share(found: Cents) -> float:
    serving = sum(found.get(name, 0.0) for name in SERVING)
    return round(serving / (serving + found.get("training", 0.0)), 4)


def _margin(revenue: int, cost: float) -> float:
    return round((revenue - cost) / revenue, 4)
