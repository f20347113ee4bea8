"""The house stays in order: imports go one way, names collide with nobody, and the README tells the truth."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.cli import app
from tests.conftest import ROOT

PACKAGES = ("corpus", "index", "bot", "eval")
MAY_IMPORT = {
    "corpus": {"corpus"},
    "index": {"corpus", "index"},
    "bot": {"corpus", "index", "bot"},
    "eval": {"corpus", "index", "bot", "eval"},
}
ONLY_IN = {
    "faiss": {"index"},
    "sentence_transformers": {"index"},
    "gradio": {"bot"},
}
COMMAND_LINE = {Path("bot/cli.py"), Path("bot/evaluation.py")}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path.relative_to(ROOT) for path in sorted((ROOT / package).rglob("*.py")))


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("module", list(modules()), ids=str)
def test_imports_go_one_way(module: Path) -> None:
    """corpus <- index <- bot, eval looks on, and only the command line knows eval."""
    allowed = MAY_IMPORT[module.parts[0]] | ({"eval"} if module in COMMAND_LINE else set())
    assert imported(module) & set(PACKAGES) <= allowed


@pytest.mark.parametrize("module", list(modules()), ids=str)
def test_big_libraries_have_one_home(module: Path) -> None:
    """FAISS and sentence-transformers live in index alone, Gradio in bot alone."""
    for library in imported(module) & ONLY_IN.keys():
        assert module.parts[0] in ONLY_IN[library]


def test_one_module_imports_the_splitter() -> None:
    """langchain-text-splitters can be replaced in one place."""
    assert [Path("corpus/split.py")] == [m for m in modules() if "langchain_text_splitters" in imported(m)]


def test_nothing_is_unpickled() -> None:
    """No module imports pickle or joblib, or trusts remote code."""
    for module in modules():
        assert not imported(module) & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
        assert "trust_remote_code=True" not in (ROOT / module).read_text(encoding="utf-8")


def test_top_level_names_are_ours_alone() -> None:
    """No other installed distribution ships a package called corpus, index, bot or eval."""
    owners = importlib.metadata.packages_distributions()
    for name in PACKAGES:
        assert set(owners.get(name, [])) <= {"spoergetime"}


def commands() -> Iterator[tuple[str, Any]]:
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from ((f"{name} {sub}", inner) for sub, inner in command.commands.items())
        else:
            yield name, command


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands()])
def test_readme_names_every_command_and_option(name: str, command: Any) -> None:
    """A command or option that the README does not show is one nobody finds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"spoergetime {name}" in readme
    for parameter in command.params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert option in readme, f"{name} {option}"


def test_the_command_line_starts_light() -> None:
    """Showing help loads none of the libraries that take seconds."""
    heavy = "torch", "sentence_transformers", "gradio", "faiss", "trafilatura", "langchain_core"
    code = f"import bot.cli, sys; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_asking_needs_no_torch(examples_index: Path) -> None:
    """A question over an index of the bundled encoder is answered without torch, gradio or sentence-transformers."""
    code = (
        "import sys; from pathlib import Path; from index.search import Searcher;"
        f"assert Searcher.open(Path({str(examples_index)!r})).ask('Hvad koster skolemad?').hits;"
        "print([n for n in ('torch', 'gradio', 'sentence_transformers', 'langchain_core') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
