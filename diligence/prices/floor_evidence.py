"""Where the rungs under a price come from: a seller's margins, or the rent of the chips."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from diligence.errors import InputError
from diligence.prices.accelerators import Accelerator
from diligence.prices.checked_numbers import positive
from diligence.prices.model_architectures import ModelArchitecture
from diligence.prices.model_serving_cost import RequestShape, ServingCost, estimate_serving_cost
from diligence.prices.price_floor import BLENDED, USD_PER_MTOK, FloorRung, PriceFloor
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.serving_assumptions import ServingAssumptions
from diligence.prices.supplier_margins import RUNGS, RungKey, SupplierMargin

_NEEDS: dict[RungKey, str] = {
    "peak_load": "throughput and rent of the fleet at peak load",
    "realised_use": "compute margin on paying users",
    "free_users": "gross margin with free users' serving in cost of revenue",
    "post_training": "cost of post-training apart from other training",
    "amortised_training": "training cost and revenue of the same period",
    "operating": "operating margin",
    "target_margin": "a rung with training or all operating cost",
}
_NEEDS_OF_CLOUD: dict[RungKey, str] = {
    "peak_load": "cost of the cloud's fleet when all of it is rented",
    "realised_use": "margin after depreciation of the fleet",
}
_NOT_BORNE: dict[str, tuple[RungKey, ...]] = {
    "gpu_hours": ("free_users", "post_training", "amortised_training"),
    "open weights": ("free_users", "post_training", "amortised_training"),
}
_WIDE = "margins are of all the supplier sells; they are taken to hold for each model and token"
_FULL_COSTS: tuple[RungKey, ...] = ("operating", "amortised_training")


def floor_from_margins(
    margins: Iterable[SupplierMargin],
    *,
    supplier: str,
    price: Mapping[str, Decimal],
    model: str = "",
    input: str = "tokens",
    unit: str = USD_PER_MTOK,
    list_price: Decimal | None = None,
    target_margin: ScenarioRange | None = None,
) -> PriceFloor:
    """Read the rungs under a closed model's price from what its seller reports.

    Cost up to a rung is the price less the margin at that rung. A rung nobody reports is unknown:
    it is never filled in from another.

    Parameters
    ----------
    margins
        Reported margins, at most one a rung.
    supplier, model, unit, list_price
        As in `PriceFloor`.
    price
        Price by kind of token, with ``blended`` among them; above 0.
    input
        ``tokens``, or ``gpu_hours`` of a cloud that trains nothing and gives nothing away.
    target_margin
        Margin aimed at over the highest rung that holds training; without it that rung is unknown.

    Raises
    ------
    InputError
        When the price is not above 0 or has no ``blended`` part.

    Examples
    --------
    >>> from diligence.prices.price_floor import price_floor_gap
    >>> from diligence.prices.supplier_margins import SupplierMargins
    >>> known = SupplierMargins.known(date(2026, 6, 30)).of("openai", input="tokens")
    >>> floor = floor_from_margins(known, supplier="openai", price={"blended": Decimal(5)})
    >>> print(price_floor_gap(floor, rung="realised_use").summary())
    rent at realised utilisation: ×0.30 (0.30 to 0.32) to reach, price covers it [C]
    >>> print(price_floor_gap(floor, rung="operating").summary())
    with all operating cost: ×2.60 to reach, price below it [B]

    The same price pays three times for paying users' compute and not half of the company.
    """
    prices, reported = _checked(price), tuple(margins)
    known = {margin.rung: _margin_rung(margin, prices) for margin in reported}
    rungs = _filled(known, input)
    rungs.append(_target(rungs, target_margin, _FULL_COSTS))
    is_wide = any(not margin.models for margin in reported)
    return PriceFloor(
        supplier=supplier,
        model=model,
        unit=unit,
        price=prices,
        list_price=list_price,
        rungs=tuple(rungs),
        basis="reported margins" if known else "no evidence",
        notes=(*_contradictions(rungs), *([_WIDE] if is_wide else [])),
    )


def floor_from_serving(
    architecture: ModelArchitecture,
    chip: Accelerator,
    *,
    supplier: str,
    model: str,
    price: Mapping[str, Decimal],
    assumptions: ServingAssumptions,
    request: RequestShape,
    n_gpu: int,
    list_price: Decimal | None = None,
    target_margin: ScenarioRange | None = None,
    dated: date | None = None,
) -> PriceFloor:
    """Build the rungs under an open-weight model's price from the rent of the chips up.

    A host of open weights bears no training and no free users, so that its floor is the rent at
    the utilisation it reaches, and its target margin on top.

    Parameters
    ----------
    architecture, chip, assumptions, request, n_gpu
        As in `estimate_serving_cost`.
    supplier, model, price, list_price, target_margin
        As in `floor_from_margins`; prices by ``input``, ``cached input``, ``output``, ``blended``.
    dated
        Day of the evidence.

    Raises
    ------
    InputError
        When the model does not fit or a number cannot be meant.
    """
    prices = _checked(price)
    busy = dataclasses.replace(assumptions, utilisation=ScenarioRange.point(1))
    used: dict[RungKey, ServingAssumptions] = {"peak_load": busy, "realised_use": assumptions}
    known = {
        key: _serving_rung(
            key,
            estimate_serving_cost(
                architecture, chip, assumptions=stated, request=request, n_gpu=n_gpu
            ),
            dated,
        )
        for key, stated in used.items()
    }
    rungs = _filled(known, "open weights")
    rungs.append(_target(rungs, target_margin, ("realised_use",)))
    return PriceFloor(
        supplier=supplier,
        model=model,
        unit=USD_PER_MTOK,
        price=prices,
        list_price=list_price,
        rungs=tuple(rungs),
        basis="serving cost",
        notes=("bottom up from rent; staff, storage and network are left out",),
    )


def _checked(price: Mapping[str, Decimal]) -> dict[str, Decimal]:
    if BLENDED not in price:
        raise InputError(f"the price has {', '.join(price) or 'nothing'}; it needs {BLENDED!r}")
    return {kind: positive(f"{kind} price", rate) for kind, rate in price.items()}


def _margin_rung(margin: SupplierMargin, price: Mapping[str, Decimal]) -> FloorRung:
    share = margin.cost_share
    return FloorRung(
        key=margin.rung,
        costs={
            kind: ScenarioRange(*(rate * case for case in share.cases))
            for kind, rate in price.items()
        },
        concept=margin.concept,
        grade=margin.grade,
        evidence_date=margin.period_end,
        source=margin.source,
    )


def _serving_rung(key: RungKey, cost: ServingCost, dated: date | None) -> FloorRung:
    return FloorRung(
        key=key,
        costs={
            "input": cost.usd_per_mtok_input,
            "cached input": cost.usd_per_mtok_cached_input,
            "output": cost.usd_per_mtok_output,
            BLENDED: cost.usd_per_mtok_blended,
        },
        concept=f"rent of {cost.n_gpu} x {cost.accelerator}",
        grade="E",
        evidence_date=dated,
        source="; ".join(cost.assumptions.sources),
    )


def _filled(known: Mapping[RungKey, FloorRung], input: str) -> list[FloorRung]:
    """Every rung but the target: what is not known, and what the seller does not bear.

    A cost that is not borne adds nothing: the rung costs what the one beneath it does.
    """
    needs = _NEEDS | (_NEEDS_OF_CLOUD if input == "gpu_hours" else {})
    rungs: list[FloorRung] = []
    for key in RUNGS:
        if key == "target_margin":
            continue
        if key in known:
            rungs.append(known[key])
        elif key in _NOT_BORNE.get(input, ()):
            rungs.append(dataclasses.replace(rungs[-1], key=key, state="not_borne"))
        else:
            rungs.append(FloorRung(key, None, "unknown", needs=needs[key]))
    return rungs


def _target(
    rungs: Iterable[FloorRung], target: ScenarioRange | None, stands_on: tuple[RungKey, ...]
) -> FloorRung:
    """Cost over 1 less the target margin, on the fullest cost known."""
    by_key = {rung.key: rung for rung in rungs}
    base = next((by_key[key] for key in stands_on if key in by_key and by_key[key].costs), None)
    if base is None or base.costs is None or target is None:
        needs = _NEEDS["target_margin"] if base is None else "supplier_target_margin"
        return FloorRung("target_margin", None, "unknown", needs=needs)
    return FloorRung(
        key="target_margin",
        costs={
            kind: ScenarioRange(
                *(c / (1 - t) for c, t in zip(cost.cases, target.cases, strict=True))
            )
            for kind, cost in base.costs.items()
        },
        concept=f"{base.name}, and a margin of {target:.0%} on the price",
        grade="E",
        evidence_date=base.evidence_date,
        source=f"supplier_target_margin on {base.name}: {base.source}",
    )


def _contradictions(rungs: Iterable[FloorRung]) -> Iterable[str]:
    """A fuller cost below a narrower one: figures of different times or concepts."""
    below: FloorRung | None = None
    for rung in rungs:
        if rung.costs is None:
            continue
        if below and below.costs and rung.costs[BLENDED].base < below.costs[BLENDED].base:
            yield (
                f"{rung.name} ({rung.evidence_date}) costs less than {below.name} "
                f"({below.evidence_date}): the two are of different times or concepts"
            )
        below = rung
