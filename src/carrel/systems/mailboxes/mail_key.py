"""The key under which de-identified messages are sealed and old ids have stand-ins: one for each site."""

from __future__ import annotations

from pathlib import Path

from carrel.errors import fault
from carrel.systems import faults
from carrel.systems.drawn_key import draw, read

_NAME = "mail.key"
_BYTES = 32


class MailKey:
    """A file of mode 0600 beside the store. Whoever has it and an old id can tell which message took its place.

    Args:
        folder: of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._place = folder / _NAME

    def there(self) -> bytes:
        """The key; no bytes where none was drawn yet, so that no message is believed.

        Raises:
            CarrelError: MBX-009, it cannot be read, or is none.
        """
        try:
            found = read(self._place, _BYTES)
        except FileNotFoundError:
            return b""
        except OSError as wrong:
            raise self._wrong(wrong.strerror or "an error of the file system") from None
        if len(found) != _BYTES:
            raise self._wrong("a file of another length")
        return found

    def drawn(self) -> bytes:
        """The key, drawn first where there is none.

        Raises:
            CarrelError: MBX-009.
        """
        if not self.there():
            try:
                self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                draw(self._place, _BYTES)
            except OSError as wrong:
                raise self._wrong(wrong.strerror or "an error of the file system") from None
        return self.there()

    def _wrong(self, found: str) -> Exception:
        return fault(
            faults.MAIL_KEY,
            at=_NAME,
            wanted=f"a file of {_BYTES} bytes beside the store, which its owner can read and write",
            found=found,
            because="without it nobody can tell which messages are de-identified already",
            fix="put it back from a copy; or delete it, and have all of them de-identified once more",
        )
