"""Papermill's execution of a notebook on a kernel that is already running.

Registered here when the module is imported. An entry point would do the same, but a broken one
keeps papermill itself from being imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook
from papermill.log import logger

from diligence.runner.kernels import RunningKernel

ENGINE = "diligence"


@dataclass
class Execution:
    """One run: the node fills while cells run, and is kept when one fails."""

    node: NotebookNode
    kernel: RunningKernel
    failure: str = ""


class RunningKernelEngine(NBClientEngine):  # type: ignore[misc]
    """Runs the cells on the kernel of an `Execution`, recording no times in the notebook."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, execution: Execution, **_: Any
    ) -> None:
        """Run every cell; the kernel stays up."""
        execution.node = nb_man.nb
        client = PapermillNotebookClient(
            nb_man,
            km=execution.kernel.manager,
            kernel_name=kernel_name,
            log=logger,
            record_timing=False,
            coalesce_streams=True,
        )
        try:
            client.execute()
        finally:
            if client.kc is not None:
                client.kc.stop_channels()


papermill_engines.register(ENGINE, RunningKernelEngine)


def execute(node: NotebookNode, parameters: dict[str, Any], kernel: RunningKernel) -> Execution:
    """Run a notebook with papermill, silently.

    Returns
    -------
    Execution
        With what ran; `failure` says in one sentence why it stopped, and is empty if it did not.
    """
    execution = Execution(node=node, kernel=kernel)
    logger.disabled = True
    try:
        execute_notebook(
            node,
            None,
            parameters=parameters,
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution=execution,
        )
    except PapermillExecutionError as error:
        execution.failure = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        execution.failure = f"the kernel ended{_last_words(kernel)}"
    except CellTimeoutError as error:
        execution.failure = str(error).splitlines()[0]
    except RuntimeError as error:
        execution.failure = f"the kernel did not start: {error}{_last_words(kernel)}"
    return execution


def _last_words(kernel: RunningKernel) -> str:
    lines = kernel.log.read_text(encoding="utf-8", errors="replace").split("\n")
    spoken = [line for line in lines if line.strip()]
    return f"; its last line was {spoken[-1]!r}" if spoken else " without a word"
