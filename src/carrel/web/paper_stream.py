"""A file as a browser sends it, read while it arrives: it lies nowhere in the clear, and takes little memory."""

from __future__ import annotations

import io
from collections.abc import Callable

from anyio import from_thread
from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Message

_FIELD = 4 * 1024  # bytes of all fields before the file
_HEADER = 4 * 1024  # bytes of what stands before one part
_BOUNDARY = 70  # signs, RFC 2046


class PaperStream(io.RawIOBase):
    """The one file of a form with ``multipart/form-data``. Its fields come before it, as a page of ours has them.

    What the file is called and what it claims to be is not looked at.

    Args:
        request: whose body nobody has read. It is read from a worker's thread.
        more: gives the next piece of the body, and whether there are others; for whoever has it already.

    Attributes:
        fields: by name, complete once `open_file` has returned.
        chosen: whether a file was chosen at all.
    """

    def __init__(self, request: Request, more: Callable[[], tuple[bytes, bool]] | None = None) -> None:
        super().__init__()
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(boundary) <= _BOUNDARY:
            raise HTTPException(422)
        self._request, self._more = request, more or self._received
        self.fields: dict[str, str] = {}
        self._ready = bytearray()
        self._in_file = self._file_over = self._body_over = self.chosen = False
        self._header, self._value, self._disposition = bytearray(), bytearray(), b""
        self._name, self._field = "", bytearray()
        self._said = 0
        self._parser = MultipartParser(boundary, {
            "on_part_begin": self._part, "on_header_field": self._header_name, "on_header_value": self._header_value,
            "on_header_end": self._header_over, "on_headers_finished": self._headers_over, "on_part_data": self._data,
            "on_part_end": self._part_over,
        })  # fmt: skip

    def open_file(self) -> None:
        """Read on until the file begins.

        Raises:
            HTTPException: 422, there is none; 413, its fields or heads are too long, or the body is.
        """
        while not (self._in_file or self._file_over):
            self._read_on()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed names a wider kind of buffer
        """Give what has arrived, waiting for more where there is none; 0 at the end of the file.

        Raises:
            HTTPException: 422, the body ends before the file does; 413.
        """
        while not self._ready and not self._file_over:
            self._read_on()
        piece = self._ready[: len(buffer)]
        buffer[: len(piece)] = piece
        del self._ready[: len(piece)]
        return len(piece)

    def _read_on(self) -> None:
        if self._body_over:
            raise HTTPException(422)
        piece, others = self._more()
        self._body_over = not others
        try:
            self._parser.write(piece)
        except FormParserError:
            raise HTTPException(422) from None

    def _received(self) -> tuple[bytes, bool]:
        message = from_thread.run(self._received_next)
        if message["type"] != "http.request":  # the browser went away
            return b"", False
        return message.get("body", b""), message.get("more_body", False)

    async def _received_next(self) -> Message:
        return await self._request.receive()

    # -- what the parser finds --------------------------------------------------------------------------------------

    def _part(self) -> None:
        self._disposition, self._name = b"", ""
        self._field = bytearray()

    def _counted(self, length: int, most: int) -> None:
        self._said += length
        if self._said > most:
            raise HTTPException(413)

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._counted(end - start, _FIELD + _HEADER)
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._counted(end - start, _FIELD + _HEADER)
        self._value += data[start:end]

    def _header_over(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _headers_over(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options and not self._file_over:
            self._in_file, self.chosen = True, bool(options[b"filename"])

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._ready += data[start:end]
        elif not self._file_over:  # what comes after the file is nobody's
            self._counted(end - start, _FIELD + _HEADER)
            self._field += data[start:end]

    def _part_over(self) -> None:
        if self._in_file:
            self._in_file, self._file_over = False, True
        elif not self._file_over and self._name:
            self.fields[self._name] = self._field.decode("utf-8", "replace")
