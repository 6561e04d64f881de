"""The shape of a log service's answers: tables, rows and words, taken only where they are such."""

from __future__ import annotations

from typing import Any


class ShapeError(ValueError):
    """JSON of another shape than the interface has; `signed_in` tells it as HLS-004, and nothing of it is passed on."""


def table(body: Any, *path: str) -> dict[str, Any]:
    """A table of an answer, or one further in.

    Args:
        body: as the service told it; None where it told nothing.
        path: names on the way in.

    Returns:
        The table; an empty one where a name on the way is not there.

    Raises:
        ShapeError: something else stands there.
    """
    for word in path:
        body = table(body).get(word)
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise ShapeError
    return body


def rows(body: Any, *path: str) -> list[dict[str, Any]]:
    """The rows of an answer, or those of a table further in; none where there are none.

    Raises:
        ShapeError: something else stands there.
    """
    found = table(body, *path[:-1]).get(path[-1]) if path else body
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ShapeError
    return found


def words(found: Any) -> list[str]:
    """One name, or several.

    Raises:
        ShapeError: something else stands there.
    """
    listed = [] if found is None else [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise ShapeError
    return listed
