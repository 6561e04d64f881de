"""``carrel folder``: files and lines that go by the time of their events, by plan only, and nothing outside the folder."""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
import subprocess
import sys

import pytest

from tests.integration.run import library
from tests.integration.run.mail_site import ago, digest, killed, measured

DATASET = """
records:
  equipment use:
    says: What the systems around the library write down.
    source: library
    custodian: the desk
    class: medium
    fields:
      lines: {category: log entry of one user, purpose: provide}
    retention:
      - {id: old files, active until: made, keep: 14 days, then: delete}
"""
NEEDLES = ("ishmael.quill", "lanterns-for-whales")


def iso(days):
    return f"{ago(days):%Y-%m-%dT%H:%M:%SZ}"


def line(days, n=0):
    return f"{iso(days)} user=ishmael.quill q=lanterns-for-whales {n}\n"


def apache(days):
    return f'10.0.0.1 - ishmael.quill [{ago(days):%d/%b/%Y:%H:%M:%S} +0000] "GET /?d=2001-01-01T00:00:00Z HTTP/1.1" 200 5\n'


def syslog(days):
    at = ago(days)
    return f"{at:%b} {at.day:2d} {at:%H:%M:%S} elm sip: ishmael.quill\n"


def declare(elm, root, more="time: inside, zone: UTC", patterns='["*.log*", "*.csv"]'):
    root.mkdir(exist_ok=True)
    elm.edit("\nrecords:\n", DATASET, "policy.yaml")
    elm.edit("policy: mit-libraries", "policy: with-files", "policy.yaml")
    entry = f"  - {{name: logs, root: {root}, patterns: {patterns}, record: equipment use, purpose: provide, {more}}}\n"
    elm.edit("people:\n", f"folders:\n{entry}people:\n")
    elm.needles.update(NEEDLES)


@pytest.fixture
def site(small_sqlite, tmp_path):
    return library.make(tmp_path / "site", small_sqlite)


def planned(elm, name="clear.json"):
    place = elm.folder / name
    plan = elm.ok("folder", "plan", "--as", "Cal Example", "--out", place)["plan"]
    elm.approve(place)
    return place, plan["parts"][0]


def known_by(path):
    told = path.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns


def names(root):
    return sorted(str(one.relative_to(root)) for one in root.rglob("*") if not one.is_dir())


def test_whole_files_go_by_their_newest_event_and_nothing_else_does(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "far.log").write_text(line(90))
    made = {
        "old.log": line(40) + line(15) + "  and more of it\n",
        "young.log": line(40) + line(2),
        "turned.log": line(2) + line(40),  # a clock that was set back: the newest event is in the middle
        "apache.log": apache(30) + apache(15),
        "apache-young.log": apache(30) + apache(1),
        "syslog.log": syslog(30) + syslog(15),
        "visits.csv": f"card,born,visit\n7,1980-01-01 00:00:00,{iso(15)}\n",
        "visits-young.csv": f"card,born,visit\n7,1980-01-01 00:00:00,{iso(3)}\n",
        "bytes.log": "",
        "undated.log": "nothing tells when\n" * 9,
        "future.log": line(40) + line(-400),
        "other.txt": line(90),
    }
    for name, text in made.items():
        (root / name).write_text(text)
        os.utime(root / name, (0, 0))  # a file's own time says nothing
    (root / "bytes.log").write_bytes(b"\xff\xfe\0\0\x80 " + line(20).encode("utf-16-le") + b"\n" + line(20).encode())
    (root / "packed.log.1.gz").write_bytes(gzip.compress((line(40) + line(16)).encode()))
    (root / "packed-young.log.gz").write_bytes(gzip.compress((line(40) + line(1)).encode()))
    (root / "cut.log.gz").write_bytes(gzip.compress(os.urandom(4000) + line(40).encode())[:-900])
    (root / "twice.log.gz").write_bytes(gzip.compress(gzip.compress(line(40).encode())))
    (root / "two-names.log").write_text(line(40))
    os.link(root / "two-names.log", outside / "the-other")
    (root / "link.log").symlink_to(outside / "far.log")
    (root / "sub").symlink_to(outside)
    (root / "held.log").write_text(line(40))
    (root / "locked.log").write_text(line(40))
    with (root / "held.log").open("a") as held, (root / "locked.log").open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        listed = site.ok("folder", "list", code=3)
        [one] = listed["folders"]
        assert one["past_their_time"] == 6
        assert one["stay"] == {
            "not yet": 5, "no usable date": 3, "being written": 1, "locked": 1, "has several names": 1,
            "cannot be read to its end": 1,
        }  # fmt: skip
        assert "folder logs: 6 files are older than the policy allows (rule 'old files')" in str(listed["findings"])
        assert "folder logs: 1 file stays: cannot be read to its end" in listed["findings"]
        assert max(map(len, site.run("folder", "list").out.splitlines())) <= 100
        place, part = planned(site)
        assert len(part["goes"]) == 6
        before = digest(tmp_path / "outside")
        (root / "old.log").write_text(line(41))  # another file under an approved name
        os.utime(root / "old.log", (0, 0))
        done = site.ok("folder", "apply", place)["clearing"]
        # The old file is not there any more, and nobody took it out here.
        assert (done["deleted"], done["outcome"], list(done["stay"].values())) == (5, "verified", [1])
        assert held
    gone = {"apache.log", "syslog.log", "visits.csv", "bytes.log", "packed.log.1.gz"}
    stays = {*made, "packed-young.log.gz", "cut.log.gz", "twice.log.gz", "two-names.log", "link.log", "held.log"}
    assert set(names(root)) - {"locked.log", "sub"} == stays - gone
    assert digest(tmp_path / "outside") == before
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 5


@pytest.mark.parametrize("packed", [False, True])
def test_old_lines_go_and_every_other_byte_stays(site, tmp_path, packed):
    root = tmp_path / "logs"
    declare(site, root, "time: inside, zone: UTC, lines: true")

    def write(name, data):
        (root / name).write_bytes(gzip.compress(data) if packed else data)

    def read(name):
        data = (root / name).read_bytes()
        return gzip.decompress(data) if packed else data

    head = b"# \xff header\r\n"
    old = line(40).encode() + b"  its second line\n" + b"\0" * 70_000 + b"\n"
    young = line(3).encode() + b"\xe9 more " + b"x" * 200_000 + b"\n"
    late = line(20, 2).encode()  # out of order
    write("a.log", head + old + young + late + line(1).encode()[:-1])
    write("all.log", head + old + late)
    write("young.log", head + young)
    (root / "a.log").chmod(0o640)
    os.utime(root / "a.log", (5, 7))
    same = known_by(root / "young.log")
    place, part = planned(site)
    assert len(part["goes"]) == 2
    leftover = root / ".a.log.carrel"
    leftover.write_bytes(b"of a try that was killed")
    with (root / "a.log").open("ab") as held:  # a program writes it: nothing is taken from under it
        assert site.ok("folder", "apply", place, code=0)["clearing"]["deleted"] == 1
        assert held
    assert read("a.log") == head + old + young + late + line(1).encode()[:-1]
    place, part = planned(site, "again.json")
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 1
    assert read("a.log") == head + young + line(1).encode()[:-1]
    known = (root / "a.log").stat()
    assert (known.st_mode & 0o777, known.st_mtime) == (0o640, 7)
    assert known_by(root / "young.log") == same
    assert names(root) == ["a.log", "young.log"]


def test_a_full_disk_loses_nothing_and_the_same_plan_goes_on(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root, "time: inside, zone: UTC, lines: true")
    (root / "a.log").write_text(line(40) + "".join(line(1, n) for n in range(30_000)))
    place, _ = planned(site)
    before = digest(root)
    # No file may grow beyond a megabyte: what a full disk, or a quota, does to a write.
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)); "
        "from carrel.cli.main import main; sys.exit(main())"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "folder", "apply", str(place), "--site", str(site.folder)],
        env=library.environment(None), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "FIL-002" in done.stderr) == (1, True), done.stderr
    assert digest(root) == before
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 1
    assert (root / "a.log").read_text() == "".join(line(1, n) for n in range(30_000))


def test_a_file_that_is_opened_after_the_plan_stays_and_is_told_with_its_reason(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root)
    for n in range(2):
        (root / f"{n}.log").write_text(line(40, n))
    place, _ = planned(site)
    with (root / "1.log").open("a"):
        assert "1 file stays: being written" in site.run("folder", "plan", "--as", "Cal Example").out
        shown = site.run("folder", "apply", place)
        assert (shown.code, names(root)) == (0, ["1.log"])
        assert "1 file is gone" in shown.out
        assert "1 file that was approved stays: being written" in shown.out
        assert "1 file stays: being written" in site.run("folder", "list").out
    again = site.run("folder", "apply", place)
    assert "carried out before" in again.out
    assert "Of what it names 1 file stayed" in again.out
    assert names(root) == ["1.log"]
    place, _ = planned(site)
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 1


def test_a_root_that_is_another_one_by_now_is_refused_and_what_is_not_there_is_never_called_gone(site, tmp_path):
    root, other = tmp_path / "logs", tmp_path / "other"
    declare(site, root)
    for n in range(2):
        (root / f"{n}.log").write_text(line(40, n))
    place, _ = planned(site)
    root.rename(other)
    site.refused("folder", "apply", place, code=1, error="FIL-001")
    root.symlink_to(other)
    site.refused("folder", "apply", place, code=4, error="CLR-004")
    root.unlink()
    other.rename(root)
    (root / "1.log").rename(tmp_path / "elsewhere")
    done = site.ok("folder", "apply", place)["clearing"]
    assert (done["deleted"], done["stay"]) == (1, {"not found as planned: moved, deleted, or another by now": 1})
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 1


def test_killed_between_two_files_the_same_plan_goes_on(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root)
    for n in range(40):
        (root / f"{n}.log").write_text(line(40, n))
    (root / "young.log").write_text(line(1))
    place, _ = planned(site)
    killed(site, "unlink", 15, "folder", "apply", place)
    assert len(names(root)) == 26
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 40
    assert names(root) == ["young.log"]


def test_killed_before_a_file_is_put_in_place_the_same_plan_goes_on(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root, "time: inside, zone: UTC, lines: true")
    for n in range(5):
        (root / f"{n}.log").write_text(line(40) + line(1, n))
    place, _ = planned(site)
    killed(site, "replace", 2, "folder", "apply", place)
    assert sum(one.read_text().startswith(line(40)) for one in root.glob("*.log")) >= 3  # 2 were put in place
    [left] = root.glob(".*.carrel")  # and one was written beside, and not yet
    place_of = root / left.name[1 : -len(".carrel")]
    place_of.rename(tmp_path / "away.log")  # the copy stands alone, and no pattern names it
    told = site.ok("folder", "list", code=3)["findings"]
    assert "folder logs: 1 file stays: a copy that a killed run has left; the next apply deletes it" in told
    (tmp_path / "away.log").rename(place_of)
    assert site.ok("folder", "apply", place)["clearing"]["deleted"] == 5
    assert [(root / f"{n}.log").read_text() for n in range(5)] == [line(1, n) for n in range(5)]
    assert len(names(root)) == 5
    assert site.ok("folder", "list")["findings"] == []


@pytest.mark.deep
def test_a_hundred_thousand_files_and_a_huge_sparse_one_take_bounded_memory(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root, "time: name, zone: America/New_York, dated: 'visits-%Y-%m-%d-*.csv'", '["*/visits-*.csv"]')
    for folder in range(10):
        (root / str(folder)).mkdir()
        for n in range(10_000):
            at = ago(20 if n % 2 else 5)
            descriptor = os.open(root / str(folder) / f"visits-{at:%Y-%m-%d}-{n}.csv", os.O_CREAT | os.O_WRONLY)
            os.write(descriptor, b"x")
            os.close(descriptor)
    sparse = root / "0" / "visits-2020-01-01-x.csv"
    with sparse.open("wb") as file:
        file.truncate(1 << 42)
    told, peak = measured(site, "folder", "list")
    [one] = told["folders"]
    assert (one["files"], one["past_their_time"]) == (100_001, 50_001)
    assert peak < 200_000
    shutil.rmtree(root)


def test_a_time_in_the_name_is_over_at_its_end_and_bad_entries_are_refused(site, tmp_path):
    root = tmp_path / "logs"
    declare(site, root, "time: name, zone: America/New_York, dated: '%Y%m%d*.log'")
    for days in (13, 14, 15, 16):
        (root / f"{ago(days):%Y%m%d}.log").write_text("x")
    (root / "20260231.log").write_text("x")
    [one] = site.ok("folder", "list", code=3)["folders"]
    assert one["stay"]["no usable date"] == 1
    assert one["past_their_time"] in {1, 2}  # the day of New York is over some hours later
    site.edit("time: name, zone: America/New_York, dated: '%Y%m%d*.log'", "time: modified")
    for age, path in enumerate(sorted(root.iterdir()), 10):
        os.utime(path, (ago(age).timestamp(),) * 2)
    assert site.ok("folder", "list", code=3)["folders"][0]["past_their_time"] == 1
    for wrong in ("time: inside", "time: name, zone: UTC", "time: modified, lines: true", "time: inside, zone: Mars/Base",
                  "time: name, zone: UTC, dated: '%Y.log'", "time: name, zone: UTC, dated: '%Y%m%q.log'"):  # fmt: skip
        site.edit("time: modified", wrong)
        assert site.run("folder", "list").codes == ["SIT-001"], wrong
        site.edit(wrong, "time: modified")
    site.edit('["*.log*", "*.csv"]', '["../*.log"]')
    assert site.run("folder", "list").codes == ["SIT-001"]
    site.edit('["../*.log"]', '["*.log"]')
    told = site.ok("check", code=3)["checks"]
    check = next(one for one in told if one["name"] == "folder logs")
    assert check["state"] == "ok" or "1 file is older than the policy allows (rule 'old files')" in check["detail"]
    site.edit(f"root: {root}", f"root: {tmp_path / 'nowhere'}")
    assert site.run("folder", "list").codes == ["FIL-001"]
    assert any("folder logs: FIL-001" in one for one in site.ok("audit", code=3)["process"])
