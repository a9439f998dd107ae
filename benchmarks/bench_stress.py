"""Measure the simulation of a portfolio under one market, in one run.

    python benchmarks/bench_stress.py [--companies 50] [--paths 10000] [--months 36] [--repeats 3]

The yardstick is the time ``np.random.default_rng().standard_normal`` needs for as many float64 as
there are companies, months and paths. Against it stand the draw of the market, the simulation of
every company (correlated drifts, own noise of usage and of unit cost, contract lag, elasticity,
levers that may fail, re-routing, own GPUs, minimums and credits), and its summaries: chances of
running out of cash by quarter with their errors, quantiles of runway, capital needed and margin.
Yardstick and simulation alternate, for each number of threads; on a busy machine read the
processor time, which waits for nobody. The plain loop is timed on a few paths of every company
and scaled. Memory is the peak of a fresh process that only simulates.

Companies are the shipped deals, analysed from their folders, with the responses that their
documents and the register give them, repeated under other names.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
from plain_simulation import PathShock, plain_path, plain_runway

from diligence.analysis.deal_analysis import analyse
from diligence.assumptions import AssumptionRegister
from diligence.inputs.load import load_deal
from diligence.projections.company_model import CompanyModel
from diligence.projections.response_terms import with_stated_responses
from diligence.projections.responses import CreditTerm
from diligence.stress.market_draw import MarketDraw, draw_market
from diligence.stress.market_model import company_noise, price_processes
from diligence.stress.reverse_stress import reverse_stress
from diligence.stress.simulation import (
    CompanyNoise,
    Simulation,
    drawn_paths,
    simulate,
)

SEED = 5
AS_OF = date(2026, 6, 30)
DEALS = Path(__file__).resolve().parent.parent / "datasets"
THREADS = (1, 2)
FIGURES = ("runway_months", "capital_needed", "paid_margin")


def main() -> None:
    options = read_options()
    models = portfolio(options.companies)
    if options.only_simulate:
        timed_simulation(models, options, threads=max(THREADS))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of a fresh process that reads, draws and simulates: {peak:,.0f} MiB")
        return
    show_companies(models, options)
    show_ratios(models, options)
    if options.only_ratios:
        return
    show_plain_loop(models, options)
    show_convergence(models, options)
    show_reverse_stress(models[: len(shipped_models())])
    child = [sys.executable, __file__, *sys.argv[1:], "--only-simulate"]
    subprocess.run(child, check=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=50)
    parser.add_argument("--paths", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--loop-paths", type=int, default=10, help="paths of the plain loop")
    parser.add_argument("--only-ratios", action="store_true", help="leave out the rest")
    parser.add_argument("--only-simulate", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def shipped_models() -> list[CompanyModel]:
    return [answered_model(path.parent) for path in sorted(DEALS.rglob("deal.yaml"))]


def answered_model(folder: Path) -> CompanyModel:
    deal = load_deal(folder)
    analysis = analyse(deal)
    return with_stated_responses(analysis.model, deal, analysis.register)


def portfolio(companies: int) -> list[CompanyModel]:
    """Repeat the shipped companies under other names; those without credits get some."""
    models = [
        model if model.credits else dataclasses.replace(model, credits=some_credits(model))
        for model in shipped_models()
    ]
    return [
        dataclasses.replace(models[number % len(models)], name=f"Company {number + 1}")
        for number in range(companies)
    ]


def some_credits(model: CompanyModel) -> CreditTerm:
    """Credits that pay a twentieth of the paid cost for a year at most."""
    return CreditTerm(0.4 * model.paid_cost, 0.05 * model.paid_cost, last_month=12)


def register() -> AssumptionRegister:
    return AssumptionRegister.load(AS_OF)


def noise() -> CompanyNoise:
    return company_noise(register())


def market_of(models: Sequence[CompanyModel], *, paths: int, months: int) -> MarketDraw:
    keys = {key for model in models for key in model.keys}
    return draw_market(price_processes(register()), keys, months=months, paths=paths, seed=SEED)


def show_companies(models: Sequence[CompanyModel], options: argparse.Namespace) -> None:
    def mean(count: Callable[[CompanyModel], int]) -> float:
        return float(np.mean([count(model) for model in models]))

    print(f"{len(models)} companies x {options.paths:,} paths x {options.months} months")
    print(
        "a company has on average "
        f"{mean(lambda m: len(m.segments)):.1f} segments, "
        f"{mean(lambda m: sum(len(part.lines) for part in m.segments)):.1f} priced lines, "
        f"{mean(lambda m: len(m.levers)):.1f} levers, {mean(lambda m: len(m.rerouting)):.1f} other "
        f"suppliers, {mean(lambda m: len(m.self_host)):.1f} plans for own GPUs, "
        f"{mean(lambda m: len(m.commitments)):.1f} minimums"
    )


def show_ratios(models: Sequence[CompanyModel], options: argparse.Namespace) -> None:
    shape = (len(models), options.months, options.paths)
    timed_simulation(models[:2], options, threads=max(THREADS))
    runs: dict[int, list[dict[str, tuple[float, float]]]] = {threads: [] for threads in THREADS}
    for _ in range(options.repeats):
        normals = {"normals": timed(lambda: np.random.default_rng().standard_normal(shape))}
        for threads in THREADS:
            runs[threads].append(normals | timed_simulation(models, options, threads=threads))
    for threads, found in runs.items():
        print(f"\n{threads} thread{'s' if threads > 1 else ''}")
        for position, clock in enumerate(("wall clock", "processor")):
            ratios = [run["total"][position] / run["normals"][position] for run in found]
            best = found[int(np.argmin(ratios))]
            split = ", ".join(f"{name} {times[position]:.2f} s" for name, times in best.items())
            print(
                f"  {clock}: {min(ratios):.2f} to {max(ratios):.2f}, median "
                f"{np.median(ratios):.2f} times standard_normal (best run: {split})"
            )


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the wall clock and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def timed_simulation(
    models: Sequence[CompanyModel], options: argparse.Namespace, *, threads: int
) -> dict[str, tuple[float, float]]:
    def draw() -> None:
        nonlocal market
        market = market_of(models, paths=options.paths, months=options.months)

    def run() -> None:
        nonlocal found
        found = simulate(models, market, seed=SEED, noise=[noise()] * len(models), workers=threads)

    def summarise() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(summaries, found))

    market: MarketDraw
    found: tuple[Simulation, ...]
    parts = {"market": timed(draw), "companies": timed(run), "summaries": timed(summarise)}
    walls, processors = zip(*parts.values(), strict=True)
    return parts | {"total": (sum(walls), sum(processors))}


def summaries(simulation: Simulation) -> list[object]:
    chances = [simulation.p_cash_out(month) for month in simulation.quarters]
    return [*chances, *(simulation.quantiles(figure) for figure in FIGURES)]


def show_plain_loop(models: Sequence[CompanyModel], options: argparse.Namespace) -> None:
    few = models[: len(shipped_models())]
    market = market_of(models, paths=options.paths, months=options.months)
    lists = [(model, plain_paths(model, market, options.loop_paths)) for model in few]

    def loop() -> None:
        for model, paths in lists:
            for shock, success in paths:
                plain_runway(model, plain_path(model, shock, success))

    ratios = []
    for _ in range(options.repeats):
        plain = timed(loop)[1] * options.paths / options.loop_paths * len(models) / len(few)
        vectorised = timed_simulation(models, options, threads=1)["companies"][1]
        ratios.append(plain / vectorised)
    print(
        f"\nplain loop over paths: {plain:,.0f} s of processor (timed on {options.loop_paths} "
        f"paths of {len(few)} companies, scaled), {min(ratios):.0f} to {max(ratios):.0f} times the "
        "arrays on one thread"
    )


def plain_paths(
    model: CompanyModel, market: MarketDraw, count: int
) -> list[tuple[PathShock, list[float]]]:
    drawn = next(drawn_paths(model, market, noise=noise(), seed=SEED))
    return [
        (PathShock.of(drawn.shock, path), [float(each[0, path]) for each in drawn.lever_success])
        for path in range(count)
    ]


def show_convergence(models: Sequence[CompanyModel], options: argparse.Namespace) -> None:
    print("\nchance of running out of cash by month, with its standard error")
    few = [model for model in models[: len(shipped_models())] if model.cash is not None]
    for model, months in unsettled(few, options):
        for paths in (1_000, 4_000, 10_000):
            market = market_of(models, paths=paths, months=options.months)
            (found,) = simulate([model], market, seed=SEED, noise=[noise()])
            chances = [found.p_cash_out(month) for month in months]
            shown = "  ".join(
                f"{month}: {chance.value:6.2%} +/- {chance.standard_error:.2%}"
                for month, chance in zip(months, chances, strict=True)
                if chance is not None
            )
            print(f"  {model.name}, {paths:>6,} paths  {shown}")


def unsettled(
    models: Sequence[CompanyModel], options: argparse.Namespace
) -> list[tuple[CompanyModel, tuple[int, ...]]]:
    """Companies whose cash is set so that it may or may not last."""
    months = tuple(range(12, options.months + 1, 12))
    market = market_of(models, paths=1_000, months=options.months)
    found = simulate(models, market, seed=SEED, noise=[noise()] * len(models))
    burning = []
    for model, simulation in zip(models, found, strict=True):
        cash = simulation.results.cash
        if cash is None or model.cash is None:
            continue
        used = float(np.median(model.cash - cash[len(cash) // 2]))
        if used > 0:
            burning.append((dataclasses.replace(model, cash=used), months))
    return burning[:3]


def show_reverse_stress(models: Sequence[CompanyModel]) -> None:
    taken = []
    for model in models:
        run = functools.partial(reverse_stress, model, after=AS_OF)
        taken.append(min(timed(run)[0] for _ in range(5)))
    shown = ", ".join(f"{seconds * 1e3:.0f}" for seconds in taken)
    print(f"\nreverse stress of one company, ms: {shown}")


if __name__ == "__main__":
    main()
