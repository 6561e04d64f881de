"""``carrel deidentify text`` killed at each file that it opens to write, names or removes: no release without its note."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.systems.text.release import digest_of
from carrel.systems.text.release_note import ReleaseNote, note_of, queue_of
from carrel.systems.text.review_queue import ReviewQueue
from tests.integration.run.crash_driver import Steps, in_fork

TEXT = "id,note\n1,My name is David Copperfield and Jane Amundsen called\n2,Do you have David Copperfield on the shelf; the novel?\n"
OLD = "id,note\n1,Amundsen\n"


class Release:
    """One release, run in forks of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source, self.target, self.log = folder / "asked.csv", folder / "out.csv", folder.parent / "steps.jsonl"
        self.roster, self.output = folder.parent / "roster.csv", folder.parent / "output.txt"
        self.roster.write_text("firstname,surname\nJane,Amundsen\nDavid,Copperfield\n", encoding="utf-8")
        self.books = folder.parent / "books.csv"
        self.books.write_text('author,title\n"Dickens, Charles",David Copperfield\n', encoding="utf-8")

    def run(self, *more: str, fatal: int = -1) -> int:
        def work() -> None:
            if fatal >= 0:
                Steps(fatal, str(self.folder), self.log).install()
            lists = ("--roster", str(self.roster), "--catalogue", str(self.books))
            main(["deidentify", "text", str(self.source), str(self.target), *lists, *more])

        return in_fork(work, self.output)

    def anew(self, *, older: bool) -> None:
        for one in self.folder.iterdir():
            one.unlink()
        if older:
            self.source.write_text(OLD, encoding="utf-8")
            assert self.run() == 0, self.output.read_text(encoding="utf-8")
        self.source.write_text(TEXT, encoding="utf-8")

    def is_whole(self) -> bool:
        """Whether the release is there; with what belongs to it, then."""
        assert self.source.read_text(encoding="utf-8") == TEXT
        if not self.target.exists():
            return False
        ReleaseNote.read_from(note_of(self.target), digest_of(self.target))
        text = self.target.read_text(encoding="utf-8")
        queue = ReviewQueue.read(queue_of(self.target))
        if text.count("\n") == TEXT.count("\n"):
            queue.require(digest_of(self.source), queue_of(self.target))
            assert "Jane" not in text
            assert queue.doubts
        else:
            assert not queue.doubts
        return True


@pytest.mark.parametrize("older", [False, True], ids=["a new release", "one in place of another"])
def test_a_release_that_is_there_has_its_note_and_its_places_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, older: bool
) -> None:
    from carrel.systems.text import code_folder

    monkeypatch.setattr(code_folder, "is_compiler_here", lambda: False)
    (tmp_path / "site").mkdir()
    release = Release(tmp_path / "site")
    more = ("--force",) if older else ()
    release.anew(older=older)
    assert release.run(*more, fatal=0) == 0, release.output.read_text(encoding="utf-8")
    steps = [json.loads(one) for one in release.log.read_text(encoding="utf-8").splitlines()]
    assert sum("out.csv" in one for one in steps) >= 6, steps
    seen = set()
    for fatal in range(1, len(steps) + 1):
        release.anew(older=older)
        assert release.run(*more, fatal=fatal) == -signal.SIGKILL
        seen.add(release.is_whole())
        assert release.run(*(more or (("--force",) if release.target.exists() else ()))) == 0, (
            steps[fatal - 1], release.output.read_text(encoding="utf-8")[-800:],
        )  # fmt: skip
        assert release.is_whole()
    assert False in seen
