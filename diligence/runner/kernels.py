"""Kernels that start fast: forked from a quiet process that has the libraries loaded.

Importing pandas and altair costs an ordinary kernel some seconds for every notebook. Where the
system can fork, a *kernel host* is split off this process once, imports the libraries, and stays
as it is: it runs no notebook, draws no chart and starts no thread. Each notebook's kernel is forked
from the host, so nothing this process does later (the chart renderer's threads do not survive a
fork, and hang it) reaches a kernel. Elsewhere an ordinary kernel process is started.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import io
import logging
import os
import queue
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, NoReturn, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import run_sync

from diligence.errors import RenderError
from diligence.lean_imports import import_jsonschema_without_iri_grammar
from diligence.runner.kernel_host import (
    DEFAULT_PRELOAD,
    HostedProcess,
    KernelHost,
    KernelRequest,
    can_fork,
    running_host,
    stop_kernel_host,
)

KernelStart = Literal["auto", "fork", "process"]

KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
)
KERNEL_ARGUMENTS = ("--HistoryManager.enabled=False",)
KERNEL_ENVIRONMENT = {
    # Without a fixed name, warnings quote a temporary file named after the kernel's process id.
    "IPYKERNEL_CELL_NAME": "<cell>",
    "PYTHONHASHSEED": "0",
}
# Unix sockets take paths of at most 104 (macOS) or 108 (Linux) bytes.
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class RunningKernel:
    """A started kernel, and the private folder it works in.

    Attributes
    ----------
    manager
        The kernel's manager, as papermill and nbclient take it.
    folder
        Working directory of the kernel; removed with everything in it when the kernel ends.
    log
        What the kernel process wrote outside any cell.
    """

    manager: AsyncKernelManager
    folder: Path
    log: Path


@contextmanager
def running_kernel(
    *, preload: Sequence[str] = DEFAULT_PRELOAD, start: KernelStart = "auto"
) -> Iterator[RunningKernel]:
    """Start a kernel and end it, leaving no process, socket or file behind.

    Parameters
    ----------
    preload
        Modules the kernel should find imported; only a forked kernel profits.
    start
        ``fork`` from the host, an ordinary ``process``, or whichever the system allows.

    Yields
    ------
    RunningKernel
        The kernel may still be booting; its client waits until it is ready.
    """
    forked = start == "fork" or (start == "auto" and can_fork())
    try:
        folder, kernel = _started(preload, forked=forked)
    except RenderError:
        if not forked:
            raise
        # A host that was killed a moment ago may still look alive; a new one is asked, once.
        stop_kernel_host()
        folder, kernel = _started(preload, forked=forked)
    try:
        try:
            yield kernel
        finally:
            _end_kernel(kernel.manager)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class MemoKernelClient(AsyncKernelClient):
    """Talks to a kernel; ready as soon as the kernel has answered on both channels."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel replies and its output arrives here.

        The client this replaces waits another 0.2 s for output that may still be on its way. Here
        the idle message that ends an answer is awaited, after which nothing can be.
        """
        deadline = time.monotonic() + (timeout or 60)
        while not await self._has_answered():
            if (
                time.monotonic() > deadline
                or not await cast("MemoKernelManager", self.parent).is_alive()
            ):
                raise RuntimeError("Kernel died before replying to kernel_info")

    async def _has_answered(self) -> bool:
        request = self.kernel_info()
        try:
            reply = await self.shell_channel.get_msg(timeout=1)
            while reply["parent_header"].get("msg_id") != request:
                reply = await self.shell_channel.get_msg(timeout=1)
            while True:
                message = await self.iopub_channel.get_msg(timeout=0.05)
                is_ours = message["parent_header"].get("msg_id") == request
                if is_ours and message["content"].get("execution_state") == "idle":
                    return True
        except queue.Empty:
            return False


class MemoKernelManager(AsyncKernelManager):
    """Manages a kernel of this very interpreter, whatever kernels the user has installed."""

    client_class = "diligence.runner.kernels.MemoKernelClient"
    client_factory = MemoKernelClient

    @property
    def kernel_spec(self) -> KernelSpec:
        """How an ordinary kernel is started; a forked one ignores it."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel by asking the kernel host to fork."""

    host: KernelHost
    process: HostedProcess | None = None  # type: ignore[assignment]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel; `cmd` is not run."""
        self.process = self.host.fork_kernel(
            KernelRequest(
                connection_file=cast("MemoKernelManager", self.parent).connection_file,
                folder=kwargs["cwd"],
                log=kwargs["stdout"].name,
                environment=kwargs["env"],
            )
        )
        self.pid = self.process.pid
        # The kernel shares the host's process group: signals must go to the kernel alone.
        self.pgid = None
        return self.connection_info


def _started(preload: Sequence[str], *, forked: bool) -> tuple[Path, RunningKernel]:
    """A kernel and its private folder, which is gone again when the kernel does not start."""
    host = running_host(preload) if forked else None
    folder = Path(tempfile.mkdtemp(prefix="kernel-", dir=host.folder if host else None))
    try:
        return folder, _start_kernel(folder, host)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _start_kernel(folder: Path, host: KernelHost | None) -> RunningKernel:
    work = folder / "work"
    work.mkdir()
    log = folder / "kernel.log"
    manager = MemoKernelManager(
        connection_file=str(folder / "kernel.json"), transport=_transport(folder)
    )
    if host is not None:
        provisioner = ForkedProvisioner(
            kernel_id=secrets.token_hex(8), kernel_spec=manager.kernel_spec, parent=manager
        )
        provisioner.host = host
        manager.provisioner = provisioner
    environment = os.environ | KERNEL_ENVIRONMENT | {"IPYTHONDIR": str(folder / "ipython")}
    with log.open("wb") as log_stream:
        run_sync(manager.start_kernel)(
            cwd=str(work),
            env=environment,
            stdout=log_stream,
            stderr=log_stream,
            extra_arguments=list(KERNEL_ARGUMENTS),
        )
    return RunningKernel(manager=manager, folder=work, log=log)


def _end_kernel(manager: AsyncKernelManager) -> None:
    # Everything the kernel had to say has been received, so a polite farewell only costs time.
    provisioner = cast("LocalProvisioner", manager.provisioner)
    if provisioner.process is not None:
        provisioner.process.kill()
        provisioner.process.wait()
        provisioner.process = None
    run_sync(manager.cleanup_resources)()


def _transport(folder: Path) -> str:
    longest = len(os.fsencode(folder / "kernel.json-ipc-65535"))
    return "ipc" if os.name == "posix" and longest <= LONGEST_SOCKET_PATH else "tcp"


def run_host(arguments: Sequence[str]) -> NoReturn:
    """Be the kernel host: import the libraries, then fork kernels until the parent is gone."""
    descriptor, parent, folder, *preload = arguments
    connection = Connection(int(descriptor))
    try:
        # Nothing that an import makes is garbage; looking for it takes a tenth of the time.
        gc.disable()
        import_jsonschema_without_iri_grammar()
        for module in (*preload, *KERNEL_MODULES):
            with suppress(ModuleNotFoundError):
                importlib.import_module(module)
        # Kernels share these pages with the host as long as no collection touches them.
        gc.freeze()
        gc.enable()
        _serve_requests(connection, int(parent))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def _serve_requests(connection: Connection, parent: int) -> None:
    kernels: set[int] = set()
    try:
        while os.getppid() == parent:
            if not connection.poll(1.0):
                continue
            question = connection.recv()
            if isinstance(question, int):
                exit_code = _reap(question)
                if exit_code is not None:
                    kernels.discard(question)
                connection.send(exit_code)
            else:
                kernels.add(pid := _fork_kernel(question, connection))
                connection.send(pid)
    except (EOFError, OSError):
        pass
    finally:
        for pid in kernels:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _reap(pid: int) -> int | None:
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return -signal.SIGKILL
    return os.waitstatus_to_exitcode(status) if ended else None


def _fork_kernel(request: KernelRequest, connection: Connection) -> int:
    host = os.getpid()
    pid = os.fork()
    if pid == 0:
        exit_code = 1
        try:
            connection.close()
            _run_kernel(request, host)
            exit_code = 0
        except BaseException:
            logging.getLogger(__name__).exception("kernel failed")
        finally:
            os._exit(exit_code)
    return pid


def _run_kernel(request: KernelRequest, host: int) -> None:
    from ipykernel.kernelapp import IPKernelApp

    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    log = os.open(request.log, os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _open_standard_streams()
    asyncio.set_event_loop(asyncio.new_event_loop())
    if "altair" in sys.modules:
        threading.Thread(target=_warm_chart_renderer, daemon=True).start()
    app = IPKernelApp.instance(parent_handle=host, connection_file=request.connection_file)
    app.initialize(list(KERNEL_ARGUMENTS))  # type: ignore[no-untyped-call]
    app.start()  # type: ignore[no-untyped-call]


def _warm_chart_renderer() -> None:
    """Draw an empty chart early: the first takes half a second, partly hidden by the boot."""
    import altair
    import vl_convert

    # Altair asks for the renderer's version that fits its own schema, such as "v6_1".
    version = "_".join(altair.SCHEMA_VERSION.split(".")[:2])
    with suppress(ValueError):
        vl_convert.vegalite_to_svg({"mark": "point"}, vl_version=version)


def _open_standard_streams() -> None:
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = io.TextIOWrapper(io.FileIO(number, mode, closefd=False), line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
