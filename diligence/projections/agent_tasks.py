"""What a task of several steps costs, and how many times the tokens of a single query it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diligence.projections.cost_spread import CostSpread
from diligence.projections.usage_rows import TOKEN_KINDS, UsageRows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TaskCosts:
    """Tasks of the requests seen one by one; money in reporting currency, tokens of all kinds.

    ``agent_multiple`` is tokens of a task of two steps or more over tokens of a request that
    stands alone; None when usage holds only one of the two.
    """

    tasks: int
    mean: float
    median: float
    p95: float
    steps_per_task: float
    tokens_per_step: float
    tokens_per_task: float
    agent_multiple: float | None

    def to_frame(self) -> pd.DataFrame:
        """One row a measure."""
        import pandas as pd

        rows = [
            ("tasks", self.tasks, "count"),
            ("mean", self.mean, "money a task"),
            ("median", self.median, "money a task"),
            ("p95", self.p95, "money a task"),
            ("steps per task", self.steps_per_task, "count"),
            ("tokens per step", self.tokens_per_step, "tokens"),
            ("tokens per task", self.tokens_per_task, "tokens"),
            ("agent multiple", self.agent_multiple, "ratio"),
        ]
        return pd.DataFrame(rows, columns=["measure", "value", "unit"])

    def summary(self) -> str:
        """One line: cost, steps and tokens of a task."""
        multiple = self.agent_multiple
        times = f", {multiple:,.1f} times a single query" if multiple is not None else ""
        return (
            f"{self.tasks:,} tasks: mean {self.mean:,.4f}, median {self.median:,.4f}, "
            f"p95 {self.p95:,.4f}; {self.steps_per_task:,.1f} steps of "
            f"{self.tokens_per_step:,.0f} tokens{times}"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def task_costs(spread: CostSpread, *, sample: UsageRows | None = None) -> TaskCosts | None:
    """Cost and tokens by task; None when no request names its task.

    Parameters
    ----------
    spread
        Serving cost over usage.
    sample
        Requests one by one beside daily totals.
    """
    import numpy as np
    import pandas as pd

    singles = spread.rows if spread.rows.kind == "request" else sample
    if singles is None or not singles.states("task"):
        return None
    steps = pd.DataFrame(
        {
            "task": singles.frame["task"],
            "cost": spread.row_costs(singles),
            "tokens": singles.frame[list(TOKEN_KINDS)].sum(axis=1),
            "steps": singles.frame["requests"],
        }
    )
    named = steps["task"] != ""
    tasks = steps[named].groupby("task", observed=True)[["cost", "tokens", "steps"]].sum()
    median, p95 = np.quantile(tasks["cost"].to_numpy(), (0.5, 0.95))
    n_steps = float(tasks["steps"].sum())
    return TaskCosts(
        tasks=len(tasks),
        mean=float(tasks["cost"].mean()),
        median=float(median),
        p95=float(p95),
        steps_per_task=n_steps / len(tasks),
        tokens_per_step=float(tasks["tokens"].sum()) / n_steps if n_steps else 0.0,
        tokens_per_task=float(tasks["tokens"].mean()),
        agent_multiple=_agent_multiple(tasks, steps[~named]),
    )


def _agent_multiple(tasks: pd.DataFrame, alone: pd.DataFrame) -> float | None:
    agents = tasks[tasks["steps"] > 1]
    one_step = tasks[tasks["steps"] <= 1]
    queries = len(alone) + len(one_step)
    tokens = float(alone["tokens"].sum() + one_step["tokens"].sum())
    if agents.empty or not queries or not tokens:
        return None
    return float(agents["tokens"].mean()) / (tokens / queries)
