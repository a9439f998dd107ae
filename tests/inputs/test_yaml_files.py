"""YAML is read safely; every mistake has its line and key; nothing is raised."""

from datetime import date
from decimal import Decimal

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, RootModel

from diligence.inputs.problems import ProblemLog
from diligence.inputs.yaml_files import (
    BoolText,
    DateText,
    DecimalText,
    load_yaml,
    read_yaml,
    read_yaml_list,
)


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")
    share: DecimalText
    on: DateText | None = None


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")
    company: str
    price: DecimalText = Decimal(0)
    open: BoolText = False
    items: list[Item] = []
    rows: dict[int, list[int]] = {}


def read(tmp_path, content, model=Model):
    path = tmp_path / "x.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    log = ProblemLog()
    return read_yaml(path, name="x.yaml", log=log, model=model), [str(p) for p in log.problems]


def test_dates_stay_dates_and_decimals_exact(tmp_path):
    content = "company: 2026-06-30\nprice: 0.10\nopen: true\nitems: [{share: .5, on: 2026-02-28}]\n"
    model, problems = read(tmp_path, content)
    assert problems == []
    assert model.company == "2026-06-30"
    assert str(model.price) == "0.10"
    assert model.open is True
    assert model.items[0].on == date(2026, 2, 28)


def test_an_empty_value_counts_as_not_written(tmp_path):
    model, problems = read(tmp_path, "company: A\nprice:\nitems:\n")
    assert problems == []
    assert model.price == 0


def test_keys_may_be_row_numbers(tmp_path):
    model, _ = read(tmp_path, "company: A\nrows: {14: [8, 9], 22: [16]}\n")
    assert model.rows == {14: [8, 9], 22: [16]}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("company: A\nprise: 3", "x.yaml:2:prise: found the unknown key 'prise', expected a "
         "known key: price"),
        ("price: 3", "x.yaml:1:company: found nothing, expected the required key 'company'"),
        ("company: A\nprice: cheap", "x.yaml:2:price: found 'cheap', expected a number such as "
         "0.25 or 1,200.50"),
        ("company: A\nprice: n/a", "x.yaml:2:price: found 'n/a', expected a number such as 0.25; "
         "leave the key out when there is none"),
        ("company: A\nprice: 1e99999999", "x.yaml:2:price: found '1e99999999', expected a number "
         "such as 0.25 or 1,200.50"),
        ("company: A\nopen: maybe", "x.yaml:2:open: found 'maybe', expected true or false"),
        ("company: [A]", "x.yaml:1:company: found a list of 1, expected a text"),
        ("company: A\nitems:\n  - share: 1\n  - share: 1\n    on: 2026-02-30",
         "x.yaml:5:items[2].on: found '2026-02-30', expected a date that exists, written "
         "2026-06-30"),
        ("company: A\nitems:\n  - shar: 1\n    share: 1", "x.yaml:3:items[1].shar: found the "
         "unknown key 'shar', expected a known key: share"),
        ("company: A\nitems: 3", "x.yaml:2:items: found '3', expected a list, each entry "
         "starting with '- '"),
        ("company: A\ncompany: B", "x.yaml:2:company: found the key 'company' a second time "
         "(first in line 1), expected each key once"),
        ("", "x.yaml:0:: found an empty file, expected at least one key; the template shows "
         "which"),
        ("# only a comment\n", "x.yaml:0:: found an empty file, expected at least one key; the "
         "template shows which"),
        ("- a\n- b", "x.yaml:1:: found a list of 2, expected keys and values"),
        ("just words", "x.yaml:1:: found 'just words', expected keys and values"),
        ("company: A\nrows:\n\t14: [1]", "x.yaml:3:: found a tab, expected spaces for "
         "indentation"),
        ("a: &x [1]\nb: *x", "x.yaml:2:: found the alias *x, expected values written out, "
         "without aliases"),
        ("company: !!python/object/apply:os.system [id]", "x.yaml:1:: found the tag "
         "tag:yaml.org,2002:python/object/apply:os.system, expected plain values without a tag "
         "(a leading !)"),
        ("company: A\n---\ncompany: B", "x.yaml:2:: found a second document (---), expected one "
         "document a file"),
        ("? [a]\n: b", "x.yaml:1:: found a key that is no plain word, expected key: value"),
        ('company: "\\u0007"', "x.yaml:1:company: found '\\x07', expected readable characters"),
        (b"company: caf\xe9", "x.yaml:1:: found byte 0xe9, which is not UTF-8, expected a text "
         "file saved as UTF-8"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line_with_row_and_key(tmp_path, content, line):
    model, problems = read(tmp_path, content)
    assert model is None
    assert line in problems


def test_a_syntax_error_shows_the_line(tmp_path):
    _, problems = read(tmp_path, "company: A\nprice: [1, 2\nopen: true\n")
    assert len(problems) == 1
    assert problems[0].startswith("x.yaml:3:: found 'open: true' (")


def test_a_byte_order_mark_is_accepted(tmp_path):
    model, problems = read(tmp_path, b"\xef\xbb\xbfcompany: A\n")
    assert problems == []
    assert model.company == "A"


def test_an_alias_bomb_and_deep_nesting_are_refused_quickly(tmp_path):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "found the alias" in read(tmp_path, bomb)[1][0]
    assert "more than 20 levels" in read(tmp_path, "[" * 5000)[1][0]


def test_a_very_large_file_is_refused(tmp_path):
    assert "expected at most 500,000 bytes" in read(tmp_path, b"#" * 500_001)[1][0]


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path):
    log = ProblemLog()
    assert read_yaml(tmp_path, name="x.yaml", log=log, model=Model) is None
    assert "cannot be opened" in str(log.problems[0])


def test_all_problems_of_a_file_come_together(tmp_path):
    _, problems = read(tmp_path, "company: A\ncompany: B\nprise: 3\nopen: si\n")
    assert len(problems) == 3


def test_the_good_entries_of_a_list_are_kept(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("- share: 1\n- share: x\n-\n- {share: 0.5, on: 2026-01-01}\n", "utf-8")
    log = ProblemLog()
    entries = read_yaml_list(path, name="x.yaml", log=log, item=Item)
    assert [(line, entry.share) for line, entry in entries] == [(1, 1), (4, Decimal("0.5"))]
    assert [(p.row, p.column) for p in log.problems] == [(2, "[2].share"), (3, "[3]")]


def test_a_list_file_that_is_no_list_is_a_problem(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("share: 1\n", "utf-8")
    log = ProblemLog()
    assert read_yaml_list(path, name="x.yaml", log=log, item=Item) == ()
    assert "a list, each entry" in str(log.problems[0])


def test_a_root_list_model_is_read(tmp_path):
    model, problems = read(tmp_path, "- share: 1\n- shar: 2\n", model=RootModel[list[Item]])
    assert model is None
    assert any("[2].shar: found the unknown key" in line for line in problems)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
)
PLAIN = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.dictionaries(TEXTS, PLAIN, min_size=1, max_size=4))
def test_what_yaml_wrote_is_read_back(tmp_path, content):
    path = tmp_path / "x.yaml"
    quoted = yaml.safe_dump(content, allow_unicode=True, default_style='"')
    path.write_text(quoted, "utf-8", newline="\n")
    log = ProblemLog()
    document = load_yaml(path, name="x.yaml", log=log)
    assert log.problems == ()
    assert document.content == content


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.binary(max_size=80)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_random_bytes_are_problems_never_tracebacks(tmp_path, data):
    model, problems = read(tmp_path, data)
    assert model is None
    assert problems
