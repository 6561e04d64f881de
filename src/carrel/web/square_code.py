"""A text as a square of dots that a telephone reads: a drawing of this host's own, without style or script in it."""

from __future__ import annotations

import io

import segno

_QUIET = 4  # dots around the square that stay white, as ISO/IEC 18004 asks


def square(text: str) -> bytes:
    """The drawing, as SVG.

    Args:
        text: what the telephone reads.

    Guarantees:
        Dark on white whatever the page's own colours are, or a telephone would not read it in dark ones. It holds no
        other text, no style and nothing that is fetched.

    Source:
        ISO/IEC 18004 of the code.
    """
    drawing = io.BytesIO()
    segno.make_qr(text, error="m").save(
        drawing, kind="svg", border=_QUIET, dark="#000", light="#fff", svgclass=None, lineclass=None, xmldecl=False,
        omitsize=True,
    )  # fmt: skip
    return drawing.getvalue()
