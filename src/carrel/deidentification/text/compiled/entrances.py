"""The entrances of the kernels, compiled. Only the process that compiles imports this, and numba with it.

Pointers and no arrays: numba counts the owners of arrays, by functions of its own that are not there later.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from numba import cfunc, njit, types

from carrel.deidentification.text.kernels.kernel import wrapping

_BYTES, _SHORT, _LONG, _ONE = (
    types.CPointer(types.uint8), types.CPointer(types.int32), types.CPointer(types.int64), types.int64,
)  # fmt: skip
_TABLE = (_LONG, _SHORT, _ONE)
_EDITS = (_LONG, _LONG, _ONE)
_KINDS = {
    "take_list": (_BYTES, _ONE, _ONE, _SHORT, _LONG, _LONG, *_TABLE, *_EDITS, _LONG),
    "read_block": (
        _BYTES, _LONG, _ONE, _ONE, _SHORT, _LONG, _ONE, _LONG, *_TABLE, *_EDITS, _LONG, _ONE, *_TABLE, _LONG,
        _LONG, _ONE,
    ),
    "moved_short": (*_TABLE, *_TABLE),
    "moved_long": (*_EDITS, *_EDITS),
    "cut_rows": (_BYTES, _ONE, _ONE, _ONE, _ONE, _ONE, _LONG, _LONG, _BYTES, _ONE, _LONG),
}  # fmt: skip


_ROWS = {
    "buf": _BYTES, "fold": _SHORT, "values": _SHORT, "tok": _LONG, "letters": _LONG, "keys": _LONG, "edits": _LONG,
    "words": _LONG, "said": _LONG, "roles": _SHORT, "talks": _LONG,
    "masks": _LONG, "out": _LONG, "places": _LONG, "told": _LONG, "lists": _LONG, "lines": _BYTES, "counts": _LONG,
}  # fmt: skip
_EITHER = frozenset({"moved"})  # copies tables of both kinds
_TAKES_ROW = frozenset({"take_list", "take_name", "learn_word"})  # where `told` is a row and no number


class _Kernels:
    """The kernels as their modules are imported, and then compiled, each once, those that are called first.

    Left to itself numba compiles a function anew for each number that is written out in a call.
    """

    def __init__(self) -> None:
        self._by_function: dict[Any, Any] = {}

    def take(self, function: Any) -> Any:
        """A kernel that is not compiled yet."""
        self._by_function[function] = njit(error_model="numpy", nogil=True, _nrt=False)(function)
        return self._by_function[function]

    def compile(self) -> None:
        """Compile each for the types that the names of its arguments say."""
        done: set[Any] = set()
        for function in self._by_function:
            self._compile(function, done)

    def _compile(self, function: Any, done: set[Any]) -> None:
        if function in done:
            return
        done.add(function)
        for name in function.__code__.co_names:
            called = getattr(function.__globals__.get(name), "py_func", None)
            if called in self._by_function:
                self._compile(called, done)
        if function.__name__ in _EITHER:
            return
        rows = _ROWS if function.__name__ in _TAKES_ROW else _ROWS | {"told": _ONE}
        made = self._by_function[function]
        made.compile(tuple(rows.get(name, _ONE) for name in signature(function).parameters))
        made.disable_compile()


def entrances() -> dict[str, Any]:
    """Each entrance, compiled; by name."""
    kernels = _Kernels()
    wrapping.by = kernels.take
    from carrel.deidentification.text.kernels.list_rows import cut_rows
    from carrel.deidentification.text.kernels.listing import take_list
    from carrel.deidentification.text.kernels.reading import read_block
    from carrel.deidentification.text.kernels.word_table import moved

    kernels.compile()
    functions = {
        "take_list": take_list, "read_block": read_block, "cut_rows": cut_rows, "moved_short": moved,
        "moved_long": moved,
    }  # fmt: skip
    return {
        name: cfunc(types.int64(*_KINDS[name]), nopython=True, _nrt=False, error_model="numpy")(one.py_func)  # type: ignore[attr-defined]  # what njit made of it
        for name, one in functions.items()
    }
