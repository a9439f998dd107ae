"""drivers.csv: rows of one selector, driver and period are the shares of a pool."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.inputs.drivers import read_drivers

HEADER = "period,selector,driver,workload,value,unit,low,high\n"
GOOD = (
    "2025-01,code=6300,gpu_hours,serving,60,GPU-hours,,\n"
    "2025-01,code=6300,gpu_hours,training,40,GPU-hours,35,45\n"
)


def test_two_workloads_share_a_pool(read_csv):
    (serving, training), problems = read_csv(read_drivers, HEADER + GOOD)
    assert problems == []
    assert (serving.workload, serving.stated, serving.value) == ("inference", "serving", 60)
    assert (training.low, training.high, training.unit) == (35, 45, "GPU-hours")
    assert serving.selector == "code=6300"
    assert serving.period.label == "2025-01"


def test_an_account_is_a_selector_too(read_csv):
    text = (
        "start,end,account_code,account,driver,workload,value,unit\n"
        "2025-01-01,2025-01-31,6300,,GPU-hours,pretraining,1,k GPU-hours\n"
        "2025-01-01,2025-01-31,,GPU cluster,headcount,idle,2,people\n"
    )
    (by_code, by_name), problems = read_csv(read_drivers, text)
    assert problems == []
    assert (by_code.selector, by_code.value, by_code.workload) == ("code=6300", 1000, "training")
    assert (by_name.selector, by_name.workload) == ("account=GPU cluster", "idle")


def test_percentages_become_fractions(read_csv):
    text = HEADER + (
        "2025,service=Amazon SageMaker*,tokens,inference,66.7,percent,,\n"
        "2025,service=Amazon SageMaker*,tokens,training,33.3,percent,30,40\n"
    )
    (inference, training), problems = read_csv(read_drivers, text)
    assert problems == []
    assert (inference.value, inference.unit) == (Decimal("0.667"), "share")
    assert (training.low, training.high) == (Decimal("0.3"), Decimal("0.4"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",60,", ",-60,", "value: found -60, expected zero or more"),
        (",60,", ",lots,", "value: found 'lots', expected a number"),
        (",60,", ",,", "value: found an empty cell, expected a number"),
        ("gpu_hours,serving", "gpu,serving", "driver: found 'gpu', expected one of gpu_hours"),
        ("gpu_hours,serving", "token,serving", "driver: found 'token', expected tokens"),
        ("serving", "servign", "workload: found 'servign', expected serving"),
        ("serving", "fun", "workload: found 'fun', expected one of training, inference"),
        ("GPU-hours", "", "unit: found an empty cell, expected a unit such as GPU-hours"),
        ("GPU-hours", "minutes", "unit: found 'minutes', expected a unit of gpu_hours: one of"),
        ("code=6300", "cod=6300", "selector: found 'cod=6300', expected a field: code"),
        ("code=6300", "", "selector: found an empty cell, expected one of selector"),
        ("code=6300", "code=*", "selector: found 'code=*', expected a value, or the start of"),
        ("2025-01", "soon", "period: found 'soon', expected a period such as 2024"),
        (",60,GPU-hours,,", ",60,GPU-hours,70,", "low: found 70, expected at most the value (60)"),
        (",60,GPU-hours,,", ",60,GPU-hours,,50", "high: found 50, expected at least the value"),
    ],
)
def test_each_mistake_names_its_cell(read_csv, old, new, words):
    drivers, problems = read_csv(read_drivers, HEADER + GOOD.replace(old, new, 1))
    assert [driver.workload for driver in drivers] == ["training"]
    assert any(line.startswith(f"x.csv:2:{words}") for line in problems), problems


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "2025-01,code=6300,tokens,idle,5,tokens,,\n",
            "4:driver: found 'tokens' for code=6300 in 2025-01, expected one driver a selector and "
            "period (gpu_hours in row 2)",
        ),
        (
            "2025-01,code=6300,gpu_hours,idle,5,percent,,\n",
            "4:unit: found 'share' beside 'GPU-hours' for code=6300 in 2025-01, expected all",
        ),
        (
            "2025-01,code=6300,gpu_hours,Serving,5,GPU-hours,,\n",
            "4:workload: found 'Serving' of 2025-01 a second time for code=6300, expected one row "
            "a workload (row 2 is the first)",
        ),
        (
            "2025Q1,code=6300,gpu_hours,idle,5,GPU-hours,,\n",
            "4:period: found 2025Q1, which overlaps 2025-01 in row 2, expected periods of "
            "code=6300 that do not overlap",
        ),
        (
            "2025-02,code=6300,gpu_hours,idle,0,GPU-hours,,\n",
            "4:value: found values for code=6300 in 2025-02 that add up to 0, expected at least",
        ),
        (
            "2025-02,code=6300,gpu_hours,idle,90,percent,,\n",
            "4:value: found shares for code=6300 in 2025-02 that add up to 0.9, expected shares of",
        ),
    ],
)
def test_rows_that_cannot_be_shares_together_are_refused(read_csv, rows, words):
    _, (line,) = read_csv(read_drivers, HEADER + GOOD + rows)
    assert line.startswith(f"x.csv:{words}")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.integers(0, 10**9), min_size=2, max_size=5).filter(any),
    selector=st.sampled_from(["code=6300", "vendor=A & project=b", "supplier=x & text=y*"]),
)
def test_what_is_written_is_what_is_read(read_csv, values, selector):
    workloads = ("training", "inference", "idle", "internal", "other")
    rows = "".join(
        f"2025-01,{selector},tokens,{workload},{value},tokens,,\n"
        for workload, value in zip(workloads, values, strict=False)
    )
    drivers, problems = read_csv(read_drivers, HEADER + rows)
    assert problems == []
    assert [driver.value for driver in drivers] == values
