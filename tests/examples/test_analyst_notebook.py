"""The analyst's notebook, run as a notebook and as a script."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "analyst_notebook.py"
LIGHTER = {  # what the script below does not spare
    "paths=200": "paths=60",
    "levels=(None, 0.8, 0.9)": "levels=(None, 0.8), exact=False",
}
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.mark.filterwarnings("default")  # of the notebook machinery, which is not ours
def test_the_notebook_runs_as_a_notebook_and_shows_tables_and_plots(tmp_path, monkeypatch):
    jupytext, nbclient = pytest.importorskip("jupytext"), pytest.importorskip("nbclient")
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = jupytext.read(NOTEBOOK, fmt="py:percent")
    for cell in notebook.cells:
        for told, less in LIGHTER.items():
            cell["source"] = cell["source"].replace(told, less)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(sum(less in cell["source"] for cell in notebook.cells) == 1 for less in LIGHTER.values())
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") == 2
    assert kinds.count("text/html") >= 6
    assert not [output for output in outputs if output.get("name") == "stderr"]
    told = next(output["text"] for output in reversed(outputs) if output.get("name") == "stdout")
    assert "Rostered hours of the week" in told
    jupytext.write(notebook, tmp_path / "analyst_notebook.ipynb")  # what a colleague is sent
    assert (tmp_path / "analyst_notebook.ipynb").stat().st_size > 20_000


@pytest.mark.slow  # the same cells once more
def test_the_notebook_runs_as_a_script_without_a_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(NOTEBOOK)],
        cwd=tmp_path,
        env=os.environ | QUIET | {"MPLBACKEND": "Agg", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "Days of 7 on which the promise is kept" in done.stdout
    assert list(tmp_path.iterdir()) == []  # its own folder is gone
