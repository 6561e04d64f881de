"""Who may act is committed to the ledger, with the account of the host; what stands there already is committed now."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from carrel.store.authority_record import commit_row
from carrel.store.moment import Moment

revision = "0023"
down_revision = "0022"

_SALT = 32
_LASTING = ("invited", "set up", "reset", "disabled", "enabled")
_events = sa.table(
    "staff_event", sa.column("id", sa.Integer), sa.column("name"), sa.column("act"), sa.column("by"),
    sa.column("at", Moment), sa.column("account"), sa.column("says"), sa.column("salt", sa.LargeBinary),
)  # fmt: skip
_offices = sa.table(
    "disclosure_office", sa.column("id", sa.Integer), sa.column("turn"), sa.column("office"), sa.column("holder"),
    sa.column("by"), sa.column("at", Moment), sa.column("starts", Moment), sa.column("ends", Moment),
    sa.column("alternate"), sa.column("account"), sa.column("salt", sa.LargeBinary),
)  # fmt: skip
_accounts = sa.table(
    "staff_account", sa.column("name"), sa.column("code_until", Moment), sa.column("began_at", Moment),
    sa.column("disabled_at", Moment),
)  # fmt: skip
_clock = sa.table("clock", sa.column("newest", Moment))


def upgrade() -> None:
    """Add the columns, and owe the ledger a leaf for each entry of before.

    Of an account whose entries are gone, as they went after 180 days, how it stands is entered anew.
    """
    for table in ("disclosure_office", "staff_event"):
        op.add_column(table, sa.Column("account", sa.String(255), nullable=False, server_default=""))
        op.add_column(table, sa.Column("salt", sa.LargeBinary))
    op.add_column("staff_event", sa.Column("says", sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    newest = connection.execute(sa.select(_clock.c.newest)).scalar()
    for account in connection.execute(sa.select(_accounts)).all():
        own = (_events.c.name == account.name, _events.c.act.in_(_LASTING))
        if account.code_until is not None and connection.execute(sa.select(_events).where(*own)).first() is None:
            _enter(connection, account.name, "invited", account.code_until)
        _stand(connection, account.name, "set up", "reset", account.began_at)
        _stand(connection, account.name, "disabled", "enabled", account.disabled_at)
        if connection.execute(sa.select(_events).where(*own)).first() is None:  # neither a code nor ever set up
            _enter(connection, account.name, "invited", newest or datetime.now(UTC))
    for kept, which in ((_offices, sa.true()), (_events, _events.c.act.in_(_LASTING))):
        for row in connection.execute(sa.select(kept.c.id).where(which).order_by(kept.c.id)).all():
            this = kept.c.id == row.id
            connection.execute(sa.update(kept).where(this).values(salt=secrets.token_bytes(_SALT)))
            whole = connection.execute(sa.select(kept).where(this)).one()
            commit_row(connection, whole, newest or whole.at)


def _stand(connection: sa.Connection, name: str, begun: str, ended: str, at: datetime | None) -> None:
    """Enter how an account stands, where the last entry about it says something else."""
    query = sa.select(_events).where(_events.c.name == name, _events.c.act.in_((begun, ended)))
    last = connection.execute(query.order_by(_events.c.id.desc())).first()
    if at is not None and (last is None or (last.act, last.at) != (begun, at)):
        _enter(connection, name, begun, at)
    elif at is None and last is not None and last.act == begun:
        _enter(connection, name, ended, last.at)


def _enter(connection: sa.Connection, name: str, act: str, at: datetime) -> None:
    connection.execute(sa.insert(_events).values(name=name, act=act, by="", at=at, account="", says=""))


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
