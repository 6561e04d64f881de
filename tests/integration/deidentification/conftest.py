"""A folder with lists and questions, in which `carrel deidentify` is run."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from carrel.cli.main import main
from tests.integration.deidentification.released_text import BOOKS, QUESTIONS, ROSTER, Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command of `carrel deidentify` in a folder of its own, with these answers on its input."""
    from carrel.systems.text import code_folder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code_folder, "is_compiler_here", lambda: False)  # the plain way: these texts are small
    Path("roster.csv").write_text(ROSTER, encoding="utf-8")
    Path("books.csv").write_text(BOOKS, encoding="utf-8")
    Path("questions.csv").write_text(QUESTIONS, encoding="utf-8")

    def go(*words: str, answers: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(answers.encode())))
        with pytest.raises(SystemExit) as ended:
            main(["deidentify", *words])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return go
