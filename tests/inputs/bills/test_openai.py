"""OpenAI costs: pages of the API and the dashboard's export; usage exports go elsewhere."""

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.inputs.bills.formats.openai import USAGE_FORMATS, usage_rows

# Column order of the dashboard's cost export, as published by people who read it.
DASHBOARD = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,"
    "quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,project_name,"
    "organization_name,user_email,api_source"
)
SAMPLE = Path(__file__).parents[3] / "datasets/cases/quillfern-code/bills/openai_costs_2026-06.csv"
FIRST = 1_780_272_000  # 2026-06-01 00:00 UTC
DAY = 86_400


def result(value, line_item="gpt-5.4, input", project="proj_prod", currency="usd"):
    return {
        "object": "organization.costs.result",
        "amount": {"value": value, "currency": currency},
        "line_item": line_item,
        "project_id": project,
        "organization_id": "org-acme",
    }


def bucket(day, *results):
    start = FIRST + (day - 1) * DAY
    return {
        "object": "bucket",
        "start_time": start,
        "end_time": start + DAY,
        "results": list(results),
    }


def page(*buckets, more=False):
    cursor = "page_2" if more else None
    return {"object": "page", "data": list(buckets), "has_more": more, "next_page": cursor}


FIVE = page(
    bucket(1, result(0.1), result(0.2, "gpt-5.4, output")),
    bucket(2, result(0.3), result(0.4, "ft-gpt-4o-2024-08-06, input", "proj_lab")),
    bucket(3, result("1E-7", None, None)),
)


def test_a_page_becomes_lines_a_month(read):
    bill, problems = read(json.dumps(FIVE), name="costs.json")
    assert problems == []
    assert (bill.format, bill.system, bill.how, bill.n_rows) == (
        "openai_costs",
        "openai",
        "detected",
        5,
    )
    # the two days of input are one line: 0.1 + 0.3, which binary numbers do not give
    told = {line.usage_type: (line.billed, line.project) for line in bill.iter_lines()}
    assert told["gpt-5.4, input"] == (Decimal("0.4"), "proj_prod")
    assert told["ft-gpt-4o-2024-08-06, input"] == (Decimal("0.4"), "proj_lab")
    assert told[""] == (Decimal("0.0000001"), "")
    assert (bill.first_day, bill.last_day) == (date(2026, 6, 1), date(2026, 6, 3))


def test_evidence_of_a_line(read):
    bill, _ = read(json.dumps(page(bucket(1, result(5)))), name="costs.json")
    (line,) = bill.iter_lines()
    assert (line.supplier, line.service) == ("OpenAI", "OpenAI API")
    assert (line.text, line.usage_type) == ("gpt-5.4, input", "gpt-5.4, input")
    assert (line.currency, line.kind) == ("USD", "usage")


def test_costs_that_are_not_split_say_so(read):
    bill, problems = read(json.dumps(page(bucket(1, result(5, None, None)))), name="costs.json")
    assert problems == []
    assert [line.text for line in bill.iter_lines()] == ["not split by line item"]


def test_several_pages_in_a_list(read):
    pages = [page(bucket(1, result(1)), more=True), page(bucket(2, result(2)))]
    bill, problems = read(json.dumps(pages), name="costs.json")
    assert problems == []
    assert bill.total() == 3
    newest_first, problems = read(json.dumps(pages[::-1]), name="costs.json")
    assert problems == []
    assert newest_first.total() == 3


def test_a_missing_page_is_a_problem(read):
    pages = [page(bucket(1, result(1)), more=True), page(bucket(2, result(2)), more=True)]
    bill, problems = read(json.dumps(pages), name="costs.json")
    assert bill is None
    assert len(problems) == 1
    assert "has_more: true on the last page, which ends with 2026-06-02" in problems[0]
    assert "all pages of the report in one list" in problems[0]


def test_an_empty_last_page_closes_the_report(read):
    pages = [page(bucket(1, result(1)), more=True), page()]
    bill, problems = read(json.dumps(pages), name="costs.json")
    assert problems == []
    assert bill.total() == 1


def test_a_page_twice_is_a_problem(read):
    once = page(bucket(1, result(1)))
    bill, problems = read(json.dumps([once, once]), name="costs.json")
    assert bill is None
    assert "the bucket of 2026-06-01 twice" in problems[0]


def test_a_day_grouped_in_two_ways_is_a_problem(read):
    pages = [page(bucket(1, result(1), result(2))), page(bucket(1, result(3, None, None)))]
    bill, problems = read(json.dumps(pages), name="costs.json")
    assert bill is None
    assert "the bucket of 2026-06-01 twice, grouped in two ways" in problems[0]


def test_a_day_of_two_projects_on_two_pages_counts_both(read):
    pages = [page(bucket(1, result(1))), page(bucket(1, result(2, project="proj_lab")))]
    bill, problems = read(json.dumps(pages), name="costs.json")
    assert problems == []
    assert bill.total() == 3


def test_an_error_among_the_pages_is_a_problem(read):
    pages = [page(bucket(1, result(1))), {"error": {"message": "rate limit"}}]
    bill, problems = read(json.dumps(pages), name="costs.json")
    assert bill is None
    assert "a page without buckets of results (error)" in problems[0]


def test_a_result_without_an_amount_is_never_zero(read):
    lacking = {**result(1), "amount": None}
    bill, problems = read(json.dumps(page(bucket(1, result(1), lacking))), name="costs.json")
    assert bill is None
    assert "1 rows without an amount" in problems[0]


def test_another_currency_stays(read):
    bill, _ = read(json.dumps(page(bucket(1, result(7, currency="eur")))), name="costs.json")
    assert bill.currency == "EUR"


def test_the_dashboard_export_and_its_days_without_a_charge(read):
    text = "\n".join(
        [
            DASHBOARD,
            "1780272000,1780358400,2026-06-01T00:00:00+00:00,2026-06-02T00:00:00+00:00" + "," * 13,
            "1780358400,1780444800,2026-06-02T00:00:00,2026-06-03T00:00:00,"
            '0.003835980000000000000000000000,usd,,,"o4-mini, fine-tuning",,,proj_a,org,Lab,Acme,,',
            "1780358400,1780444800,2026-06-02T00:00:00,2026-06-03T00:00:00,"
            '0.5,usd,1000,tokens,"gpt-5-nano, input",,key_1,proj_b,org,App,Acme,jo@acme.ai,',
        ]
    )
    bill, problems = read(text)
    assert problems == []
    assert bill.total() == Decimal("0.50383598")
    nano, tuning = sorted(bill.iter_lines(), key=lambda line: line.text)
    assert (tuning.text, tuning.project) == ("o4-mini, fine-tuning", "Lab proj_a")
    assert (nano.project, nano.quantity, nano.unit) == ("App proj_b key_1", 1000, "tokens")
    assert "1 rows left out: days without a charge" in bill.notes
    assert "acme.ai" not in str(bill.to_frame().to_dict())


def test_a_plain_table_of_costs(read):
    header = "date,project_id,project_name,line_item,amount,currency"
    rows = [f'2026-06-{day:02},proj_1,App,"gpt-5.4, output",{day}.10,usd' for day in range(1, 6)]
    bill, problems = read("\n".join([header, *rows]))
    assert problems == []
    assert bill.format == "openai_costs_plain"
    assert bill.total() == Decimal("15.50")  # 1 + 2 + 3 + 4 + 5, and five times 0.10


def test_results_without_their_buckets_line_by_line(read):
    rows = [{**result(day), "date": f"2026-06-0{day}"} for day in (1, 2, 3)]
    bill, problems = read("\n".join(map(json.dumps, rows)), name="costs.jsonl")
    assert problems == []
    assert (bill.format, bill.total()) == ("openai_costs_results", 6)


def test_costs_without_a_currency_are_refused(read):
    bill, problems = read(
        "date,amount_value,amount_currency,line_item\n2026-06-01,5,,gpt-5.4\n",
    )
    assert bill is None
    assert "no currency" in problems[0]


def test_the_sample_deal(read):
    bill, problems = read(SAMPLE, name=SAMPLE.name)
    assert problems == []
    assert bill.format == "openai_costs"
    with SAMPLE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (bill.n_rows, bill.currency) == (len(rows), "USD")
    assert bill.total() == sum(Decimal(row["amount_value"]) for row in rows)
    free = [line for line in bill.iter_lines() if "proj_free" in line.project]
    assert {line.project for line in free} == {"free tier proj_free"}


USAGE = {
    "object": "organization.usage.completions.result",
    "input_tokens": 100,
    "input_cached_tokens": 40,
    "output_tokens": 7,
    "num_model_requests": 2,
    "project_id": "proj_prod",
    "api_key_id": "key_1",
    "model": "gpt-5.4",
    "batch": True,
    "service_tier": "default",
}


def test_a_usage_export_is_sent_to_the_usage_folder(read):
    nested = json.dumps(page(bucket(1, USAGE)))
    flat = "start_time,num_model_requests,input_tokens,output_tokens,model\n1780272000,2,9,7,m\n"
    for content, name in ((nested, "usage.json"), (flat, "usage.csv")):
        bill, problems = read(content, name=name)
        assert bill is None
        assert len(problems) == 1
        assert "put it in usage/, and the cost export here" in problems[0]


def test_usage_rows_take_cached_tokens_out_of_the_input():
    (row,) = usage_rows(page(bucket(1, USAGE)))
    assert (row["input_tokens"], row["cached_input_tokens"]) == ("60", "40")
    assert (row["date"], row["requests"], row["batch"]) == ("2026-06-01", "2", "true")
    assert (row["provider"], row["model"], row["project"]) == ("OpenAI", "gpt-5.4", "proj_prod")
    assert (row["feature"], row["payer"], row["cache_write_tokens"]) == ("", "", "")


def test_usage_is_told_from_costs():
    (export,) = USAGE_FORMATS
    assert export.tells(page(bucket(1, USAGE)))
    assert not export.tells(FIVE)
    assert export.has_columns(["Num_Model_Requests", "input_tokens"])
    assert not export.has_columns(["requests", "input_tokens"])


def test_a_count_that_is_none_is_left_for_the_reader_of_usage():
    (row,) = usage_rows(
        [{"date": "2026-06-01", "input_tokens": "1.5e3", "input_cached_tokens": "1"}]
    )
    assert row["input_tokens"] == "1.5e3"


def written(documents, *, indent=None, between="\n"):
    return between.join(json.dumps(document, indent=indent) for document in documents)


PAGES = [page(bucket(1), bucket(2, result(0.1)), more=True), page(bucket(3, result(0.2)))]
BUCKETS = [bucket(1), bucket(2, result(0.1)), bucket(3, result(0.2))]


@pytest.mark.parametrize("documents", [PAGES, BUCKETS, [PAGES], [[PAGES[0]], [PAGES[1]]]])
@pytest.mark.parametrize(
    ("name", "indent", "between"),
    [
        ("costs.jsonl", None, "\n"),
        ("costs.json", None, "\n\n"),
        ("costs.json", 2, "\n"),
        ("costs.jsonl", 2, "\n"),
        ("costs.json", None, ""),
        ("costs.csv", 1, "\r\n"),
        ("costs.ndjson.gz", None, "\n"),
    ],
)
def test_pages_and_buckets_one_after_the_other(read, documents, name, indent, between):
    bill, problems = read(written(documents, indent=indent, between=between), name=name)
    assert problems == []
    assert (bill.format, bill.n_rows, bill.total()) == ("openai_costs", 2, Decimal("0.3"))


def test_a_cut_or_incomplete_series_of_pages_is_refused(read):
    for name in ("costs.json", "costs.jsonl"):
        _, problems = read(written(PAGES)[:-3], name=name)
        assert "text that is no JSON" in problems[0]
        _, problems = read(written(PAGES, indent=1)[:-3], name=name)
        assert "text that is no JSON" in problems[0]
        _, problems = read(written(PAGES[:1] * 2), name=name)
        assert "the bucket of 2026-06-02 twice" in problems[0] or "has_more" in problems[0]


def test_a_document_of_many_megabytes_on_one_line(read):
    days = [
        bucket(day, *(result(0.01, f"line item {n} " + "x" * 90) for n in range(400)))
        for day in range(1, 31)
    ]
    text = json.dumps(page(*days))
    assert len(text) > 2_000_000
    for name in ("costs.json", "costs.jsonl"):
        bill, problems = read(text, name=name)
        assert problems == []
        assert (bill.n_rows, bill.total()) == (12_000, 120)
