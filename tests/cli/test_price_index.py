"""``diligence prices index``: words, JSON and refusals."""

from __future__ import annotations

import json

import pytest

from diligence.cli import run

SPRING = ("--from", "2026-03-01", "--as-of", "2026-06-30")


def test_market_in_words(capsys):
    assert run(["prices", "index", *SPRING]) == 0
    said = capsys.readouterr().out
    assert "List:" in said
    assert "2026-06" in said
    assert "Prices: genai-prices" in said
    assert "Note: List index: list price at an unchanged model name" in said


def test_market_as_json(capsys):
    assert run(["prices", "index", *SPRING, "--mix", "1:1:8", "--direct", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["basket"] == "1 input : 1 output : 8 cached input"
    assert shown["vintage"]
    assert shown["list"]["method"] == "direct Jevons"
    assert [point["period"] for point in shown["effective"]["points"]][-1] == "2026-06"


def test_as_of_hides_what_became_known_later(capsys):
    last = {}
    for known in ("2026-06-30", "2026-09-30"):
        arguments = ["--from", "2026-03-01", "--to", "2026-06-30", "--known-on", known, "--json"]
        assert run(["prices", "index", *arguments]) == 0
        last[known] = json.loads(capsys.readouterr().out)["effective"]["change"]
    assert last["2026-09-30"] > last["2026-06-30"]


def test_company_tokens(capsys, tmp_path):
    path = tmp_path / "tokens.csv"
    path.write_text(
        "month,model,service,input,output\n"
        "2026-03,gpt-5.4,agent,60000000,10000000\n"
        "2026-04,gpt-5.5,agent,60000000,10000000\n"
    )
    assert run(["prices", "index", "--mix", str(path), "--method", "fisher"]) == 0
    said = capsys.readouterr().out
    assert "At list: +100.0% from 2026-03 to 2026-04 (chained Fisher)" in said
    assert run(["prices", "index", "--mix", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bill_usd"]["2026-04"] == 600.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--method", "fisher"], "no quantities, so method 'fisher' cannot be used"),
        (["--mix", "3"], "the mix is '3'; write parts"),
        (["--mix", "none.csv"], "none.csv cannot be used as a token mix"),
        (["--from", "soon"], "--from: 'soon' is not a date"),
        (["--as-of", "2026-06-30", "--from", "2026-07-01"], "before it starts"),
        (["--as-of", "2026-06-30", "--from", "2026-06-01"], "at least two periods"),
    ],
)
def test_refusals_end_in_2_without_a_traceback(arguments, says, capsys):
    assert run(["prices", "index", *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said


def test_a_table_of_any_prices(capsys, tmp_path):
    """Balk (2008): direct Fisher of the five periods ends at 1.0712."""
    prices = ("1 1 1 1 1 1", "1.2 3 1.3 .7 1.4 .8", "1 1 1.5 .5 1.7 .6", "1 1 1.6 .1 2 .2")
    bought = ("1 1 2 1 4.5 .5", ".8 .9 1.9 1.3 4.7 .6", "1 1.1 1.8 3 5 .8", ".9 1.2 2 12 6.5 2.5")
    rows = [
        f"{t},{item},{price},{quantity}\n"
        for t, (p, q) in enumerate(zip(prices, bought, strict=True))
        for item, (price, quantity) in enumerate(zip(p.split(), q.split(), strict=True))
    ]
    path = tmp_path / "balk.csv"
    path.write_text("period,item,price,quantity\n" + "".join(rows))
    asked = ["prices", "index", "--prices", str(path), "--method", "fisher"]
    assert run([*asked, "--direct", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    levels = [round(point["index"], 4) for point in shown["points"]]
    assert levels == [1.0, 1.4011, 1.2721, 1.0712]
    assert shown["chain_drift"] == 0
    assert run(asked) == 0
    said = capsys.readouterr().out
    assert "chained Fisher" in said
    assert "chain drift" in said


def test_a_hedonic_index_of_a_table(capsys, tmp_path):
    """New models at the old prices are half a point better; a point multiplies the price by 4."""
    path = tmp_path / "models.csv"
    rows = [f"{t},m{t}{k},{4**k},{k + t / 2}\n" for t in (0, 1) for k in range(3)]
    path.write_text("period,item,price,score\n" + "".join(rows))
    asked = ["prices", "index", "--prices", str(path), "--method", "hedonic"]
    assert run([*asked, "--quality", "score", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["points"][1]["index"] == pytest.approx(0.5)
    assert run([*asked[:-1], "jevons", "--quality", "score"]) == 2
    assert "the hedonic index needs at least one" in capsys.readouterr().err
