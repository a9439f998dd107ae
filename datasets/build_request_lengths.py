"""Write ``request_lengths.csv``: quantiles of tokens a request in published traces.

The traces themselves are not kept here. Set ``DILIGENCE_REFERENCE_DATA`` to the folder that holds
``request-traces/`` and run ``python datasets/build_request_lengths.py``.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 0.999)
ENVIRONMENT = "DILIGENCE_REFERENCE_DATA"
TARGET = Path(__file__).parent / "request_lengths.csv"
AZURE = ("Azure/AzurePublicDataset b469a11", "CC-BY-4.0")
SERVEGEN = ("alibaba/ServeGen f891d11", "Apache-2.0")
AIDER = ("Aider-AI/aider 5dc9490b", "Apache-2.0")
VIDUR = ("microsoft/vidur 7d47513", "MIT")


@dataclass(frozen=True)
class Trace:
    """One measure of a trace: a column of single requests, or values with their probability."""

    name: str
    measure: str
    file: str
    column: str
    source: str
    licence: str
    note: str

    @property
    def is_weighted(self) -> bool:
        """True for a distribution of values instead of single requests."""
        return self.column == "value"


_ONE = "one row a request"
_TWELVE = "complete: 1.38 million requests as a distribution"
_PART = "distribution of 71 % of the requests; large clients are missing"
TRACES = (
    Trace("azure_code", "input_tokens", "azure_2023_code", "prompt_tokens", *AZURE, _ONE),
    Trace("azure_code", "output_tokens", "azure_2023_code", "output_tokens", *AZURE, _ONE),
    Trace("azure_chat", "input_tokens", "azure_2023_conv", "prompt_tokens", *AZURE, _ONE),
    Trace("azure_chat", "output_tokens", "azure_2023_conv", "output_tokens", *AZURE, _ONE),
    Trace("reasoning", "input_tokens", "servegen_deepseek-r1_input_tokens", "value", *SERVEGEN,
          _TWELVE),
    Trace("reasoning", "output_tokens", "servegen_deepseek-r1_output_tokens", "value", *SERVEGEN,
          _TWELVE),
    Trace("reasoning", "reasoning_ratio", "servegen_deepseek-r1_reason_ratio", "value", *SERVEGEN,
          _TWELVE),
    Trace("mixed_api", "input_tokens", "servegen_m-mid_input_tokens", "value", *SERVEGEN, _PART),
    Trace("mixed_api", "output_tokens", "servegen_m-mid_output_tokens", "value", *SERVEGEN, _PART),
    Trace("code_edit", "input_tokens", "aider_requests_with_cost", "prompt_tokens", *AIDER, _ONE),
    Trace("code_edit", "output_tokens", "aider_requests_with_cost", "output_tokens", *AIDER, _ONE),
    Trace("long_document", "input_tokens", "vidur_arxiv_summarization_tokens",
          "num_prefill_tokens", *VIDUR, _ONE),
    Trace("long_document", "output_tokens", "vidur_arxiv_summarization_tokens",
          "num_decode_tokens", *VIDUR, _ONE),
)  # fmt: skip


def quantile(weighted: list[tuple[float, float]], share: float) -> float:
    """Smallest value that at least this share of the requests does not exceed."""
    total = sum(weight for _, weight in weighted)
    reached = 0.0
    for value, weight in weighted:
        reached += weight
        if reached >= share * total * (1 - 1e-12):
            return value
    return weighted[-1][0]


def read(folder: Path, trace: Trace) -> list[tuple[float, float]]:
    """Values with their weight, from the smallest."""
    path = folder / "request-traces" / f"{trace.file}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = csv.DictReader(stream)
        found = [
            (float(row[trace.column]), float(row["prob"]) if trace.is_weighted else 1.0)
            for row in rows
            if row[trace.column]
        ]
    return sorted(found)


def table(folder: Path) -> Iterator[list[object]]:
    """Rows of the file."""
    shares = [f"p{100 * share:g}" for share in QUANTILES]
    yield ["trace", "measure", *shares, "rows", "source", "licence", "file", "note"]
    for trace in TRACES:
        weighted = read(folder, trace)
        values = [f"{quantile(weighted, share):g}" for share in QUANTILES]
        yield [trace.name, trace.measure, *values, len(weighted), trace.source, trace.licence,
               f"{trace.file}.csv.gz", trace.note]  # fmt: skip


def request_lengths(folder: Path) -> str:
    """Text of the file, from the folder of reference data."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(table(folder))
    return buffer.getvalue()


if __name__ == "__main__":
    if not os.environ.get(ENVIRONMENT):
        sys.exit(f"{ENVIRONMENT} is not set: it names the folder that holds request-traces/")
    TARGET.write_text(request_lengths(Path(os.environ[ENVIRONMENT])), encoding="utf-8")
