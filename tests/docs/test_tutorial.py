"""README and tutorial are run as a reader would run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import console
from tests.integration.run import warm_start

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", "docs/custodian.md"])
def test_every_command_does_what_the_page_says(
    page: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The README by the command that is installed, the longer pages by one that has everything loaded."""
    front = None if page == "README.md" else warm_start.door(tmp_path_factory.mktemp("door"))
    assert console.run(ROOT / page, tmp_path, front) > 2


def test_the_runner_sees_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"

    def ran(*lines: str) -> int:
        page.write_text("```console\n" + "\n".join(lines) + "\n```\n")
        return console.run(page, tmp_path)

    assert ran("$ echo 17 loans", "1,234 loans") == 1
    assert ran("$ printf 'one\\ntwo\\nthree\\n'", "...", "three") == 1
    assert ran("$ cat <<'END'", "> one", ">", "> two", "> END", "one", "two") == 1
    assert ran("$ false   # ends with 1") == 1
    for wrong in (
        ("$ false",),
        ("$ true   # ends with 1",),
        ("$ echo 17 loans", "17 holds"),
        ("$ printf 'one\\ntwo\\n'", "two"),
        ("$ printf 'one\\ntwo\\n'", "one"),
        ("$ printf 'one\\ntwo\\n'", "two", "...", "one"),
    ):
        with pytest.raises(AssertionError):
            ran(*wrong)
