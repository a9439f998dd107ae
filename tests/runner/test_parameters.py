import ast
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.runner.parameters import check_parameters, read_parameters

SMALL_MEMO = Path(__file__).parent / "data" / "small_memo.ipynb"


def test_cell_says_type_range_and_meaning(small_memo: Path) -> None:
    known = read_parameters(small_memo)
    assert list(known) == ["deal", "price_multiple", "months", "chart", "draft"]
    multiple = known["price_multiple"]
    assert (multiple.kind, multiple.default, multiple.low, multiple.high) == ("float", 2.0, 1, 10)
    assert multiple.help == "price multiple applied"
    assert multiple.row == 2
    assert known["chart"].choices == ("line", "bar")
    assert known["deal"].high == math.inf


def test_defaults_are_accepted_by_their_own_lines(small_memo: Path) -> None:
    for parameter in read_parameters(small_memo).values():
        assert parameter.accepts(parameter.default)


def test_values_come_back_ready_for_papermill(small_memo: Path) -> None:
    values = check_parameters(small_memo, {"price_multiple": 3, "deal": Path("acme")})
    assert values == {"deal": "acme", "price_multiple": 3.0}
    assert isinstance(values["price_multiple"], float)
    assert list(values) == ["deal", "price_multiple"]


def test_every_problem_is_told_at_once(small_memo: Path) -> None:
    wrong = {"price_multipel": 2.0, "months": "six", "price_multiple": 11, "chart": "pie"}
    with pytest.raises(InputError) as refusal:
        check_parameters(small_memo, wrong)
    assert [str(problem) for problem in refusal.value.problems] == [
        (
            "small_memo.ipynb:0:price_multipel: found 'price_multipel'=2.0, expected a parameter "
            "of the notebook; did you mean price_multiple?"
        ),
        (
            "small_memo.ipynb:3:months: found 'six', expected a whole number from 1 to 60 "
            "(months shown)"
        ),
        (
            "small_memo.ipynb:2:price_multiple: found 11, expected a number from 1 to 10 "
            "(price multiple applied)"
        ),
        "small_memo.ipynb:4:chart: found 'pie', expected one of line, bar (kind of chart)",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("months", 2.0),
        ("months", True),
        ("draft", 1),
        ("draft", "yes"),
        ("price_multiple", math.nan),
        ("price_multiple", "2"),
        ("price_multiple", None),
        ("deal", 7),
    ],
)
def test_wrong_type_is_refused(small_memo: Path, name: str, value: object) -> None:
    with pytest.raises(InputError, match=f":{name}: found {value!r}, expected"):
        check_parameters(small_memo, {name: value})


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_passes_exactly_inside_its_range(value: float) -> None:
    inside = 1 <= value <= 10
    assert read_parameters(SMALL_MEMO)["price_multiple"].accepts(value) == inside


def test_none_needs_an_optional_annotation(write_notebook) -> None:
    notebook = write_notebook("seed: int | None = None  # [0, 9] seed of the draws")
    assert check_parameters(notebook, {"seed": None}) == {"seed": None}
    assert check_parameters(notebook, {"seed": 9}) == {"seed": 9}
    with pytest.raises(InputError, match="a whole number from 0 to 9 or None"):
        check_parameters(notebook, {"seed": 10})


@pytest.mark.parametrize(
    "line", ["months = 3", "months: list = [3]", "months: int = 1 + 2", "months: int"]
)
def test_a_line_that_says_no_type_is_refused(write_notebook, line: str) -> None:
    with pytest.raises(InputError, match="name: type = value") as refusal:
        read_parameters(write_notebook(line))
    assert repr(ast.unparse(ast.parse(line))) in str(refusal.value)


def test_notebook_without_parameters_takes_none(tmp_path: Path) -> None:
    notebook = tmp_path / "bare.ipynb"
    notebook.write_text(json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5}))
    assert check_parameters(notebook, {}) == {}
    with pytest.raises(InputError, match="the notebook has none"):
        check_parameters(notebook, {"months": 3})


def test_missing_or_broken_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'gone.ipynb' does not exist"):
        read_parameters(tmp_path / "gone.ipynb")
    (tmp_path / "torn.ipynb").write_text('{"cells": [')
    with pytest.raises(InputError, match=r"'torn.ipynb' is not a version 4 notebook"):
        read_parameters(tmp_path / "torn.ipynb")
