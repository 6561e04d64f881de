"""What a desk does in a test: finds a canary and a free copy, and lends."""

from __future__ import annotations


def canary(evergreen, kind, place=0):
    return [one for one in evergreen.sample.canaries if one.kind == kind][place]


def free_copy(evergreen) -> int:
    return evergreen.one("""
        SELECT max(id) FROM asset.copy c
        WHERE status = 0 AND NOT EXISTS (SELECT 1 FROM action.circulation WHERE target_copy = c.id AND checkin_time IS NULL)
    """)


def lend(evergreen, usr: int, copy: int, parent: int | None = None, days: str = "21 days") -> int:
    """A checkout as the product's own desk writes it."""
    return evergreen.one(
        """
        INSERT INTO action.circulation (usr, target_copy, circ_lib, circ_staff, renewal_remaining, grace_period, due_date,
          duration, duration_rule, recurring_fine_rule, max_fine_rule, parent_circ)
        VALUES (:usr, :copy, 4, 1, 2, '0', now() + cast(:days AS interval), cast(:days AS interval), 'd', 'd', 'd', :parent)
        RETURNING id
        """,
        usr=usr, copy=copy, parent=parent, days=days,
    )  # fmt: skip
