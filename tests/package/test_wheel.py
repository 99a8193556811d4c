"""The wheel, as it is installed: all that it needs is in it, and it works from any folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import monitor

ROOT = Path(__file__).parents[2]
NEEDED = ("monitor", "templates", "config.example.toml", "pyproject.toml", "README.md", "LICENSE")
LETTERS = ("reminder", "opening", "notice", "report")

# Run by the installed program's own Python, from a folder that has nothing but this and the samples.
RENDER = """
import sys
from dataclasses import replace
from pathlib import Path

import samples
from sqlalchemy import select

import monitor
from monitor.outbox.letters import Letters
from monitor.store.store import open_store
from monitor.store.tables import letters

assert Path(monitor.__file__).is_relative_to(sys.prefix), monitor.__file__
drawn = Letters()
for one in (
    drawn.render_reminder(samples.reminder()),
    drawn.render_reminder(replace(samples.reminder(), language="de")),
    drawn.render_opening(samples.opening()),
    drawn.render_notice(samples.notice()),
    drawn.render_report(samples.facts()),
):
    assert one.subject and one.text and "</html>" in one.html
    print(one.subject)
store = open_store("sqlite:///" + str(Path.cwd() / "state" / "monitor.db"))
with store.reading() as connection:
    assert connection.execute(select(letters)).all() == []
store.close()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the tree, as a release would be."""
    folder = tmp_path_factory.mktemp("tree")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    # Without the build backend at hand, `build` fetches it, as pip did when this environment was made.
    at_hand = ["--no-isolation"] if find_spec("hatchling") else []
    run(folder, sys.executable, "-m", "build", "--wheel", *at_hand, "--outdir", "dist")
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment with the wheel in it; the packages that it needs are borrowed from ours."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install")
    run(folder, *pip, "--quiet", "--no-deps", "--no-index", str(wheel))
    site = Path(run(folder, str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    borrowed = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (site / "borrowed.pth").write_text("\n".join(borrowed))
    return folder / "bin"


def run(cwd: Path, *command: str) -> str:
    """Run a command as if nobody had ever heard of our source tree; what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "INBOX_"))}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_templates_migrations_and_the_example(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {f"monitor/templates/{path.name}" for path in (ROOT / "templates").iterdir() if path.is_file()}
    templates |= {f"monitor/templates/locale/{code}.po" for code in ("de", "fr")}
    migrations = {f"monitor/store/migrations/versions/{path.name}" for path in (ROOT / "monitor").rglob("v0*.py")}
    assert {f"monitor/templates/{letter}.{kind}" for letter in LETTERS for kind in ("html", "txt", "subject.txt")} <= (
        templates
    )
    assert migrations
    assert templates | migrations | {"monitor/config.example.toml", "monitor/py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "templates/")) or "__pycache__" in name]
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "monitor").rglob("*.py")}
    assert modules <= names


def test_the_installed_program_draws_every_letter_and_opens_a_store(installed: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "outbox" / "samples.py", tmp_path)
    (tmp_path / "render.py").write_text(RENDER)
    subjects = run(tmp_path, str(installed / "python"), "render.py").splitlines()
    assert len(subjects) == len(LETTERS) + 1
    assert subjects[1].startswith("3 Personen warten")
    assert (tmp_path / "state" / "monitor.db").exists()


def test_the_installed_program_answers_from_another_folder(installed: Path, tmp_path: Path) -> None:
    program = str(installed / "inbox-monitor")
    assert run(tmp_path, program, "--version") == f"inbox-monitor {monitor.__version__}\n"
    assert "Who still waits for a reply" in run(tmp_path, program, "--help")
    assert "Who waits, most overdue first" in run(tmp_path, program, "threads", "--help")
    assert run(tmp_path, program, "config") == (ROOT / "config.example.toml").read_text()


def test_the_installed_program_finds_no_config_and_says_where_to_put_one(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "inbox-monitor"), "status", "--config", "nowhere.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert done.stderr.startswith("nowhere.toml: there is no such file; `inbox-monitor config > nowhere.toml` writes")
