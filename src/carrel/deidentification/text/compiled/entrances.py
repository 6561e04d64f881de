"""The entrances of the kernels, compiled. Only the process that compiles imports this, and numba with it.

Pointers and no arrays: numba counts the owners of arrays, by functions of its own that are not there later.
"""

from __future__ import annotations

from typing import Any

from numba import cfunc, njit, types

from carrel.deidentification.text.kernel import wrapping

_BYTES, _SHORT, _LONG, _ONE = (
    types.CPointer(types.uint8), types.CPointer(types.int32), types.CPointer(types.int64), types.int64,
)  # fmt: skip
_TABLE = (_LONG, _SHORT, _ONE)
_EDITS = (_LONG, _LONG, _ONE)
_KINDS = {
    "take_list": (_BYTES, _ONE, _ONE, _SHORT, _LONG, _LONG, *_TABLE, *_EDITS, _LONG),
    "read_block": (
        _BYTES, _LONG, _ONE, _ONE, _SHORT, _LONG, _ONE, _LONG, *_TABLE, *_EDITS, _LONG, _ONE, _LONG, _ONE,
    ),
    "moved_short": (*_TABLE, *_TABLE),
    "moved_long": (*_EDITS, *_EDITS),
}  # fmt: skip


def entrances() -> dict[str, Any]:
    """Each entrance, compiled; by name."""
    wrapping.by = njit(error_model="numpy", nogil=True, _nrt=False)
    from carrel.deidentification.text.listing import take_list
    from carrel.deidentification.text.reading import read_block
    from carrel.deidentification.text.word_table import moved

    functions = {"take_list": take_list, "read_block": read_block, "moved_short": moved, "moved_long": moved}
    return {
        name: cfunc(types.int64(*_KINDS[name]), nopython=True, _nrt=False, error_model="numpy")(one.py_func)  # type: ignore[attr-defined]  # what njit made of it
        for name, one in functions.items()
    }
