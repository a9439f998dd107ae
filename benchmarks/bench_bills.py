"""Time the classes of a large bill against DuckDB and pandas that only group the same file.

Each measurement is a fresh process that imports its libraries first and then starts the clock; its
peak memory is what the system counted. Contenders take turns, so a busy machine slows all of them;
besides the clock, the processor's seconds are shown, which other work on the machine hardly moves.

    python benchmarks/bench_bills.py [--rows 10000000] [--rounds 3] [--folder DIR]

The files are made by bill_files.py (a minute each) and kept only in a folder given by hand. pandas
reads and groups the whole file where the machine has the memory for it (16 GiB for ten million
rows), else a tenth of the rows, and its time is scaled to the whole.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MONEY = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ConsumedQuantity")
THREADS = 2
RESOURCES, MANY_RESOURCES = 15_000, 1_000_000
PANDAS_PART = 10
PANDAS_BYTES_A_ROW = 1_800
PART_JOB = "pandas_part"


@dataclass(frozen=True)
class Measured:
    """One run: seconds of the clock and of the processor, and the peak of memory in MiB."""

    seconds: float
    cpu: float
    memory: float
    said: str


def main() -> None:
    options = read_options()
    if options.job:
        print(json.dumps(measure(JOBS[options.job], options.file)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-bills-") as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for title, path, jobs in plans(folder, options.rows)[: options.files]:
            runs: dict[str, list[Measured]] = {job: [] for job in jobs}
            for _ in range(options.rounds):
                for job in jobs:
                    runs[job].append(run(job, part_of(path) if job == PART_JOB else path))
            print_table(title, path, runs)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=4, help="how many of the four files")
    parser.add_argument("--folder", type=Path, help="where files are made, and kept")
    parser.add_argument("--job", choices=sorted(JOBS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def plans(folder: Path, rows: int) -> list[tuple[str, Path, tuple[str, ...]]]:
    """Files to make, and who reads them; the first contender is the measure of the others."""
    from bill_files import write_bill

    decimals, doubles, many = (folder / f"{n}-{rows}.parquet" for n in ("exact", "double", "many"))
    for path, resources, is_exact in (
        (decimals, RESOURCES, True),
        (doubles, RESOURCES, False),
        (many, min(rows, MANY_RESOURCES), True),
        (part_of(decimals), RESOURCES, True),
    ):
        if not path.exists():
            count = rows // PANDAS_PART if path.name.startswith("part-") else rows
            write_bill(path, rows=count, resources=resources, is_exact=is_exact)
    csv = folder / f"exact-{rows // PANDAS_PART}.csv"
    if not csv.exists():
        write_csv(part_of(decimals), csv)
    return [
        (
            f"{rows:,} rows, costs as decimals",
            decimals,
            ("duckdb", "duckdb_key", "ours", "ours_rows", _pandas(rows)),
        ),
        (f"{rows:,} rows, costs as doubles", doubles, ("duckdb", "duckdb_key", "ours")),
        (f"{rows:,} rows, a million resources", many, ("duckdb", "duckdb_key", "ours")),
        (f"{rows // PANDAS_PART:,} rows, CSV, for information", csv, ("duckdb_csv", "ours")),
    ]


def _pandas(rows: int) -> str:
    """The whole file where it fits into the memory that is free, else a tenth of it."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return "pandas" if free > rows * PANDAS_BYTES_A_ROW else PART_JOB


def part_of(path: Path) -> Path:
    return path.with_name(f"part-{path.name}")


def write_csv(source: Path, path: Path) -> None:
    import duckdb

    duckdb.execute(f"COPY (FROM '{source}') TO '{path}' (FORMAT csv, HEADER true)")


def run(job: str, path: Path) -> Measured:
    command = [sys.executable, __file__, "--job", job, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{job} on {path} ended with {done.returncode}:\n{done.stderr}")
    found = Measured(**json.loads(done.stdout.splitlines()[-1]))
    if job != PART_JOB:
        return found
    scaled = found.seconds * PANDAS_PART, found.cpu * PANDAS_PART
    return Measured(*scaled, found.memory, found.said)


def measure(job: Callable[[Path], Callable[[], str]], path: Path) -> dict[str, float | str]:
    ready = job(path)
    cpu, started = processor_seconds(), time.perf_counter()
    said = ready()
    seconds, used = time.perf_counter() - started, processor_seconds() - cpu
    return {"seconds": seconds, "cpu": used, "memory": peak_memory(), "said": said}


def peak_memory() -> float:
    """MiB; the system's own count, where there is one, starts with the process."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def duckdb_job(path: Path, *, only_key: bool) -> Callable[[], str]:
    """Plain SQL: texts of the file and month, amounts added up.

    With ``only_key``, the texts that a class may depend on; otherwise all texts of the file.
    """
    import duckdb

    con = duckdb.connect(config={"threads": str(THREADS)})
    con.execute("SET enable_progress_bar = false")
    relation = f"'{path}'"
    kinds = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    texts = [f'"{name}"' for name, kind, *_ in kinds if kind == "VARCHAR"]
    if only_key:
        texts = [name for name in texts if name.strip('"') not in BESIDE_THE_KEY]
    sums = ", ".join(f"sum({name})" for name in MONEY)
    query = (
        f"SELECT {', '.join(texts)}, date_trunc('month', ChargePeriodStart) AS month, {sums} "
        f"FROM {relation} GROUP BY ALL"
    )

    def ready() -> str:
        return f"{con.sql(query).to_arrow_table().num_rows:,} groups"

    return ready


BESIDE_THE_KEY = frozenset(
    (
        "BillingAccountId",
        "ChargeFrequency",
        "RegionId",
        "RegionName",
        "ServiceCategory",
        "SubAccountId",
    )
)


def ours_job(path: Path, *, each_row: bool = False) -> Callable[[], str]:
    import duckdb  # noqa: F401
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.compute  # noqa: F401
    import yaml  # noqa: F401

    from diligence.costs import load_rules
    from diligence.costs.bill_classes import classify_bill, write_classes
    from diligence.inputs.bills import read_bill
    from diligence.inputs.problems import ProblemLog

    def ready() -> str:
        load_rules()
        log = ProblemLog()
        bill = read_bill(path, name=path.name, log=log)
        if bill is None:
            sys.exit("\n".join(map(str, log.problems)))
        found = classify_bill(bill)
        totals = found.totals
        if sum(total.billed for total in totals) != bill.total():
            sys.exit("classes do not add up to the bill")
        if not each_row:
            return f"{found.lines.num_rows:,} distinct lines, {len(totals):,} totals"
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            return f"{write_classes(path, found, out=Path(folder) / 'rows.parquet'):,} rows"

    return ready


def pandas_job(path: Path) -> Callable[[], str]:
    import pandas as pd
    import pyarrow.parquet  # noqa: F401

    def ready() -> str:
        rows = pd.read_parquet(path)
        texts = [name for name in rows.columns if isinstance(rows[name].dtype, pd.StringDtype)]
        texts = texts or [name for name in rows.select_dtypes("object") if name not in MONEY]
        month = rows["ChargePeriodStart"].dt.tz_localize(None).dt.to_period("M")
        sums = rows.groupby([*texts, month], dropna=False, observed=True)[list(MONEY)].sum()
        return f"{len(sums):,} groups"

    return ready


JOBS: dict[str, Callable[[Path], Callable[[], str]]] = {
    "duckdb": lambda path: duckdb_job(path, only_key=False),
    "duckdb_key": lambda path: duckdb_job(path, only_key=True),
    "duckdb_csv": lambda path: duckdb_job(path, only_key=False),
    "ours": ours_job,
    "ours_rows": lambda path: ours_job(path, each_row=True),
    "pandas": pandas_job,
    PART_JOB: pandas_job,
}
TITLES = {
    "duckdb": "DuckDB, all text columns and month",
    "duckdb_key": "DuckDB, text columns of the key only",
    "duckdb_csv": "DuckDB, all text columns and month",
    "ours": "ours: classes, lines and totals",
    "ours_rows": "ours: and a class on every row",
    "pandas": "pandas, read and grouped",
    PART_JOB: "pandas, read and grouped (scaled)",
}


def print_table(title: str, path: Path, runs: dict[str, list[Measured]]) -> None:
    base = next(iter(runs.values()))
    seconds, cpu = (statistics.median(getattr(r, n) for r in base) for n in ("seconds", "cpu"))
    print(f"{title} ({path.stat().st_size / 1e6:,.0f} MB)")
    print(
        f"  {'':38} {'n':>2} {'median s':>9} {'min':>7} {'max':>7} {'ratio':>6} {'cpu s':>7} "
        f"{'ratio':>6} {'MiB':>6}"
    )
    for job, found in runs.items():
        times = [r.seconds for r in found]
        median, used = statistics.median(times), statistics.median(r.cpu for r in found)
        memory = max(r.memory for r in found)
        print(
            f"  {TITLES[job]:38} {len(found):2d} {median:9.2f} {min(times):7.2f} {max(times):7.2f} "
            f"{median / seconds:6.2f} {used:7.2f} {used / cpu:6.2f} {memory:6.0f}  {found[0].said}"
        )
    print(flush=True)


if __name__ == "__main__":
    main()
