"""training_runs.csv: the register of training runs."""

from datetime import date

import pytest

from diligence.inputs.training_runs import read_training_runs

HEADER = "name,purpose,start,end,cost,unit,outcome,release_date,gpu_hours\n"
GOOD = "v1,final_run,2025-01-01,2025-03-31,9,USD m,released,2025-05-01,1000\n"


def test_a_run_is_read(read_csv):
    (run,), problems = read_csv(read_training_runs, HEADER + GOOD)
    assert problems == []
    assert (run.cost, run.gpu_hours, run.outcome) == (9_000_000, 1000, "released")
    assert run.release_date == date(2025, 5, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2025-03-31", "2024-03-31", "end: found 2024-03-31, expected a date on or after"),
        ("2025-05-01", "2024-05-01", "release_date: found 2024-05-01, expected a date on or"),
        (",9,", ",-9,", "cost: found -9, expected a cost of zero or more"),
        ("final_run", "finalrun", "purpose: found 'finalrun', expected final_run"),
        ("released", "shipped", "outcome: found 'shipped', expected one of released"),
        (",1000", ",-1", "gpu_hours: found -1"),
        ("USD m", "hours", "unit: found 'hours', expected a unit of money"),
        ("v1", "", "name: found an empty cell"),
        ("2025-01-01", "", "start: found an empty cell"),
    ],
)
def test_each_mistake_names_its_cell(read_csv, old, new, words):
    runs, problems = read_csv(read_training_runs, HEADER + GOOD.replace(old, new, 1))
    assert runs == ()
    assert any(line.startswith(f"x.csv:2:{words}") for line in problems), problems
