"""The format is told by the header, or said by mapping.yaml."""

import pytest

from diligence.inputs.bills.detect import detect_format
from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats import ALL_FORMATS
from diligence.inputs.bills.layout import BillFormat


def made(name, *required, **more):
    return BillFormat(name, name, "other", required, dict, **more)


def test_the_format_that_requires_most_wins():
    formats = (made("small", "a"), made("large", "a", "b"))
    assert detect_format(["A", "B", "c"], formats=formats).name == "large"
    assert detect_format(["a"], formats=formats).name == "small"


def test_a_forbidden_column_and_one_of_many():
    formats = (made("old", "a", forbidden=("new",)), made("new", "a", any_of=("new", "newer")))
    assert detect_format(["a"], formats=formats).name == "old"
    assert detect_format(["a", "NEW"], formats=formats).name == "new"


def test_an_unknown_header_names_the_nearest_format_and_the_way_out():
    with pytest.raises(UnreadableBillError) as told:
        detect_format(["BilledCost", "EffectiveCost", "ChargePeriodStart"])
    assert "focus_1_0" in told.value.expected
    assert "ChargeCategory" in told.value.expected
    assert "format: mapped" in told.value.expected


def test_a_short_name_stands_for_one_format():
    titles = {}
    for fmt in ALL_FORMATS:
        assert titles.setdefault(fmt.name, fmt.system) == fmt.system


def test_a_forced_format_is_said(read, focus):
    text = focus("1,1,USD,Usage,2025-01-01,a")
    bill, problems = read(text, format="focus_1_2")
    assert not problems
    assert (bill.format, bill.how) == ("focus_1_2", "forced")
    assert "forced" in bill.summary()


def test_a_format_that_does_not_fit_or_exist_is_a_problem(read, focus):
    text = focus("1,1,USD,Usage,2025-01-01,a")
    _, problems = read(text, format="focus_9")
    assert "format: focus_9" in problems[0]
    _, problems = read("a,b\n1,2\n", format="focus_1_2")
    assert "no column 'BilledCost'" in problems[0]
