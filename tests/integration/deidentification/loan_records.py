"""A file of loans with people in it, and an independent count of who shares a combination in a release of it."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from pathlib import Path

HEAD = ["loan", "patron", "name", "zip", "category", "born", "branch", "borrowed", "type", "callno", "title"]
RELEASE = """\
from: loans.csv
person: patron
columns:
  zip: {as: postcode, levels: [5, 3]}
  category: {as: patron category, tree: {adults: [AD, SR], young: [K, J]}}
  born: {as: birth year}
  branch: {as: branch}
  borrowed: {as: time, levels: [day, month, year]}
  callno: {as: call number}
keep: loan
k: 4
suppress at most: 5 %
"""
COLUMNS = ("zip", "category", "born", "branch", "borrowed", "callno")


def write(place: Path, rows: int, *, seed: int = 1, people: int | None = None, first: int = 0) -> list[dict[str, str]]:
    """Loans; a person has the same postcode, category and year in each."""
    dice = random.Random(seed)
    count = people or max(8, rows // 8)
    persons = [
        {
            "patron": f"P{one:05d}", "name": f"Name {one}", "zip": dice.choice(["02139", "02138", "01902", "01905"]),
            "category": dice.choice(["AD", "AD", "SR", "K", "J"]), "born": str(dice.randint(1930, 2018)),
        }
        for one in range(count)
    ]  # fmt: skip
    made = [
        {
            **persons[min(int(dice.expovariate(3 / count)), count - 1)], "loan": str(first + at),
            "branch": dice.choice(["Main", "Main", "East", "West"]),
            "borrowed": f"2026-{dice.randint(1, 6):02d}-{dice.randint(1, 28):02d} {dice.randint(9, 19):02d}:05:00",
            "type": dice.choice(["BK", "DVD"]), "callno": dice.choice(["823.9 ABC", "641.5", "FIC XYZ", "J 523 Q"]),
            "title": f"T{dice.randint(1, 30)}",
        }
        for at in range(rows)
    ]  # fmt: skip
    with place.open("w", newline="") as file:
        writer = csv.DictWriter(file, HEAD)
        writer.writeheader()
        writer.writerows(made)
    return made


def read(place: Path) -> list[dict[str, str]]:
    with place.open(newline="") as file:
        return list(csv.DictReader(file))


def smallest(out: list[dict[str, str]], loans: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> int:
    """The fewest persons who share a combination; by the number of the loan, which a test keeps in its release."""
    whose = {one["loan"]: one["patron"] for one in loans}
    classes = defaultdict(set)
    for row in out:
        classes[tuple(row[name] for name in columns)].add(whose[row["loan"]])
    return min(map(len, classes.values()))
