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


def refused(capsys, *words) -> str:
    with pytest.raises(SystemExit) as left:
        main(["scan", *map(str, words)])
    assert left.value.code == 2
    return " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_what_is_amiss_with_a_folder_is_told(tmp_path, capsys) -> None:
    (tmp_path / "one.csv").write_text("Job,Time\n1,2026-03-01 10:00:00\n")
    assert "does not exist" in refused(capsys, tmp_path / "no", "--pattern", "b-*.csv")
    assert "is a file" in refused(capsys, tmp_path / "one.csv", "--pattern", "b-*.csv")
    assert "name its files with --pattern" in refused(capsys, tmp_path)


def test_an_entry_is_proposed_by_which_an_erasure_finds_a_person(tmp_path, capsys) -> None:
    place, out = tmp_path / "bookings.csv", tmp_path / "out.yaml"
    rows = "".join(
        f"{n},2999900000{n:04},reader{n}@patrons.example,quill{n},2026-03-01 10:{n:02}:00\n" for n in range(30)
    )
    place.write_text("Job,Card,E-Mail,Login,Ended\n" + rows)
    with pytest.raises(SystemExit):
        main(["scan", str(place), "--out", str(out)])
    found = [one.strip() for one in out.read_text().splitlines()]
    assert "# person: {Card: card, E-Mail: email, Login: user name}" in found
    assert "no erasure and no answer finds" in out.read_text()
    assert "2999900000" not in out.read_text() + capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        ("29000000{n:06}", "{Patron: card}"),
        ("{n}", '{Patron: "?"}'),
        ("reader{n}@patrons.example", "{Patron: email}"),
        ("Ann Quill", '{COLUMN: "?"}'),
    ],
)
def test_what_a_column_called_patron_holds_is_told_by_its_values(tmp_path, capsys, value, entry) -> None:
    """A number may be the card's or the product's own: that is asked, and not called a card."""
    place, out = tmp_path / "bookings.csv", tmp_path / "out.yaml"
    rows = "".join(f"j{n},{value.format(n=n)},2026-03-01 10:{n:02}:00\n" for n in range(30))
    place.write_text("Job,Patron,Ended\n" + rows)
    with pytest.raises(SystemExit):
        main(["scan", str(place), "--out", str(out)])
    assert f"# person: {entry}" in out.read_text()
