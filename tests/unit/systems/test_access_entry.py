"""An entry of a package is written in few large pieces, and holds what its many small ones said."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest

from carrel.systems import access_package


@pytest.mark.parametrize("letters", ["", "x", "\u00e9\u4e2d\U0001f600", "\ud800"])
def test_small_pieces_come_out_whole_and_are_counted(letters: str) -> None:
    held, most = 0, 0

    def parts() -> Iterator[str]:
        nonlocal held, most
        for n in range(40_000):
            held += 1
            most = max(most, held)
            yield f"{letters}{n}\n"

    class Target(io.BytesIO):
        def write(self, data: object) -> int:
            nonlocal held
            held = 0
            return super().write(data)  # type: ignore[arg-type]  # bytes

    target = Target()
    with zipfile.ZipFile(access_package.Stream(target), "w", zipfile.ZIP_DEFLATED) as package:
        assert access_package._entry(package, "a.txt", parts()) == 40_000
        assert access_package._entry(package, "empty.txt", []) == 0
    with zipfile.ZipFile(io.BytesIO(target.getvalue())) as package:
        whole = package.read("a.txt").decode()
        assert whole == "".join(f"{letters.replace(chr(0xD800), '?')}{n}\n" for n in range(40_000))
        assert package.read("empty.txt") == b""
    assert most < 40_000  # it goes on before all of it is there
