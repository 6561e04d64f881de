"""Runs the `console` blocks of a page as a reader would, and compares what they print, loosely.

In a block, a line that begins with ``$`` is a command, one that begins with ``>`` goes on with it, and the others are what
it prints. A command that shall not end with 0 says so: ``# ends with 6``. A line of dots stands for any number of lines.

Compared is line by line and in order: spaces count as one, every number as ``0``, every digest and key as ``H``, the
folder of the run as nothing. So a page stays true when figures change, and goes red when a command, an option, an exit
code or a word does. What is one digest in the page is one digest in the run, and the other way round.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENDS = re.compile(r"#\s*ends with (\d)\s*$")
DIGEST = re.compile(r"\b[0-9a-f]{16}")
MOST_SECONDS = 900  # on a busy machine


@dataclass
class Step:
    """One command of a page, with what it shall print."""

    line: int
    command: str
    output: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code that the page promises."""
        found = ENDS.search(self.command.split("\n", 1)[0])
        return int(found[1]) if found else 0


def steps(page: str) -> list[Step]:
    """The commands of all blocks, in their order."""
    found: list[Step] = []
    for block in BLOCK.finditer(page):
        first = page[: block.start(1)].count("\n") + 1
        for number, line in enumerate(block[1].splitlines(), first):
            if line.startswith("$ "):
                found.append(Step(number, line[2:]))
            elif line.startswith(">") and not found[-1].output:
                found[-1].command += "\n" + line[2:]
            else:
                found[-1].output.append(line)
    return found


def plain(text: str, folder: Path) -> str:
    """A line without what differs from run to run."""
    text = text.replace(f"{folder}/", "").replace(str(folder), ".")
    text = re.sub(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{20,}", "+H+H", text)
    text = re.sub(r"\b[0-9a-f]{16,}\b…?", "H", text)
    text = re.sub(r"─+", "─", text)  # as long as the longest cell
    text = re.sub(r"\d[\d,.]*\d|\d", "0", text)
    return " ".join(text.split())


class Digests:
    """Which digest of the run stands for which one of the page."""

    def __init__(self) -> None:
        self._there: dict[str, str] = {}
        self._here: dict[str, str] = {}

    def fit(self, page: str, printed: str) -> bool:
        """Whether two lines that are alike name the same things as the lines before them did."""
        pairs = list(zip(DIGEST.findall(page), DIGEST.findall(printed), strict=False))
        return all(self._there.setdefault(one, two) == two for one, two in pairs) and all(
            self._here.setdefault(two, one) == one for one, two in pairs
        )


def missing(step: Step, printed: str, folder: Path, digests: Digests) -> str | None:
    """The first line of the page that the command does not print where the page has it."""
    both = [(plain(one, folder), one) for one in printed.splitlines()]
    real, raw = [one for one, _ in both if one], [one for line, one in both if line]
    at, skip = 0, False
    for line in step.output:
        wanted = plain(line, folder)
        if not wanted:
            continue
        if wanted in {"...", "…"}:
            skip = True
            continue
        here = next((n for n in range(at, len(real)) if real[n] == wanted), None) if skip else at
        if here is None or here >= len(real) or real[here] != wanted:
            return wanted
        if not digests.fit(line, raw[here]):
            return f"{line} (a digest that the page has otherwise)"
        at, skip = here + 1, False
    return None if skip or at == len(real) or not step.output else f"(more lines: {real[at]})"


def run(page: Path, folder: Path, front: Path | None = None) -> int:
    """Run every command of a page in one folder.

    Args:
        page: with its blocks.
        folder: to run them in.
        front: a folder whose commands come before those that are installed.

    Returns:
        How many commands were run.

    Raises:
        AssertionError: a command ended otherwise, or printed something else; the message shows the place.
    """
    environment = {
        "PATH": os.pathsep.join(
            [*([str(front)] if front else ()), str(Path(sys.executable).parent), os.environ["PATH"]]
        ),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }
    found, digests = steps(page.read_text(encoding="utf-8")), Digests()
    for step in found:
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
        printed = done.stdout + done.stderr
        where = f"{page.name}:{step.line}: {step.command}\n{printed[-6000:]}"
        assert done.returncode == step.code, f"ended with {done.returncode}, not {step.code}: {where}"
        gap = missing(step, printed, folder, digests)
        assert gap is None, f"not printed here: {gap!r}: {where}"
    return len(found)
