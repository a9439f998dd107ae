"""A new deal folder: templates that pass the check once filled, and the request list."""

import pytest

from diligence.errors import InputError
from diligence.inputs.load import check_deal, load_deal
from diligence.inputs.scaffold import scaffold_deal


def fill(folder):
    deal = folder / "deal.yaml"
    text = deal.read_text(encoding="utf-8")
    for key, value in (
        ("company", "Acme"),
        ("archetype", "search"),
        ("as_of", "2025-12-31"),
        ("reporting_currency", "USD"),
    ):
        text = text.replace(f"\n{key}:", f"\n{key}: {value}", 1)
    deal.write_text(text, encoding="utf-8")
    for name, row in (("ledger", "2025,AWS,7,USD m"), ("revenue", "2025,9,USD m")):
        with (folder / f"{name}.csv").open("a", encoding="utf-8") as stream:
            stream.write(row + "\n")


def test_the_fresh_folder_lists_what_is_missing(tmp_path):
    scaffold_deal(tmp_path / "acme")
    lines = [str(problem) for problem in check_deal(tmp_path / "acme")]
    missing = [line for line in lines if line.startswith("deal.yaml")]
    assert len(missing) == 4
    assert all("found nothing, expected the required key" in line for line in missing)
    assert {line.split(":")[0] for line in lines} == {"deal.yaml", "ledger.csv", "revenue.csv"}


def test_once_filled_the_templates_pass(tmp_path):
    folder = tmp_path / "acme"
    scaffold_deal(folder)
    fill(folder)
    assert check_deal(folder) == ()
    deal = load_deal(folder)
    assert deal.company == "Acme"
    assert deal.commentary == ""


def test_the_commented_examples_are_valid_too(tmp_path):
    folder = tmp_path / "acme"
    scaffold_deal(folder)
    fill(folder)
    for name in ("deal.yaml", "assumptions.yaml", "claims.yaml", "contracts.yaml"):
        path = folder / name
        lines = path.read_text(encoding="utf-8").replace("\n[]\n", "\n").splitlines()
        starts = ("# exposure:", "# preferences:", "# scenarios:", "# -", "#   ")
        path.write_text(
            "\n".join(line[2:] if line.startswith(starts) else line for line in lines),
            encoding="utf-8",
        )
    deal = load_deal(folder)
    assert len(deal.terms.exposures) == 1
    assert deal.terms.earlier_classes[0].amount == 12_000_000
    assert len(deal.terms.scenarios) == 1
    assert deal.overrides[0].name == "pass_through"
    assert deal.claims[0].concept == "gross_margin"
    assert [contract.kind for contract in deal.contracts] == ["reserved", "credits"]


def test_every_file_of_the_contract_has_a_template(tmp_path):
    names = {path.name for path in scaffold_deal(tmp_path / "acme")}
    assert names >= {
        "deal.yaml",
        "ledger.csv",
        "revenue.csv",
        "facts.csv",
        "cash.csv",
        "training_runs.csv",
        "assumptions.yaml",
        "decisions.csv",
        "claims.yaml",
        "contracts.yaml",
        "drivers.csv",
        "bills",
        "usage",
        "commentary.md",
        "data_requests.md",
    }


def test_the_request_list_is_ranked(tmp_path):
    scaffold_deal(tmp_path / "acme")
    text = (tmp_path / "acme" / "data_requests.md").read_text(encoding="utf-8")
    numbers = [int(line.split(".")[0]) for line in text.splitlines() if line[:1].isdigit()]
    assert numbers == list(range(1, 18))


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not empty \(it holds 'notes.txt'\)"):
        scaffold_deal(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        scaffold_deal(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    assert len(scaffold_deal(tmp_path)) == len(list(tmp_path.iterdir()))
