"""How many of something, as people read it: ``1 row``, ``1,204 rows``, ``0-9 loans``; all of Carrel counts so."""

from __future__ import annotations


def amount(of: float | str, one: str, more: str = "") -> str:
    """A count and what is counted; one of them stands in the singular.

    Args:
        of: the count, or the word that stands for a small one.
        one: what follows when it is one, such as ``loan is due``.
        more: what follows otherwise, such as ``loans are due``; left out, it is ``one`` with an s.

    >>> amount(1, "row"), amount(1204, "row"), amount("0-9", "loan")
    ('1 row', '1,204 rows', '0-9 loans')
    >>> amount(1, "loan is due", "loans are due")
    '1 loan is due'
    """
    told = of if isinstance(of, str) else f"{of:,}" if isinstance(of, int) else f"{of:g}"
    return f"{told} {one}" if of == 1 else f"{told} {more or one + 's'}"
