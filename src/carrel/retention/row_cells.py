"""What a run cut, as the cells of its leaf: rows by table and act, small ones in bands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from carrel.ledger.leaf import cell
from carrel.ledger.word import slug

if TYPE_CHECKING:
    from carrel.retention.plan import Plan


def row_cells(plan: Plan, rows: Mapping[str, int]) -> list[str]:
    """Rows by table and act.

    Args:
        plan: that was carried out.
        rows: cut, per path of the plan; other paths stand together.
    """
    done = Counter[str]()
    acts = {path.path: slug(f"{path.table}.{path.act}", "._") for path in plan.paths}
    for path, count in rows.items():
        done[acts.get(path, "other")] += count
    return [cell(name, count) for name, count in sorted(done.items())]
