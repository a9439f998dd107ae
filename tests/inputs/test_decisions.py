"""decisions.csv: selectors, classes and who ruled."""

import pytest

from diligence.inputs.decisions import parse_selector, read_decisions

HEADER = "selector,class,reason,who,date\n"


def test_a_ruling_is_read(read_csv):
    text = HEADER + "vendor=OpenAI & period=2025Q3,inference_opex,serves users,AA,2025-10-01\n"
    (ruling,), problems = read_csv(read_decisions, text)
    assert problems == []
    assert ruling.cost_class == "inference_opex"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("OpenAI,shared,r,w,2025-10-01", "selector: found 'OpenAI', expected field=value"),
        ("vendr=X,shared,r,w,2025-10-01", "selector: found 'vendr=X', expected a field: vendor"),
        ("vendor= & code=1,shared,r,w,2025-10-01", "selector: found"),
        ("code=1 & code=2,shared,r,w,2025-10-01", "selector: found"),
        ("row=x,shared,r,w,2025-10-01", "selector: found 'row=x', expected a row number"),
        ("period=soon,shared,r,w,2025-10-01", "selector: found 'period=soon', expected a period"),
        ("code=1,sharde,r,w,2025-10-01", "class: found 'sharde', expected shared"),
        ("code=1,shared,,w,2025-10-01", "reason: found an empty cell"),
        ("code=1,shared,r,,2025-10-01", "who: found an empty cell"),
        ("code=1,shared,r,w,01/10/2025", "date: found '01/10/2025', expected a date"),
    ],
)
def test_each_mistake_names_its_cell(read_csv, row, words):
    rulings, problems = read_csv(read_decisions, HEADER + row + "\n")
    assert rulings == ()
    assert any(line.startswith(f"x.csv:2:{words}") for line in problems), problems


def test_two_classes_for_one_selector_are_a_problem(read_csv):
    text = HEADER + (
        "code=1 & vendor=X,shared,r,w,2025-10-01\nvendor=X & code=1,neither,r,w,2025-10-02\n"
    )
    (ruling,), problems = read_csv(read_decisions, text)
    assert ruling.cost_class == "shared"
    assert "x.csv:3:class: found 'neither' for the same selector" in problems[0]


def test_a_ruling_on_a_bill_may_name_subclass_payer_and_that_it_was_kept(read_csv):
    text = HEADER.replace("date", "date,subclass,payer,kept") + (
        "service=Amazon Bedrock & project=eval*,training_capex,r,w,2025-10-01,evaluation,,no\n"
        "supplier=OpenAI,inference_opex,looked at it,w,2025-10-01,,Free,yes\n"
    )
    (evals, openai), problems = read_csv(read_decisions, text)
    assert problems == []
    assert (evals.subclass, evals.payer, evals.kept) == ("evaluation", "", False)
    assert (openai.subclass, openai.payer, openai.kept) == ("", "free", True)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("Fine tuning,,", "subclass: found 'Fine tuning', expected one word of the rules"),
        (",payed,", "payer: found 'payed', expected paid"),
        (",,maybe", "kept: found 'maybe', expected one of yes, no"),
    ],
)
def test_what_else_a_ruling_says_is_checked(read_csv, cells, words):
    text = HEADER.replace("date", "date,subclass,payer,kept")
    rulings, (line,) = read_csv(read_decisions, f"{text}code=1,shared,r,w,2025-10-01,{cells}\n")
    assert rulings == ()
    assert line.startswith(f"x.csv:2:{words}")


def test_a_value_may_hold_an_equals_sign():
    assert parse_selector("text=a=b") == (("text", "a=b"),)
