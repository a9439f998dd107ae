"""The quiet process that imports the libraries and forks kernels.

Light on purpose: it is started first, and imports while this process loads the rest.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diligence.errors import RenderError

DEFAULT_PRELOAD = ("numpy", "pandas", "altair")
MEMO_PRELOAD = (
    *DEFAULT_PRELOAD,
    "diligence.reporting.notebook",
    "statsmodels.regression.linear_model",
    "vl_convert",
    "typst",
)


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
        running_host(preload)


def stop_kernel_host() -> None:
    """End the kernel host of this process, and every kernel it still holds."""
    host = _hosts.pop(os.getpid(), None)
    if host is not None:
        host.stop()


@dataclass(frozen=True)
class KernelRequest:
    """What the host needs to know to fork a kernel."""

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

    def fork_kernel(self, request: KernelRequest) -> HostedProcess:
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

    def _ask(self, question: KernelRequest | int) -> Any:
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


def running_host(preload: Sequence[str]) -> KernelHost:
    """Return this process's host, started if there is none."""
    host = _hosts.get(os.getpid())
    if host is not None and host.is_alive():
        return host
    stop_kernel_host()
    # Hosts of other process ids were inherited by a fork and belong to our parent.
    _hosts.clear()
    host = _hosts[os.getpid()] = KernelHost(preload)
    atexit.register(stop_kernel_host)
    return host
