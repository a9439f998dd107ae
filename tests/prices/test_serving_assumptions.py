"""Rents and use of accelerators in the register: dates, ranges, and where they come from."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.prices.accelerators import accelerators
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.serving_assumptions import ServingAssumptions, read_serving_assumptions

VARIABLE = "DILIGENCE_REFERENCE_DATA"
PRICES = Path(os.environ.get(VARIABLE, ""), "gpu-prices")
AS_OF = date(2026, 9, 30)
# our name -> names in the daily rental price data
LISTED_AS = {
    "a100": ["a100", "a100-sxm-80"],
    "h100": ["h100", "h100-sxm"],
    "h200": ["h200"],
    "b200": ["b200"],
    "l40s": ["l40s"],
    "mi300x": ["mi300x"],
}


@pytest.fixture(scope="module")
def register() -> AssumptionRegister:
    return AssumptionRegister.load(AS_OF)


def test_every_rent_belongs_to_an_accelerator(register: AssumptionRegister) -> None:
    rents = [n.removeprefix("gpu_rent_") for n in register.names if n.startswith("gpu_rent_")]

    assert set(rents) <= set(accelerators())
    for name in rents:
        stated = read_serving_assumptions(register, accelerator=name)
        assert Decimal("0.5") < stated.usd_per_gpu_hour.base < 10
        assert len(stated.sources) == 4


def test_the_rent_is_the_one_of_its_date() -> None:
    early = AssumptionRegister.load(date(2025, 1, 31))
    middle = AssumptionRegister.load(date(2026, 6, 15))

    assert read_serving_assumptions(early, accelerator="h100").usd_per_gpu_hour.base == (
        Decimal("4.4")
    )
    # mid-2026: H100 1.99 to 3.50 in newer clouds, CoreWeave's list 6.16
    stated = read_serving_assumptions(middle, accelerator="h100").usd_per_gpu_hour
    assert (stated.low, stated.high) == (Decimal("1.99"), Decimal("6.16"))


@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not (PRICES / "gpurentalprices_daily.csv.gz").exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
@pytest.mark.parametrize("name", LISTED_AS)
def test_rents_of_2026_are_percentiles_of_suppliers(
    register: AssumptionRegister, name: str
) -> None:
    table = pd.read_csv(PRICES / "gpurentalprices_daily.csv.gz")
    listed = table[table["kind"].isin(["on-demand", "secure"]) & table["gpu"].isin(LISTED_AS[name])]
    by_supplier = listed.groupby("provider")["usd_gpu_hour"].median()
    low, base, high = by_supplier.quantile([0.1, 0.5, 0.9])
    rent = read_serving_assumptions(register, accelerator=name).usd_per_gpu_hour

    assert [float(case) for case in rent.cases] == pytest.approx([low, base, high], abs=0.02)
    entry = register.get(f"gpu_rent_{name}")
    assert f"{len(by_supplier)} suppliers" in entry.source
    assert entry.effective_date == date(2026, 7, 5)


@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not (PRICES / "fsdl_cloud_gpus_2022_2024.csv").exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
@pytest.mark.parametrize(
    ("name", "listed_as"),
    [("h100", ["H100 (80 GB)", "H100 HGX (80GB)", "H100 PCIe (80GB)"]), ("a100", ["A100 (80 GB)"])],
)
def test_rents_of_2024_are_percentiles_of_suppliers(name: str, listed_as: list[str]) -> None:
    table = pd.read_csv(PRICES / "fsdl_cloud_gpus_2022_2024.csv")
    day = "2024-07-01"
    listed = table[
        table["gpu"].isin(listed_as) & (table["first_seen"] <= day) & (table["last_seen"] >= day)
    ]
    rent = pd.to_numeric(listed["usd_gpu_hour"], errors="coerce")
    by_supplier = rent.groupby(listed["cloud"]).median().dropna()
    register = AssumptionRegister.load(date(2025, 1, 31))
    stated = read_serving_assumptions(register, accelerator=name).usd_per_gpu_hour

    found = by_supplier.quantile([0.1, 0.5, 0.9])
    assert [float(case) for case in stated.cases] == pytest.approx(list(found), abs=0.01)
    assert f"{len(by_supplier)} suppliers" in register.get(f"gpu_rent_{name}").source


def test_no_rent_before_the_first_listing() -> None:
    with pytest.raises(
        InputError, match=r"gpu_rent_h200 has no value in force .*'USD per GPU-hour'"
    ):
        read_serving_assumptions(AssumptionRegister.load(date(2024, 1, 1)), accelerator="h200")


def test_an_accelerator_without_a_rent_is_refused(register: AssumptionRegister) -> None:
    with pytest.raises(InputError, match=r"no rent of 'mi325x'; it has a100, b200"):
        read_serving_assumptions(register, accelerator="mi325x")


def test_shares_above_one_are_refused() -> None:
    one = ScenarioRange.point(1)
    with pytest.raises(InputError, match="utilisation is Decimal.'1.2'.; give a share above 0"):
        ServingAssumptions(one, ScenarioRange.of("0.5", 1, "1.2"), one, one)


def test_cases_that_do_not_rise_are_refused() -> None:
    with pytest.raises(InputError, match="low 3, base 2, high 4 do not rise; order the cases"):
        ScenarioRange.of(3, 2, 4)


def test_a_range_is_written_with_its_ends() -> None:
    assert f"{ScenarioRange.of('1', '2', '3'):.1f}" == "2.0 (1.0 to 3.0)"
    assert f"{ScenarioRange.point('2'):.1f}" == "2.0"
    assert ScenarioRange.kind == "scenario range"
