"""Texts of a desk, with the lists that they are looked through by, and how they are released."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROSTER = "cardnumber,firstname,surname,phone,address\n21868000079194,Jane,Amundsen,617-555-0134,12 Alder Way\n21868000000011,David,Copperfield,,\n"
BOOKS = 'author,title\n"Dickens, Charles",David Copperfield\n'
QUESTIONS = (
    "id,thread,question\n"
    '1,a,"Hi, my name is Jane Amundsen and my card is 21868000079194."\n'
    "2,a,Jane again: call 617-555-0134\n"
    '3,b,"Do you have David Copperfield, the novel by Charles Dickens?"\n'
    "4,c,David Copperfield called\n"
)
VALUES = ("Amundsen", "21868000079194", "555-0134")

Run = Callable[..., tuple[int, str]]


def released(run: Run, *more: str, source: str = "questions.csv", target: str = "out.csv") -> tuple[int, str]:
    return run("text", source, target, "--roster", "roster.csv", "--catalogue", "books.csv", *more)


def reported(told: str) -> dict[str, Any]:
    """The report in JSON, before what was shown."""
    body: dict[str, Any] = json.JSONDecoder().raw_decode(told)[0]
    return body


def rows(path: str) -> list[list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
