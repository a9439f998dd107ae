import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
import pytest

from diligence.errors import InputError, RenderError
from diligence.runner import notebooks
from diligence.runner.html import render_notebook_html
from diligence.runner.kernels import KernelStart
from diligence.runner.notebooks import run_notebook

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
SMALL_MEMO = Path(__file__).parent / "data" / "small_memo.ipynb"


def run_small_memo(folder: Path, start: KernelStart = "auto") -> tuple[bytes, bytes]:
    out = folder / "memo.ipynb"
    executed = run_notebook(
        SMALL_MEMO,
        out=out,
        parameters={"deal": folder / "acme", "price_multiple": 3},
        kernel_start=start,
    )
    page = render_notebook_html(executed.node, out=folder / "memo.html", title="Acme")
    return out.read_bytes(), page.read_bytes()


def in_new_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def test_two_runs_in_different_places_write_the_same_bytes(tmp_path: Path) -> None:
    first = run_small_memo(in_new_folder(tmp_path, "a"))
    assert run_small_memo(in_new_folder(tmp_path, "b")) == first


@linux_only
def test_forked_and_ordinary_kernels_write_the_same_bytes(tmp_path: Path) -> None:
    forked = run_small_memo(in_new_folder(tmp_path, "forked"), "fork")
    assert run_small_memo(in_new_folder(tmp_path, "ordinary"), "process") == forked


@pytest.mark.parametrize("method", [pytest.param("fork", marks=linux_only), "spawn"])
def test_worker_processes_write_the_same_bytes(tmp_path: Path, method: str) -> None:
    outs = [tmp_path / name / "memo.ipynb" for name in ("here", "first", "second")]
    parameters = {"deal": "acme", "months": 4}
    run_notebook(SMALL_MEMO, out=outs[0], parameters=parameters)
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        runs = [
            pool.submit(run_notebook, SMALL_MEMO, out=out, parameters=parameters)
            for out in outs[1:]
        ]
        assert [run.result().summary() for run in runs] == ["6 code cells ran."] * 2
    assert len({out.read_bytes() for out in outs}) == 1


def test_written_notebook_is_valid_and_free_of_times_and_paths(tmp_path: Path) -> None:
    written, page = run_small_memo(tmp_path)
    node = nbformat.reads(written.decode(), as_version=4)
    nbformat.validate(node)
    source = nbformat.read(SMALL_MEMO, as_version=4)
    ids = [cell.id for cell in source.cells]
    assert [cell.id for cell in node.cells] == [*ids[:2], "injected-parameters", *ids[2:]]
    injected = node.cells[2]
    assert injected.source == '# Parameters\ndeal = "acme"\nprice_multiple = 3.0\n'
    assert "papermill" not in node.metadata
    assert all(set(cell.metadata) <= {"tags"} for cell in node.cells)
    assert str(tmp_path).encode() not in written + page
    counts = [cell.execution_count for cell in node.cells if cell.cell_type == "code"]
    assert counts == [1, 2, 3, 4, 5, 6]


def test_parameters_reach_the_kernel_whole(write_notebook, tmp_path: Path) -> None:
    source = write_notebook('deal: str = ""', "import os; print(os.path.isabs(deal))")
    executed = run_notebook(
        source, out=tmp_path / "memo.ipynb", parameters={"deal": tmp_path / "acme"}
    )
    assert executed.node.cells[-1].outputs[0].text == "True\n"


def test_timing_is_told_apart_from_the_notebook(tmp_path: Path) -> None:
    executed = run_notebook(SMALL_MEMO, out=tmp_path / "memo.ipynb", parameters={})
    # Without parameters nothing is injected: five code cells stand in the source.
    assert len(executed.timing["cells"]) == len(executed.to_frame()) == 5
    assert executed.summary() == "5 code cells ran."
    assert 0 < executed.timing["kernel"] < executed.timing["total"]
    assert json.loads(json.dumps(executed.timing)) == executed.timing


@pytest.mark.parametrize(
    "wrong", [{"price_multipel": 2.0}, {"price_multiple": "2"}, {"price_multiple": 11}]
)
def test_wrong_parameters_are_refused_before_a_kernel_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    monkeypatch.setattr(notebooks, "running_kernel", lambda **_: pytest.fail("a kernel started"))
    with pytest.raises(InputError, match=r"small_memo.ipynb cannot be run"):
        run_notebook(SMALL_MEMO, out=tmp_path / "memo.ipynb", parameters=wrong)
    assert list(tmp_path.iterdir()) == []


def test_failing_cell_is_named_and_what_ran_is_kept(
    write_notebook: Callable[..., Path], tmp_path: Path
) -> None:
    source = write_notebook("months: int = 3", "print('before')", "{}['price']", "print('after')")
    out = in_new_folder(tmp_path, "out") / "memo.ipynb"
    with pytest.raises(RenderError) as failure:
        run_notebook(source, out=out, parameters={"months": 4})
    message = str(failure.value)
    # Counted as Jupyter counts: parameters, injected parameters, print, and then the failure.
    assert message.startswith("cell 4 of source.ipynb failed: KeyError: 'price'\n")
    assert "memo.failed.ipynb" in message
    assert "Traceback" not in message
    assert [path.name for path in out.parent.iterdir()] == ["memo.failed.ipynb"]
    kept = nbformat.read(out.with_suffix(".failed.ipynb"), as_version=4)
    assert [len(cell.outputs) for cell in kept.cells] == [0, 0, 1, 1, 0]
    assert str(Path(sys.prefix)) not in out.with_suffix(".failed.ipynb").read_text()


def test_success_removes_an_earlier_failure(write_notebook, tmp_path: Path) -> None:
    out = in_new_folder(tmp_path, "out") / "memo.ipynb"
    source = write_notebook("months: int = 3", "1 / (months - 3)")
    with pytest.raises(RenderError, match=r"cell 2 of source.ipynb failed: ZeroDivisionError"):
        run_notebook(source, out=out, parameters={})
    run_notebook(source, out=out, parameters={"months": 4})
    assert [path.name for path in out.parent.iterdir()] == ["memo.ipynb"]


def test_kernel_that_dies_is_told_with_its_cell(
    write_notebook, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = write_notebook("months: int = 3", "import os; os._exit(3)")
    with pytest.raises(RenderError, match=r"cell 2 of source.ipynb failed: the kernel ended"):
        run_notebook(source, out=tmp_path / "memo.ipynb", parameters={})
    assert capfd.readouterr() == ("", "")


def test_warnings_in_a_cell_are_written_the_same_each_time(write_notebook, tmp_path: Path) -> None:
    code = "import sys, warnings\nprint('out')\nwarnings.warn('stale', UserWarning)\nprint('on')"
    source = write_notebook("months: int = 3", code)
    out = tmp_path / "memo.ipynb"
    run_notebook(source, out=out, parameters={}, kernel_start="process")
    ordinary = out.read_bytes()
    run_notebook(source, out=out, parameters={})
    assert out.read_bytes() == ordinary
    assert b"<cell>:3: UserWarning: stale" in ordinary


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_notebook(SMALL_MEMO, out=tmp_path / "memo.ipynb", parameters={"months": 4})
    assert capfd.readouterr() == ("", "")


def test_source_and_folder_in_braces_are_left_alone(tmp_path: Path) -> None:
    folder = in_new_folder(tmp_path, "{deal}")
    source = folder / "memo source.ipynb"
    source.write_bytes(SMALL_MEMO.read_bytes())
    run_notebook(source, out=folder / "memo.ipynb", parameters={})
    assert source.read_bytes() == SMALL_MEMO.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["memo source.ipynb", "memo.ipynb"]
