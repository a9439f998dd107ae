"""Time a memo against the usual tools on the same notebook: papermill, then nbconvert.

Both sides start from a shell command and end with files on disk. They take turns (A B A B), so a
busy machine slows both; the medians and their ratio are printed, and nothing is kept.

    python benchmarks/bench_memo.py [DEAL] [--rounds 5]

The notebook writes the PDF and the workbook itself, so both sides leave the same files.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "deal_memo.ipynb"
DEAL = ROOT / "datasets" / "cases" / "minimax"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

Contender = Callable[[Path], float]


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="bench-memo-") as scratch:
        deal = options.deal.resolve()
        memo = {
            "diligence memo (pdf, html, xlsx)": lambda out: time_memo(deal, out),
            **{
                f"papermill + nbconvert --to {target}": (
                    lambda out, target=target: time_peer(options.notebook, deal, target, out)
                )
                for target in peer_targets()
            },
        }
        start_up = {
            "diligence --help": lambda _: seconds([BIN / "diligence", "--help"]),
            'python -c "import pandas"': lambda _: seconds([sys.executable, "-c", "import pandas"]),
        }
        for contenders in (memo, start_up):
            print_table(take_turns(contenders, options.rounds, Path(scratch)))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("deal", type=Path, nargs="?", default=DEAL)
    parser.add_argument("--notebook", type=Path, default=NOTEBOOK)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def peer_targets() -> list[str]:
    targets = ["html"]
    if importlib.util.find_spec("playwright") and any(map(shutil.which, BROWSERS)):
        targets.append("webpdf")
    if shutil.which("xelatex") and shutil.which("pandoc"):
        targets.append("pdf")
    return targets


def time_memo(deal: Path, out: Path) -> float:
    return seconds([BIN / "diligence", "memo", deal, "--out", out])


def time_peer(notebook: Path, deal: Path, target: str, out: Path) -> float:
    out.mkdir(parents=True)
    executed = out / "memo.ipynb"
    settings = ["-p", "deal_folder", deal, "-p", "out_folder", out]
    run = [BIN / "papermill", "-k", "python3", "--no-progress-bar", notebook, executed, *settings]
    return seconds(run) + seconds([BIN / "jupyter", "nbconvert", "--to", target, executed])


def seconds(command: Sequence[object]) -> float:
    started = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
    return elapsed


def take_turns(
    contenders: dict[str, Contender], rounds: int, scratch: Path
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for number, (name, contender) in enumerate(contenders.items()):
            out = scratch / f"{turn}-{number}"
            times[name].append(contender(out))
            shutil.rmtree(out, ignore_errors=True)
    return times


def print_table(times: dict[str, list[float]]) -> None:
    ours = statistics.median(next(iter(times.values())))
    print(f"{'':36} {'n':>3} {'median s':>9} {'min':>7} {'max':>7} {'ratio':>7}")
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:36} {len(values):3d} {median:9.2f} {min(values):7.2f} {max(values):7.2f} "
            f"{median / ours:7.2f}"
        )
    print()


if __name__ == "__main__":
    main()
