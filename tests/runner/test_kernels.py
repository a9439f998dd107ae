"""Kernels are real processes: other pids, dead when they should be, nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from jupyter_core.utils import run_sync

from diligence.runner import kernel_host, kernels
from diligence.runner.kernels import KernelStart, RunningKernel, can_fork, running_kernel

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
PRELOAD = ("json",)


def ask(kernel: RunningKernel, code: str) -> str:
    """Run code in a kernel and return what it printed."""
    printed: list[str] = []

    async def converse() -> None:
        client = kernel.manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=30)
        await client.execute_interactive(
            code,
            timeout=30,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )
        client.stop_channels()

    run_sync(converse)()
    return "".join(printed).strip()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


@pytest.mark.parametrize("start", [pytest.param("fork", marks=linux_only), "process"])
def test_kernel_is_another_process_and_leaves_nothing(start: KernelStart) -> None:
    with running_kernel(preload=PRELOAD, start=start) as kernel:
        answer = ask(kernel, "import os; print(os.getpid(), os.getcwd())")
        pid, folder = answer.split()
        assert int(pid) != os.getpid()
        assert Path(folder) == kernel.folder.resolve()
        private = kernel.folder.parent
        assert private.stat().st_mode & 0o077 == 0
    assert not private.exists()
    if sys.platform == "linux":
        assert not is_running(int(pid))


@linux_only
def test_forked_kernel_starts_with_the_libraries_and_without_the_parents_state() -> None:
    os.environ["DILIGENCE_TEST_WORD"] = "seen"
    try:
        with running_kernel(preload=PRELOAD, start="fork") as kernel:
            answer = ask(
                kernel,
                "import os, sys, signal, threading\n"
                "print('json' in sys.modules, os.environ['DILIGENCE_TEST_WORD'],\n"
                "      signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,\n"
                "      threading.current_thread() is threading.main_thread())",
            )
    finally:
        del os.environ["DILIGENCE_TEST_WORD"]
    assert answer == "True seen True True"


@linux_only
def test_two_kernels_do_not_share_variables() -> None:
    with running_kernel(preload=PRELOAD) as first, running_kernel(preload=PRELOAD) as second:
        assert ask(first, "multiple = 2; print(multiple)") == "2"
        assert ask(second, "print('multiple' in globals())") == "False"


@linux_only
def test_warnings_are_those_of_a_fresh_process() -> None:
    # pytest turns warnings into errors in this process; a memo must not inherit that.
    code = "import warnings; warnings.warn('stale price', UserWarning); print('went on')"
    with running_kernel(preload=PRELOAD, start="fork") as kernel:
        answer = ask(kernel, code)
    assert "<cell>:1: UserWarning: stale price" in answer
    assert "went on" in answer


@linux_only
@pytest.mark.parametrize("start", ["fork", "process"])
def test_kernel_dies_with_its_parent(start: KernelStart, tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from diligence.runner.kernels import running_kernel\n"
        f"with running_kernel(preload=(), start={start!r}) as kernel:\n"
        "    print(kernel.manager.provisioner.pid, kernel.folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    with parent:
        pid, _ = parent.stdout.readline().split()
        assert is_running(int(pid))
        # An ordinary kernel looks for its parent only once it has booted.
        time.sleep(1.0 if start == "process" else 0.3)
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(int(pid))
    if start == "fork":
        deadline = time.monotonic() + 30
        while any(tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(tmp_path.iterdir()) == []


@linux_only
def test_killed_host_is_replaced() -> None:
    kernel_host.start_kernel_host(PRELOAD)
    first = kernel_host._hosts[os.getpid()]
    os.kill(first.pid, signal.SIGKILL)
    wait_until_gone(first.pid)
    with running_kernel(preload=PRELOAD, start="fork") as kernel:
        assert ask(kernel, "print(1 + 1)") == "2"
    assert kernel_host._hosts[os.getpid()].pid != first.pid


@linux_only
def test_stopped_host_leaves_no_process_and_no_folder() -> None:
    kernel_host.start_kernel_host(PRELOAD)
    host = kernel_host._hosts[os.getpid()]
    kernel_host.stop_kernel_host()
    assert not is_running(host.pid)
    assert not host.folder.exists()


@linux_only
def test_a_kernel_starts_after_this_process_drew_a_chart() -> None:
    # The chart renderer's threads do not survive a fork; the host is a fresh process for that.
    import vl_convert

    vl_convert.vegalite_to_svg({"mark": "point"})
    kernel_host.stop_kernel_host()
    with running_kernel(preload=PRELOAD, start="fork") as kernel:
        code = "import vl_convert; print(len(vl_convert.vegalite_to_svg({'mark': 'point'})) > 0)"
        assert ask(kernel, code).strip() == "True"


def test_kernel_works_while_an_event_loop_runs() -> None:
    async def inside() -> str:
        with running_kernel(preload=PRELOAD) as kernel:
            return ask(kernel, "print('in a loop')")

    assert asyncio.run(inside()) == "in a loop"


def test_long_temporary_paths_fall_back_to_ports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with running_kernel(preload=PRELOAD, start="process") as kernel:
        assert kernel.manager.transport == "tcp"
        assert ask(kernel, "print('reached')") == "reached"


def test_fork_is_chosen_where_it_is_possible() -> None:
    with running_kernel(preload=PRELOAD) as kernel:
        is_forked = isinstance(kernel.manager.provisioner, kernels.ForkedProvisioner)
        assert is_forked == can_fork()
