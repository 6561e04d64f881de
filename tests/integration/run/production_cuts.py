"""``carrel disclose produce`` whose system is cut off at its Nth step: the line to a database or a mailbox, or a file.

Called with a step, what is cut, and the words of the command. Nothing of Carrel is replaced: what tells of each step are
SQLAlchemy's events and the interpreter's audit events. How many steps there were stands last on stderr.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from carrel.cli.main import main


class Cut:
    """Counts the steps, and cuts at one of them.

    Args:
        fatal: at which; 0 for none.
        what: ``database``, ``mailbox``, or two paths with a comma between: of two files of one folder that one which was not
            opened first is renamed, as when logs are rotated.
    """

    def __init__(self, fatal: int, what: str) -> None:
        self.fatal, self.what, self.seen, self.busy = fatal, what, 0, False
        self._folder, self._pair = (
            Path(what.split(",", maxsplit=1)[0]).parent,
            [Path(one).name for one in what.split(",")],
        )
        if what == "database":
            event.listen(Engine, "before_cursor_execute", self._statement)
        else:
            sys.addaudithook(self._audited)

    def _due(self) -> bool:
        self.seen += 1
        return self.seen == self.fatal

    def _statement(self, connection: Any, *_more: Any) -> None:
        if connection.dialect.name == "sqlite" or not self._due():
            return
        near = connection.connection.dbapi_connection
        number = near._sock.fileno() if hasattr(near, "_sock") else near.fileno()
        with socket.socket(fileno=os.dup(number)) as line:
            line.shutdown(socket.SHUT_RDWR)

    def _audited(self, name: str, told: tuple[Any, ...]) -> None:
        if self.busy:
            return
        if self.what == "mailbox":
            if name == "imaplib.send" and self._due():
                told[0].sock.shutdown(socket.SHUT_RDWR)
        elif name == "open" and told[0] in self._pair and self._due():
            self.busy = True
            other = next(one for one in self._pair if one != told[0])
            (self._folder / other).rename(self._folder / f"{other}.1")


if __name__ == "__main__":
    cut = Cut(int(sys.argv[1]), sys.argv[2])
    sys.argv[:] = ["carrel", *sys.argv[3:]]
    try:
        main()
    finally:
        print(cut.seen, file=sys.stderr)
