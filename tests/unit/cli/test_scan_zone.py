"""``carrel scan --zone`` of no zone is refused before anything is proposed with it."""

from __future__ import annotations

import pytest

from carrel.cli.main import main


@pytest.mark.parametrize(("zone", "code"), [("Mars/Olympus", 2), ("../etc/passwd", 2), ("Europe/Helsinki", 3)])
def test_only_a_zone_that_is_known_is_proposed(tmp_path, capsys, zone, code) -> None:
    place = tmp_path / "jobs.csv"
    place.write_text("Job,Time\n" + "".join(f"{n},2026-03-01 10:{n:02}:00\n" for n in range(30)))
    with pytest.raises(SystemExit) as left:
        main(["scan", str(place), "--zone", zone, "--out", str(tmp_path / "out.yaml")])
    told = capsys.readouterr()
    assert left.value.code == code, told.err
    assert (tmp_path / "out.yaml").exists() is (code == 3)
    assert ("name of a time zone" in told.err) is (code == 2)
