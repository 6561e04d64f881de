"""What a search should find, by trying every node in plain Python: slow, and without anything of the search."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Trial:
    """A table as lists: rows of codes, each column's chains of labels by code, persons and sensitive values."""

    rows: list[tuple[int, ...]]
    chains: list[list[tuple[str, ...]]]
    persons: list[int | None] | None
    told: list[int] | None = None


def trial(dice: random.Random, rows: int, *, persons: bool, told: bool = False) -> Trial:
    """A small random table whose hierarchies join two or three neighbours at a time."""
    chains = []
    for _ in range(dice.randint(2, 4)):
        values = dice.randint(2, 7)
        chain = [(str(one),) for one in range(values)]
        groups = list(range(values))
        while dice.random() < 0.7 and len(set(groups)) > 2:
            into = {group: dice.randrange(max(1, len(set(groups)) - 1)) for group in set(groups)}
            groups = [into[group] for group in groups]
            chain = [(*one, f"g{groups[at]}") for at, one in enumerate(chain)]
        chains.append([(*one, "*") for one in chain])
    made = [tuple(dice.randrange(len(one)) if dice.random() < 0.5 else 0 for one in chains) for _ in range(rows)]
    whose = [dice.randrange(max(2, rows // 3)) if dice.random() < 0.95 else None for _ in made] if persons else None
    return Trial(made, chains, whose, [dice.randrange(4) for _ in made] if told else None)


def left_out(one: Trial, node: tuple[int, ...], k: int, holds=None) -> tuple[int, float]:
    """Rows that a node leaves out, and its loss."""
    classes = defaultdict(list)
    for at, row in enumerate(one.rows):
        classes[tuple(one.chains[q][code][node[q]] for q, code in enumerate(row))].append(at)
    lost, out = 0.0, 0
    for key, members in classes.items():
        size = len(members) if one.persons is None else len({one.persons[at] for at in members} - {None})
        good = size >= k and (holds is None or holds([one.told[at] for at in members], one.told))
        if not good:
            out += len(members)
            lost += len(members)
            continue
        for q, label in enumerate(key):
            values = [chain[node[q]] for chain in one.chains[q]]
            if len(values) > 1:
                lost += len(members) * (values.count(label) - 1) / (len(values) - 1) / len(key)
    return out, lost / len(one.rows)


def best(one: Trial, k: int, most: int, holds=None) -> float | None:
    """The least loss of all nodes that leave out no more than so many rows."""
    found = [
        loss
        for node in product(*(range(len(chains[0])) for chains in one.chains))
        for out, loss in [left_out(one, node, k, holds)]
        if out <= most
    ]
    return min(found, default=None)


def entropy(level: float):
    def holds(here, _):
        shares = [n / len(here) for n in Counter(here).values()]
        return -sum(p * math.log(p) for p in shares) >= math.log(level) - 1e-12

    return holds


def recursive(c: float, level: int):
    def holds(here, _):
        counts = sorted(Counter(here).values(), reverse=True)
        return counts[0] < c * sum(counts[level - 1 :])

    return holds


def distinct(level: int):
    return lambda here, _: len(set(here)) >= level


def closeness(t: float, *, ordered: bool):
    def holds(here, everyone):
        mine, whole = Counter(here), Counter(everyone)
        width = max(everyone) + 1
        gaps = [mine[v] / len(here) - whole[v] / len(everyone) for v in range(width)]
        if not ordered:
            return sum(map(abs, gaps)) / 2 <= t + 1e-12
        running, total = 0.0, 0.0
        for gap in gaps:
            running += gap
            total += abs(running)
        return total / max(1, width - 1) <= t + 1e-12

    return holds
