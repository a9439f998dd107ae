"""usage/: token counts that add up, headers whose unit is known, nobody's address."""

import gzip
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.inputs.problems import ProblemLog
from diligence.inputs.usage import USAGE_COLUMNS, read_usage

DAILY = "date,model,payer,requests,input_tokens,cached_input_tokens,output_tokens\n"
FIVE_ROWS = (
    "2026-06-01,gpt-5.4,paid,10,100,50,20\n"
    "2026-06-01,gpt-5.4,free,5,60,,10\n"
    '2026-06-02,gpt-5.4,Paid,"1,000",200,0,40\n'
    "2026-06-02,gpt-5.4,,1,1,1,1\n"
    "2026-06-03,gpt-5.4,internal,2,n/a,0,2.0\n"
)


@pytest.fixture
def read(tmp_path):
    def read_files(files, name="usage/x.csv"):
        log, paths = ProblemLog(), {}
        for number, (file, content) in enumerate(
            files.items() if isinstance(files, dict) else [(name, files)]
        ):
            path = tmp_path / f"{number}"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            paths[file] = path
        return read_usage(paths, log=log), [str(problem) for problem in log.problems]

    return read_files


def test_five_daily_totals_add_up(read):
    usage, problems = read(DAILY + FIVE_ROWS)
    assert problems == []
    assert (usage.kind, len(usage.frame)) == ("daily", 5)
    assert usage.total("requests") == 1018
    assert usage.total("input_tokens") == 361
    assert usage.total("cached_input_tokens") == 51
    assert usage.total("output_tokens") == 73
    assert usage.total("reasoning_tokens") is None
    assert list(usage.frame["payer"]) == ["paid", "free", "paid", "", "internal"]
    assert (usage.first_day, usage.last_day) == (date(2026, 6, 1), date(2026, 6, 3))
    assert list(usage.frame.columns) == [*USAGE_COLUMNS, "file", "row"]
    assert usage.summary() == ("5 daily totals in 1 file, 2026-06-01 to 2026-06-03, 1,018 requests")


def test_what_is_not_stated_is_not_zero(read):
    usage, _ = read(DAILY + FIVE_ROWS)
    assert usage.frame["input_tokens"].isna().tolist() == [False, False, False, False, True]
    assert usage.frame["cached_input_tokens"].isna().tolist()[1]
    assert usage.frame["retries"].isna().all()


def test_counts_that_do_not_add_up_are_not_added(read):
    usage, _ = read("date,requests,active_users\n2026-06-01,1,5\n2026-06-02,1,5\n")
    with pytest.raises(KeyError, match="'active_users' does not add up"):
        usage.total("active_users")


def test_rows_with_a_time_or_an_id_are_single_requests(read):
    text = (
        "timestamp,request_id,model,user,task,step,input_tokens,output_tokens,latency_s\n"
        "2026-06-01T09:30:00Z,r1,m,u1,t1,1,10,5,1.5\n"
        "2026-06-01 09:31,r2,m,u1,t1,2,20,6,\n"
    )
    usage, problems = read(text)
    assert problems == []
    assert usage.kind == "request"
    assert usage.requests is usage
    assert usage.total("requests") == 2
    assert usage.frame["latency_ms"].tolist()[0] == 1500
    assert usage.frame["step"].tolist() == [1, 2]


def test_single_requests_beside_daily_totals_are_a_sample(read):
    usage, problems = read(
        {
            "usage/a.csv": "date,requests\n2026-06-01,100\n",
            "usage/b.csv": "timestamp,output_tokens\n2026-06-01T09:30,5\n",
        }
    )
    assert problems == []
    assert (usage.kind, usage.total("requests")) == ("daily", 100)
    assert usage.requests.total("requests") == 1
    assert "beside 1 single requests" in usage.summary()


@pytest.mark.parametrize(
    ("header", "tokens"),
    [
        ("input_tokens", 2),
        ("Input Tokens", 2),
        ("input_ktok", 2_000),
        ("input_mtok", 2_000_000),
        ("input_k_tokens", 2_000),
        ("input_tokens_m", 2_000_000),
        ("input tokens (thousands)", 2_000),
        ("Input tokens in millions", 2_000_000),
        ("uncached_input_tokens", 2),
    ],
)
def test_the_unit_of_a_header_is_converted(read, header, tokens):
    usage, problems = read(f"date,requests,{header}\n2026-06-01,1,2\n")
    assert problems == []
    assert usage.total("input_tokens") == tokens
    assert any("tokens" in note for note in usage.notes) is (tokens > 2)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("tokens (thousands?)", "a column of tokens in a known unit, such as input_tokens"),
        ("input_tokens (thousands?)", "a column of tokens in a known unit"),
        ("input", "a column of tokens in a known unit"),
        ("token_input", "a column of tokens in a known unit"),
        ("prompt_tokens", "input_tokens (without cached ones) or total_input_tokens (with them)"),
        ("latency", "latency_ms or latency_s"),
        ("unit", "the unit in the header of each count"),
        ("modell", "a known column: model"),
    ],
)
def test_a_header_in_an_unknown_unit_is_refused(read, header, words):
    usage, (line,) = read(f"date,requests,{header}\n2026-06-01,1,2\n")
    assert usage is None
    assert line.startswith(f"usage/x.csv:1:C: found the column '{header}', expected {words}")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("model,requests", "day: found no such column, expected the required column 'date'"),
        ("date,model", "requests: found no column with a count, expected requests, input_tokens"),
        ("date,input_tokens", "requests: found no such column, expected requests (daily totals)"),
        ("date,day,requests", "B: found the column 'day', expected one column for day"),
        (
            "date,requests,total_input_tokens",
            "total_input_tokens: found input with cached tokens in it, expected cached_input",
        ),
        (
            "date,requests,input_tokens,total_input_tokens,cached_input_tokens",
            "total_input_tokens: found both ways of counting input, expected input_tokens",
        ),
        (
            "date,requests,visible_output_tokens",
            "visible_output_tokens: found output without reasoning, expected reasoning_tokens",
        ),
    ],
)
def test_a_table_whose_sums_would_be_wrong_is_refused(read, header, words):
    usage, problems = read(f"{header}\n{'1,' * header.count(',')}1\n")
    assert usage is None
    assert any(line.startswith(f"usage/x.csv:1:{words}") for line in problems), problems


def test_other_columns_are_not_read_and_said(read):
    usage, problems = read("date,requests,region,total_tokens,cost_usd\n2026-06-01,1,eu,9,3\n")
    assert problems == []
    assert usage.notes == ("usage/x.csv: columns not read: region, total_tokens, cost_usd",)


# OpenAI counts cached tokens inside input_tokens, Anthropic beside them.
@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("input_tokens,input_cached_tokens", "100,30"),
        ("uncached_input_tokens,cache_read_input_tokens", "70,30"),
        ("total_input_tokens,cached_input_tokens", "100,30"),
        ("input_tokens,cached_input_tokens", "70,30"),
    ],
)
def test_cached_tokens_are_counted_once_whoever_counts(read, header, row):
    usage, problems = read(f"date,requests,{header}\n2026-06-01,1,{row}\n")
    assert problems == []
    assert (usage.total("input_tokens"), usage.total("cached_input_tokens")) == (70, 30)


def test_reasoning_is_a_part_of_output(read):
    header = "date,requests,visible_output_tokens,reasoning_tokens\n"
    usage, _ = read(header + "2026-06-01,1,70,30\n")
    assert (usage.total("output_tokens"), usage.total("reasoning_tokens")) == (100, 30)


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("output_tokens", "2026-06-01,1,-5", "output_tokens: found '-5', expected zero or more"),
        ("output_tokens", "2026-06-01,1,5.5", "output_tokens: found '5.5', expected a whole"),
        ("output_tokens", "2026-06-01,1,1.000", "output_tokens: found '1.000', expected a whole"),
        ("output_tokens", "2026-06-01,x,1", "requests: found 'x', expected a whole number"),
        ("output_tokens", ",1,1", "date: found an empty cell, expected a date that exists"),
        ("output_tokens", "06/07/2026,1,1", "date: found '06/07/2026', expected a date that"),
        ("output_tokens", "2026-02-30,1,1", "date: found '2026-02-30', expected a date that"),
        ("output_mtok", "2026-06-01,1,0.0000005", "output_mtok: found '0.0000005', expected units"),
        ("payer", "2026-06-01,1,payed", "payer: found 'payed', expected paid"),
        ("cohort", "2026-06-01,1,spring", "cohort: found 'spring', expected the month of signing"),
        ("user", "2026-06-01,1,a@b.example", "user: found an e-mail address, expected a hashed"),
        ("latency_ms", "2026-06-01,1,fast", "latency_ms: found 'fast', expected milliseconds"),
        (
            "output_tokens,reasoning_tokens",
            "2026-06-01,1,5,6",
            "reasoning_tokens: found '6', expected at most output_tokens",
        ),
        (
            "input_tokens,input_cached_tokens",
            "2026-06-01,1,5,6",
            "input_tokens: found '5', expected at least the cached tokens",
        ),
        (
            "input_tokens,input_cached_tokens",
            "2026-06-01,1,5,",
            "input_tokens: found '5', expected the cached tokens beside it",
        ),
        ("model", "2026-06-01,1", ": found 2 cells ('2026-06-01,1'), expected 3 cells"),
    ],
)
def test_each_mistake_names_its_cell_and_leaves_its_row_out(read, header, row, words):
    good = "2026-06-09,7" + "," * (header.count(",") + 1)
    usage, (line,) = read(f"date,requests,{header}\n{good}\n\n{row}\n")
    assert line.startswith(f"usage/x.csv:4:{words}")
    assert usage.total("requests") == 7
    assert usage.frame["row"].tolist() == [2]


def test_an_address_is_not_repeated_in_the_message(read):
    _, (line,) = read("date,requests,user\n2026-06-01,1,jo@example.com\n")
    assert "jo@" not in line


def test_many_bad_rows_are_told_once(read):
    _, problems = read("date,requests\n" + "2026-06-01,x\n" * 50)
    assert len(problems) == 21
    assert problems[0].startswith("usage/x.csv:0:requests: found 50 rows with such a problem in")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ":0:: found an empty file"),
        (b"\n\n", ":0:: found an empty file"),
        (b"\ndate,requests\n2026-06-01,1\n", ":1:: found an empty first line"),
        ("date,requests\n".encode("utf-16"), ":1:: found a UTF-16 file"),
        (b"date,requests\n2026-06-01,\xff\n", ":2:: found byte 0xff, which is not UTF-8"),
        (b"date,requests\n2026-06-01,1\0\n", ":2:: found a NUL byte"),
    ],
)
def test_what_is_no_table_is_a_problem(read, content, words):
    usage, problems = read(content)
    assert usage is None
    assert problems[0].startswith(f"usage/x.csv{words}")


def test_a_quote_that_is_not_closed_swallows_nothing_silently(read):
    usage, problems = read('date,requests,model\n2026-06-01,1,"m\n2026-06-02,5,x\n')
    assert usage is None
    assert problems


def test_a_header_without_rows_is_no_usage(read):
    assert read(DAILY) == (None, [])


def test_packed_and_parquet_files_say_the_same(read):
    plain, _ = read(DAILY + FIVE_ROWS)
    packed, problems = read(gzip.compress((DAILY + FIVE_ROWS).encode()), "usage/x.csv.gz")
    assert problems == []
    assert packed.frame.drop(columns="file").equals(plain.frame.drop(columns="file"))
    sink = pa.BufferOutputStream()
    table = pa.table(
        {
            "date": pa.array([date(2026, 6, 1), date(2026, 6, 2)], pa.date32()),
            "requests": pa.array([1, 2], pa.int64()),
            "output_tokens": pa.array([5.0, None], pa.float64()),
            "payer": pa.array(["paid", "free"]).dictionary_encode(),
        }
    )
    pq.write_table(table, sink)
    usage, problems = read(sink.getvalue().to_pybytes(), "usage/x.parquet")
    assert problems == []
    assert (usage.total("requests"), usage.total("output_tokens")) == (3, 5)


@pytest.mark.parametrize("name", ["usage/x.csv.gz", "usage/x.parquet"])
def test_a_damaged_file_is_a_problem(read, name):
    usage, problems = read(b"\x1f\x8b\x08 PAR1 nothing of the kind", name)
    assert usage is None
    assert len(problems) == 1


def test_a_day_in_two_files_is_counted_once(read):
    row = "2026-06-01,m,paid,10,1,1,1\n"
    later = "2026-06-02,m,paid,20,1,1,1\n"
    usage, (line,) = read({"usage/a.csv": DAILY + row, "usage/b.csv": DAILY + later + row})
    assert line == (
        "usage/b.csv:3:day: found 1 rows that usage/a.csv holds too, expected each day's total in "
        "one file"
    )
    assert usage.total("requests") == 30


def test_a_request_is_counted_once(read):
    header = "timestamp,request_id,output_tokens\n"
    row = "2026-06-01T10:00,r1,5\n"
    usage, (line,) = read({"usage/a.csv": header + row, "usage/b.csv": header + row})
    assert line.startswith("usage/b.csv:2:request_id: found 1 requests whose id stands in an")
    assert usage.total("requests") == 1


def test_rows_after_a_date_are_left_out_with_a_note(read):
    usage, _ = read(DAILY + FIVE_ROWS)
    early = usage.until(date(2026, 6, 2))
    assert early.last_day == date(2026, 6, 2)
    assert early.notes == ("1 of 5 usage rows are after 2026-06-02 and are left out",)
    assert usage.until(date(2026, 5, 31)) is None
    assert usage.until(date(2026, 6, 3)) == usage


COUNTS = st.integers(0, 10**15 - 1)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(st.integers(1, 28), COUNTS, COUNTS), min_size=1, max_size=30))
def test_sums_are_exact_whatever_the_counts(read, rows):
    text = "".join(f"2026-06-{day:02d},{requests},{out}\n" for day, requests, out in rows)
    usage, problems = read("date,requests,output_tokens\n" + text)
    assert problems == []
    assert usage.total("requests") == sum(requests for _, requests, _ in rows)
    assert usage.total("output_tokens") == sum(out for _, _, out in rows)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tokens=st.integers(0, 10**14), digits=st.sampled_from([("ktok", 3), ("mtok", 6)]))
def test_a_scaled_column_gives_back_the_tokens(read, tokens, digits):
    unit, places = digits
    written = Decimal(tokens).scaleb(-places)
    usage, problems = read(f"date,requests,output_{unit}\n2026-06-01,1,{written:f}\n")
    assert problems == []
    assert usage.total("output_tokens") == tokens


WORDS = st.sampled_from(
    ["", "0", "-1", "1e999", "9" * 40, "1,2", "(5)", "-", "n/a", "NaN", "2026-06-01", "paid", '"',
     "9999-99-99", "0000-01-01", "9999999999", "2026-06-01T25:99", "\u2028", "٣", "=1+1", "a@b"]
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(WORDS, min_size=8, max_size=9), min_size=1, max_size=4))
def test_odd_cells_are_problems_never_tracebacks(read, rows):
    header = "date,requests,input_mtok,output_tokens,reasoning_tokens,payer,user,latency_ms\n"
    usage, problems = read(header + "\n".join(",".join(row) for row in rows))
    is_blank = not any(cell.strip() for row in rows for cell in row)
    assert usage is not None or problems or is_blank


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.binary(max_size=200),
    name=st.sampled_from(["usage/x.csv", "usage/x.csv.gz", "usage/x.json", "usage/x.parquet"]),
    start=st.sampled_from([b"", b"date,requests\n", b"\x1f\x8b\x08", b"PAR1", b"["]),
)
def test_random_bytes_are_problems_never_tracebacks(read, data, name, start):
    read(start + data, name)


# Field names as the two suppliers document them: OpenAI's input holds what came from the cache.
def test_usage_pages_of_openai_are_read(read):
    text = """{"object": "page", "has_more": false, "next_page": null, "data": [
        {"object": "bucket", "start_time": 1780272000, "end_time": 1780358400, "results": [
        {"object": "organization.usage.completions.result", "input_tokens": 100,
         "input_cached_tokens": 40, "output_tokens": 7, "num_model_requests": 2,
         "project_id": "proj_a", "model": "gpt-5.4"}]}]}"""
    usage, problems = read(text, "usage/openai.json")
    assert problems == []
    assert (usage.kind, usage.total("requests"), usage.total("output_tokens")) == ("daily", 2, 7)
    assert (usage.total("input_tokens"), usage.total("cached_input_tokens")) == (60, 40)
    assert usage.frame["provider"].tolist() == ["openai"]
    assert usage.first_day == date(2026, 6, 1)


def test_a_usage_file_of_anthropic_has_no_count_of_requests(read):
    text = (
        "usage_date_utc,model_version,workspace,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
        "usage_input_tokens_cache_read,usage_output_tokens\n"
        "2026-06-01,claude-sonnet-4-6,prod,5,2,3,40,9\n"
    )
    usage, problems = read(text)
    assert problems == []
    assert (usage.kind, usage.total("requests")) == ("daily", None)
    assert (usage.total("input_tokens"), usage.total("cached_input_tokens")) == (5, 40)
    assert (usage.total("cache_write_tokens"), usage.total("output_tokens")) == (5, 9)


def test_rows_of_json_are_read_as_a_table(read):
    usage, problems = read(
        '[{"date": "2026-06-01", "requests": 3}, {"date": "2026-06-02", "requests": -1}]',
        "usage/x.json",
    )
    assert usage.total("requests") == 3
    assert problems == ["usage/x.json:2:requests: found '-1', expected zero or more"]


def test_text_that_is_no_json_is_a_problem(read):
    usage, problems = read("{not json", "usage/x.json")
    assert usage is None
    assert len(problems) == 1
