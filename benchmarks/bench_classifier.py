"""Measure the cost rules on labelled lines: accuracy, macro-F1, flags, and lines a second.

    python benchmarks/bench_classifier.py LABELLED.csv [MORE.csv ...]

A file has the columns source_system, text, service, usage_type, correct_class, subclass and
ambiguous. Accuracy and false flags are counted on clear lines, flags on ambiguous ones; shares are
printed with their 95 % Wilson interval. Without a file, cost_lines/labelled.csv under
DILIGENCE_REFERENCE_DATA is read.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from diligence.costs.classify import Finding, classify_evidence
from diligence.costs.evidence import evidence_of_text, system_of
from diligence.costs.rules import COST_CLASSES, RuleBook, load_rules

Line = dict[str, str]
BookOf = Callable[[Line], RuleBook]
Z_95 = 1.959964


@dataclass(frozen=True)
class Share:
    """So many of so many, with the 95 % Wilson interval."""

    hits: int
    known: int

    def __str__(self) -> str:
        if not self.known:
            return "none"
        low, high = self.interval()
        return f"{self.hits / self.known:.3f} [{low:.3f}, {high:.3f}]"

    def interval(self) -> tuple[float, float]:
        share, squared = self.hits / self.known, Z_95**2
        centre = share + squared / (2 * self.known)
        spread = Z_95 * math.sqrt(share * (1 - share) / self.known + squared / (4 * self.known**2))
        scale = 1 + squared / self.known
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def main() -> None:
    files = read_files()
    book = load_rules()
    for file in files:
        lines = read_lines(file)
        print(f"\n{file.name}: {len(lines)} lines, {len(book.rules)} rules")
        print_row("", "accuracy", "macro-F1", "flagged", "false flags")
        measure("all", lines, lambda line: book)
        measure("own file off", lines, lambda line: without_own_file(book, line))
        for name, alter in ALTERATIONS.items():
            measure(name, [altered(line, alter) for line in lines], lambda line: book)
        for system, group in sorted(by_system(lines).items()):
            measure(system, group, lambda line: book)
        print(f"{lines_a_second(lines, book):,.0f} distinct lines a second")


def read_files() -> list[Path]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="*")
    files: list[Path] = parser.parse_args().files
    reference = os.environ.get("DILIGENCE_REFERENCE_DATA")
    if not files and reference:
        files = [Path(reference) / "cost_lines" / "labelled.csv"]
    if not files:
        sys.exit("No labelled lines: name a file, or set DILIGENCE_REFERENCE_DATA.")
    missing = [str(file) for file in files if not file.exists()]
    if missing:
        sys.exit(f"Not found: {', '.join(missing)}")
    return files


def read_lines(path: Path) -> list[Line]:
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def measure(name: str, lines: Sequence[Line], book_of: BookOf) -> None:
    """Print one row of shares."""
    found = [(line, find(line, book_of(line))) for line in lines]
    clear = [pair for pair in found if pair[0]["ambiguous"] == "0"]
    open_ = [pair for pair in found if pair[0]["ambiguous"] == "1"]
    print_row(
        name,
        str(Share(sum(is_right(*pair) for pair in clear), len(clear))),
        f"{macro_f1(clear):.3f}" if clear else "none",
        str(Share(sum(finding.is_flagged for _, finding in open_), len(open_))),
        str(Share(sum(finding.is_flagged for _, finding in clear), len(clear))),
    )


def print_row(name: str, *cells: str) -> None:
    print(f"{name:28}" + "".join(f"{cell:>24}" for cell in cells))


def find(line: Line, book: RuleBook) -> Finding:
    evidence = evidence_of_text(
        source_system=line["source_system"],
        text=line["text"],
        service=line["service"],
        usage_type=line["usage_type"],
    )
    return classify_evidence(evidence, rules=book)


def is_right(line: Line, found: Finding) -> bool:
    recurring = line["subclass"] == found.subclass == "recurring_finetune"
    return found.cost_class == line["correct_class"] or recurring


def macro_f1(pairs: Sequence[tuple[Line, Finding]]) -> float:
    """Mean F1 of the classes that occur among the correct ones."""
    scores = []
    for cost_class in COST_CLASSES:
        correct = sum(line["correct_class"] == cost_class for line, _ in pairs)
        said = sum(found.cost_class == cost_class for _, found in pairs)
        both = sum(line["correct_class"] == cost_class == found.cost_class for line, found in pairs)
        if correct:
            scores.append(2 * both / (correct + said))
    return sum(scores) / len(scores)


def without_own_file(book: RuleBook, line: Line) -> RuleBook:
    system = system_of(line["source_system"])
    return book.without(system) if system in book.systems else book


def by_system(lines: Sequence[Line]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[system_of(line["source_system"])].append(line)
    return groups


def altered(line: Line, alter: Callable[[str], str]) -> Line:
    return {**line, **{key: alter(line[key]) for key in ("text", "service", "usage_type")}}


def other_region(text: str) -> str:
    text = re.sub(r"\b(USE1|USE2|USW2|EUW\d|EUC\d|APN1|EU)(?=[-_])", "APS2", text)
    return re.sub(r"\b(Iowa|Americas|Virginia|Tokyo|Columbus|Oregon)\b", "Frankfurt", text)


def other_version(text: str) -> str:
    text = re.sub(r"(Sonnet|Opus|Haiku|Gemini|Nova|Llama) ?\d(\.\d)?", r"\1 9", text)
    text = re.sub(r"(gpt-?\s?)\d", r"\g<1>7", text)
    return re.sub(r"20\d\d-\d\d-\d\d", "2027-01-15", text)


ALTERATIONS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "another region": other_region,
    "another model version": other_version,
    "- to _": lambda text: re.sub(r"(?<=\w)-(?=\w)", "_", text),
    "- and _ to blank": lambda text: re.sub(r"(?<=\w)[-_](?=\w)", " ", text),
    "_ and blank to -": lambda text: re.sub(r"(?<=\w)[ _](?=\w)", "-", text),
    "no separator": lambda text: re.sub(r"(?<=[a-z])[-_](?=[A-Za-z])", "", text),
}


def lines_a_second(lines: Sequence[Line], book: RuleBook, seconds: float = 2.0) -> float:
    """Distinct lines classified a second, rules loaded and indexed beforehand."""
    find(lines[0], book)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for line in lines:
            # A running number makes each text new, so that no cache of folded text answers.
            find({**line, "text": f"{line['text']} {done}"}, book)
            done += 1
    return done / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
