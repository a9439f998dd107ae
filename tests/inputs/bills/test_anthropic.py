"""Anthropic: cents of the API, dollars of the Console, and files that do not say which."""

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.inputs.bills import read_bill
from diligence.inputs.bills.formats.anthropic import USAGE_FORMATS, usage_rows
from diligence.inputs.problems import ProblemLog

# Header of the Console's cost export, as in public files of 2026.
CONSOLE = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
    "list_price_usd,cost_type,inference_geo,speed"
)
FLAT = "date,amount,currency,cost_type,token_type,description,workspace_id"


def result(amount, **more):
    return {
        "amount": amount,
        "currency": "USD",
        "cost_type": "tokens",
        "description": "Claude Sonnet 4 Usage - Input Tokens",
        "model": "claude-sonnet-4",
        "service_tier": "batch",
        "token_type": "uncached_input_tokens",
        "context_window": "0-200k",
        "workspace_id": "wrkspc_evals",
        **more,
    }


def page(*results, day="2026-06-01", more=False):
    starting = f"{day}T00:00:00Z"
    data = [{"starting_at": starting, "ending_at": starting, "results": list(results)}]
    return {"data": data, "has_more": more, "next_page": "x" if more else None}


def test_the_documented_amount_is_in_cents(read):
    # API reference: "123.45" in "USD" represents $1.23
    bill, problems = read(json.dumps(page(result("123.45"))), name="cost.json")
    assert problems == []
    assert (bill.format, bill.system, bill.currency) == ("anthropic_costs", "anthropic", "USD")
    assert bill.total() == Decimal("1.2345")


def test_evidence_of_a_line(read):
    bill, _ = read(json.dumps(page(result("100"))), name="cost.json")
    (line,) = bill.iter_lines()
    assert (line.supplier, line.service) == ("Anthropic", "Anthropic API")
    assert line.text == "Claude Sonnet 4 Usage - Input Tokens"
    assert (line.usage_type, line.operation) == ("uncached_input_tokens", "batch 0-200k")
    assert (line.project, line.billed) == ("wrkspc_evals", 1)


def test_five_results_and_the_default_workspace(read):
    results = [
        result("100"),
        result("200"),
        result("50", workspace_id=None),
        result("25", cost_type="web_search", description="Web Search Usage", token_type=None),
        result("-75", workspace_id=None),
    ]
    bill, problems = read(json.dumps(page(*results)), name="cost.json")
    assert problems == []
    assert bill.total() == 3  # 100 + 200 + 50 + 25 - 75 cents
    default = [line for line in bill.iter_lines() if line.project == "default workspace"]
    assert [line.billed for line in default] == [Decimal("-0.25")]
    assert {line.usage_type for line in bill.iter_lines()} == {
        "uncached_input_tokens",
        "web_search",
    }


@settings(max_examples=20, deadline=None)
@given(st.lists(st.decimals(-(10**9), 10**9, places=6, allow_nan=False), min_size=1, max_size=12))
def test_a_hundredth_of_the_cents_is_the_bill(tmp_path_factory, cents):
    path = tmp_path_factory.mktemp("bill") / "cost.json"
    path.write_text(json.dumps(page(*(result(format(cell, "f")) for cell in cents))))
    bill = read_bill(path, name="cost.json", log=ProblemLog())
    assert bill.total() * 100 == sum(cents)


def test_the_report_goes_on_over_pages(read):
    pages = [page(result("1"), more=True), page(result("2"), day="2026-06-02")]
    bill, problems = read(json.dumps(pages), name="cost.json")
    assert problems == []
    assert bill.total() == Decimal("0.03")
    cut, problems = read(json.dumps(pages[:1]), name="cost.json")
    assert cut is None
    assert "has_more: true on the last page, which ends with 2026-06-01" in problems[0]


def test_cents_of_another_currency_are_refused(read):
    bill, problems = read(json.dumps(page(result("100", currency="JPY"))), name="cost.json")
    assert bill is None
    assert "JPY" in problems[0]


def test_the_console_export_is_in_dollars(read):
    rows = [
        "2026-02-12,--,Default,chat-key,--,--,--,0.07,0.07,web_search,--,--",
        "2026-02-12,Claude Haiku 4.5,Default,chat-key,message,≤ 200k,output,0.03,0.06,token,,",
        "2026-02-13,Claude Haiku 4.5,Default,chat-key,message,≤ 200k,output,0.02,0.04,token,,",
        "2026-02-13,Claude Haiku 4.5,evals,ci-key,batch,≤ 200k,output,1.00,2.00,token,,",
        "2026-02-13,Claude Haiku 4.5,,ci-key,batch,≤ 200k,output,2.00,4.00,token,,",
    ]
    bill, problems = read("\n".join([CONSOLE, *rows]))
    assert problems == []
    assert bill.format == "anthropic_console_costs"
    assert (bill.total(), bill.total("list_cost")) == (Decimal("3.12"), Decimal("6.17"))
    told = {line.project: (line.text, line.billed) for line in bill.iter_lines()}
    assert told["evals ci-key"] == ("Claude Haiku 4.5 batch output", 1)
    assert told["default workspace ci-key"] == ("Claude Haiku 4.5 batch output", 2)
    searched = [line for line in bill.iter_lines() if line.text == "web_search"]
    assert [(line.usage_type, line.operation) for line in searched] == [("web_search", "")]


def test_amounts_without_a_unit_are_refused_until_it_is_stated(read):
    text = f"{FLAT}\n2026-06-01,250,USD,tokens,output_tokens,Claude Opus output,\n"
    bill, problems = read(text)
    assert bill is None
    assert len(problems) == 1
    assert "amounts in dollars or in cents" in problems[0]
    assert "format: anthropic_costs_cents" in problems[0]
    cents, problems = read(text, format="anthropic_costs_cents")
    assert problems == []
    dollars, problems = read(text, format="anthropic_costs_usd")
    assert problems == []
    assert (cents.total(), dollars.total()) == (Decimal("2.5"), 250)


USAGE = {
    "uncached_input_tokens": 5,
    "cache_read_input_tokens": 4,
    "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3},
    "output_tokens": 9,
    "server_tool_use": {"web_search_requests": 1},
    "model": "claude-sonnet-4-6",
    "service_tier": "batch",
    "workspace_id": "wrkspc_1",
    "api_key_id": "apikey_1",
}


def test_a_usage_report_is_sent_to_the_usage_folder(read):
    flat = (
        "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n"
        "2026-06-01,claude-haiku-4-5,5,9\n"
    )
    for content, name in ((json.dumps(page(USAGE)), "usage.json"), (flat, "usage.csv")):
        bill, problems = read(content, name=name)
        assert bill is None
        assert len(problems) == 1
        assert "put it in usage/, and the cost export here" in problems[0]


def test_usage_rows_of_the_api():
    (row,) = usage_rows(page(USAGE))
    assert (row["date"], row["model"], row["batch"]) == ("2026-06-01", "claude-sonnet-4-6", "true")
    tokens = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
    assert [row[name] for name in tokens] == ["5", "4", "5", "9"]
    assert (row["requests"], row["project"], row["api_key"]) == ("", "wrkspc_1", "apikey_1")


def test_usage_is_told_from_costs():
    (export,) = USAGE_FORMATS
    assert export.tells(page(USAGE))
    assert not export.tells(page(result("1")))
    assert export.has_columns(["usage_input_tokens_no_cache", "usage_output_tokens"])


def test_cents_are_divided_once(read):
    document, flat = json.dumps(page(result("250"))), f"{FLAT}\n2026-06-01,250,USD,a,b,c,d\n"
    for unit in ("USD cents", "USD"):
        bill, problems = read(document, name="cost.json", unit=unit)
        assert bill is None
        assert f"unit: {unit} for a bill whose amounts are in USD cents" in problems[0]
        _, problems = read(flat, format="anthropic_costs_cents", unit=unit)
        assert "converted twice" in problems[0]
    assert read(document, name="cost.json")[0].total() == Decimal("2.5")
    assert read(flat, format="anthropic_costs_cents")[0].total() == Decimal("2.5")


def test_cents_without_a_column_of_currencies_are_those_of_a_dollar(read):
    text = "date,amount,cost_type,token_type\n2026-06-01,250,tokens,output\n"
    bill, problems = read(text, format="anthropic_costs_cents")
    assert problems == []
    assert (bill.total(), bill.currency) == (Decimal("2.5"), "USD")


def test_a_page_a_line(read):
    pages = [page(result("100"), more=True), page(result("50"), day="2026-06-02")]
    bill, problems = read("\n".join(map(json.dumps, pages)), name="cost.jsonl")
    assert problems == []
    assert (bill.format, bill.total()) == ("anthropic_costs", Decimal("1.5"))
