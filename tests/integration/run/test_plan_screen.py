"""What a plan tells on the terminal: in full what is new, in one line what was told before."""

from __future__ import annotations

TITLE = "What the desk will notice:"
BEFORE = "as in the plan before; carrel plan --notices lists them."


def test_what_the_desk_will_notice_is_told_in_full_once_and_again_when_it_changed(small_sqlite, tmp_path):
    from tests.integration.run import library

    small = library.make(tmp_path / "site", small_sqlite)

    def screen(*more):
        answer = small.run("plan", "--as", "Cal Example", "--out", "plan.json", *more)
        assert answer.code == 0, answer.text
        return answer.out

    # What the timer planned nobody has read on a screen.
    assert small.run("run-due").code == 6
    first = screen()
    assert f"{TITLE}\n  - " in first
    assert BEFORE not in first
    told = small.ok("plan", "--as", "Cal Example", "--out", "plan.json")["plan"]["notices"]
    assert len(told) > 5
    assert all(line.split(":")[0] in first for line in told)

    again = screen()
    assert f"{TITLE} {len(told)} things, {BEFORE}" in again
    assert told[0].split(":")[1].strip()[:30] not in again
    assert f"{TITLE}\n  - " in screen("--notices")
    assert small.ok("plan", "--as", "Cal Example", "--out", "plan.json")["plan"]["notices"] == told

    # One of them is declared as not used: the list is another one, and told in full.
    gone = told[0].split(":")[0]
    small.edit("consumers:\n", f"consumers:\n  {gone!r}: not used\n")
    changed = screen()
    assert f"{TITLE}\n  - " in changed
    assert gone not in changed
    assert f"{TITLE} {len(told) - 1} things, {BEFORE}" in screen()
