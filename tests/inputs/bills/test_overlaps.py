"""Two files with the same charges are refused; files that complement each other are not."""

import pytest

from diligence.inputs.bills.overlaps import overlapping_bills

AZURE = "MeterCategory,MeterName,CostInBillingCurrency,Date,BillingCurrencyCode,ChargeType,"
AZURE += "PricingModel,ResourceGroup,ResourceId"
PAGES = "start_time,amount,currency,line_item,project_id"
AWS = (
    "lineItem/LineItemType,lineItem/UsageType,lineItem/ProductCode,lineItem/UsageStartDate,"
    "lineItem/UnblendedCost,lineItem/CurrencyCode,lineItem/UsageAccountName,lineItem/ResourceId"
)
FOCUS = (
    "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,"
    "ChargeDescription,ProviderName,SubAccountName,ResourceId,ResourceName"
)
INVOICE = "Provider,Description,Amount,Currency,Period Start,Period End"


@pytest.fixture
def bills(read):
    def run(**files):
        found = []
        for name, (header, *rows) in files.items():
            bill, problems = read("\n".join([header, *rows]) + "\n", name=f"{name}.csv")
            assert not problems
            found.append(bill)
        return [(p.file, p.found) for p in overlapping_bills(found)]

    return run


def azure(cost, *, charge="Usage", day="2026-06-03", group="rg-a"):
    return f"Virtual Machines,ND96,{cost},{day},USD,{charge},Reservation,{group},vm-1"


def focus(start, end, account, resource="i-1", text="GPU"):
    return f"1,1,USD,Usage,{start},{end},{text},AWS,{account},{resource},{resource}"


def test_actual_and_amortised_cost_of_a_month(bills):
    actual = (AZURE, azure("0"), azure("900", charge="Purchase"), azure("0", day="2026-06-20"))
    amortised = (AZURE, azure("30"), azure("9", charge="UnusedReservation", day="2026-06-20"))
    assert bills(b=actual, a=amortised) == [
        ("b.csv", "charges of 2026-06 that a.csv holds too"),
    ]


def test_months_and_accounts_that_complement_each_other(bills):
    june, july = azure("5"), azure("5", day="2026-07-03")
    other = azure("5", group="rg-b")
    assert bills(a=(AZURE, june), b=(AZURE, july), c=(AZURE, other)) == []


def test_one_project_exported_twice_with_other_lines(bills):
    first = (PAGES, "2026-06-01,1,USD,input,p1", "2026-06-30,1,USD,input,p1")
    second = (PAGES, "2026-06-01,1,USD,output,p1", "2026-06-30,1,USD,output,p1")
    third = (PAGES, "2026-06-01,1,USD,input,p2", "2026-06-30,1,USD,input,p2")
    assert bills(a=first, b=second) == [("b.csv", "charges of 2026-06 that a.csv holds too")]
    assert bills(a=first, b=third) == []


def test_the_same_report_with_and_without_projects(bills):
    whole = (PAGES, "2026-06-01,3,USD,input,", "2026-06-30,3,USD,input,")
    split = (PAGES, "2026-06-01,1,USD,input,p1", "2026-06-30,2,USD,input,p2")
    assert len(bills(a=whole, b=split)) == 1


def test_a_cost_report_and_a_focus_export_of_one_account(bills):
    report = (AWS, *(f"Usage,p5,EC2,2026-06-{day}T00:00:00Z,1,USD,prod,i-1" for day in (10, 20)))
    same = (FOCUS, focus("2026-06-01", "2026-07-01", "prod"))
    other = (FOCUS, focus("2026-06-01", "2026-07-01", "research", resource="i-2"))
    assert bills(a=report, b=same) == [("b.csv", "charges of 2026-06 that a.csv holds too")]
    assert bills(a=report, b=other) == []


def test_charges_that_spill_over_the_end_of_a_month_do_no_harm(bills):
    may = (PAGES, *(f"2026-05-{day:02},1,USD,input,p1" for day in range(1, 32)))
    june = (PAGES, *(f"2026-06-{day:02},1,USD,input,p1" for day in range(1, 31)))
    late = (*may, "2026-06-01,1,USD,input,p1")
    assert bills(a=late, b=june) == []
    assert len(bills(a=(*late, "2026-06-20,1,USD,input,p1"), b=june)) == 1


def test_two_invoices_of_a_vendor(bills):
    nodes = "CoreWeave,H100 nodes,100,USD,2026-06-01,2026-06-30"
    storage = "CoreWeave,Storage,5,USD,2026-06-01,2026-06-30"
    crusoe = "Crusoe,H100 nodes,100,USD,2026-06-01,2026-06-30"
    assert bills(a=(INVOICE, nodes), b=(INVOICE, storage), c=(INVOICE, crusoe)) == []
    assert len(bills(a=(INVOICE, nodes), b=(INVOICE, nodes, storage))) == 1


def test_accounts_without_names_are_told_by_their_numbers(bills):
    header = AWS.replace("UsageAccountName", "UsageAccountId")
    rows = [f"Tax,Tax,EC2,2026-06-{day}T00:00:00Z,1,USD,{{}}," for day in (10, 20)]
    one, other = ([row.format(account) for row in rows] for account in ("111", "222"))
    assert bills(a=(header, *one), b=(header, *other)) == []
    assert len(bills(a=(header, *one), b=(header, *one))) == 1
