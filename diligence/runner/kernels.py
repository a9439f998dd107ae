"""Kernels that start fast: forked from a quiet process that has the libraries loaded.

Importing pandas and altair costs an ordinary kernel some seconds for every notebook. Where the
system can fork, a *kernel host* is split off this process once, imports the libraries, and stays
as it is: it runs no notebook, draws no chart and starts no thread. Each notebook's kernel is forked
from the host, so nothing this process does later (the chart renderer's threads do not survive a
fork, and hang it) reaches a kernel. Elsewhere an ordinary kernel process is started.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import io
import logging
import multiprocessing
import os
import queue
import secrets
import shutil
import signal
import subprocess
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

KernelStart = Literal["auto", "fork", "process"]

DEFAULT_PRELOAD = ("numpy", "pandas", "altair")
MEMO_PRELOAD = (
    *DEFAULT_PRELOAD,
    "diligence.reporting.notebook",
    "statsmodels.regression.linear_model",
    "vl_convert",
    "typst",
)
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


def can_fork() -> bool:
    """Whether kernels may be forked; macOS can fork, but its libraries may crash afterwards."""
    return sys.platform == "linux"


def start_kernel_host(preload: Sequence[str] = DEFAULT_PRELOAD) -> None:
    """Start the process that imports the libraries and that later kernels are forked from.

    Called early it imports while this process does other work. Does nothing when a host runs
    already, or where kernels cannot be forked.

    Parameters
    ----------
    preload
        Modules every notebook needs.
    """
    if can_fork():
        _running_host(preload)


def stop_kernel_host() -> None:
    """End the kernel host of this process, and every kernel it still holds."""
    host = _hosts.pop(os.getpid(), None)
    if host is not None:
        host.stop()


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
    host = _running_host(preload) if forked else None
    folder = Path(tempfile.mkdtemp(prefix="kernel-", dir=host.folder if host else None))
    try:
        kernel = _start_kernel(folder, host)
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
            _KernelRequest(
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


@dataclass(frozen=True)
class _KernelRequest:
    connection_file: str
    folder: str
    log: str
    environment: dict[str, str]


class KernelHost:
    """Holds on to the quiet process that forks kernels.

    Attributes
    ----------
    folder
        Private folder for the kernels' files; the host removes it, even if this process is killed.
    pid
        Process id of the host.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="diligence-"))
        self._lock = threading.Lock()
        self._connection, far_end = multiprocessing.Pipe()
        arguments = [str(far_end.fileno()), str(os.getpid()), str(self.folder), *preload]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOST_PROGRAM, *arguments],
            pass_fds=[far_end.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | _HOST_ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.pid = self._process.pid
        far_end.close()

    def fork_kernel(self, request: _KernelRequest) -> HostedProcess:
        """Fork one kernel."""
        return HostedProcess(self, self._ask(request))

    def poll(self, pid: int) -> int | None:
        """Exit code of a kernel; None while it runs."""
        exit_code: int | None = self._ask(pid)
        return exit_code

    def is_alive(self) -> bool:
        """Whether the host still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the host; it ends its kernels and removes their folder."""
        self._connection.close()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, question: _KernelRequest | int) -> Any:
        with self._lock:
            try:
                self._connection.send(question)
                return self._connection.recv()
            except (EOFError, OSError) as broken:
                raise RenderError(
                    f"The process {self.pid} that starts kernels has ended unexpectedly, perhaps "
                    "for want of memory. Run again."
                ) from broken


class HostedProcess:
    """A kernel forked by the host, with the part of `subprocess.Popen` that its manager uses."""

    stdin = stdout = stderr = None

    def __init__(self, host: KernelHost, pid: int) -> None:
        self.pid = pid
        self._host = host
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        """Exit code, None while the kernel runs."""
        if self._exit_code is None:
            self._exit_code = self._host.poll(self.pid)
        return self._exit_code

    def wait(self) -> int:
        """Exit code, once there is one."""
        while (exit_code := self.poll()) is None:
            time.sleep(0.005)
        return exit_code

    def send_signal(self, signum: int) -> None:
        """Signal the kernel, unless it has ended and its number may belong to another."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


_hosts: dict[int, KernelHost] = {}
_HOST_PROGRAM = "import sys; from diligence.runner.kernels import run_host; run_host(sys.argv[1:])"
# A fixed seed keeps the order of sets the same in every run.
_HOST_ENVIRONMENT = {"PYTHONHASHSEED": "0"}


def _running_host(preload: Sequence[str]) -> KernelHost:
    host = _hosts.get(os.getpid())
    if host is not None and host.is_alive():
        return host
    stop_kernel_host()
    # Hosts of other process ids were inherited by a fork and belong to our parent.
    _hosts.clear()
    host = _hosts[os.getpid()] = KernelHost(preload)
    atexit.register(stop_kernel_host)
    return host


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


def _fork_kernel(request: _KernelRequest, connection: Connection) -> int:
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


def _run_kernel(request: _KernelRequest, host: int) -> None:
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
