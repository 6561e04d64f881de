"""A column of network addresses, encrypted under the keys of their days: all of one day in one call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from carrel.deidentification.logs import address_cipher, address_prefix
from carrel.deidentification.logs.day_key import DayKey, KeyColumn
from carrel.deidentification.logs.ip_address import packed, text_of
from carrel.deidentification.logs.scrub_rules import AddressRule, ScrubRules

NOTHING = b"-"
_MOST = 1 << 17
_NEW_EACH_TIME = frozenset((AddressRule.ND, AddressRule.NDX))


class AddressColumn:
    """Encrypts addresses by the rule, and remembers those that always come out alike."""

    def __init__(self, rules: ScrubRules) -> None:
        self._rules = rules
        self._made: dict[date, dict[bytes, bytes]] = {}

    def column(self, raw: Sequence[bytes], keys: KeyColumn) -> list[bytes]:
        """A column of addresses, each under the key of its row's day; what is no address becomes ``-``.

        Args:
            raw: as they came.
            keys: one for each.
        """
        if keys.one is not None:
            return self._under(keys.one, raw)
        rows: dict[date, tuple[DayKey, list[int]]] = {}
        for n, key in enumerate(keys.keys):
            rows.setdefault(key.day, (key, []))[1].append(n)
        out = [NOTHING] * len(raw)
        for key, places in rows.values():
            for n, one in zip(places, self._under(key, [raw[n] for n in places]), strict=True):
                out[n] = one
        return out

    def _under(self, key: DayKey, raw: Sequence[bytes]) -> list[bytes]:
        if self._rules.address in _NEW_EACH_TIME:
            return self._sealed(key, raw)
        if sum(map(len, self._made.values())) >= _MOST:
            self._made.clear()
        made = self._made.setdefault(key.day, {})
        if missing := set(raw) - made.keys():
            addresses = {one: address for one in missing if (address := packed(one)) is not None}
            made.update(dict.fromkeys(missing, NOTHING))
            made.update(zip(addresses, map(text_of, self._turned(key, list(addresses.values()))), strict=True))
        return list(map(made.__getitem__, raw))

    def _turned(self, key: DayKey, addresses: Sequence[bytes]) -> list[bytes]:
        match self._rules.address:
            case AddressRule.DETERMINISTIC:
                return address_cipher.deterministic(key.derived(b"ipcrypt", 16), addresses)
            case AddressRule.PFX:
                return address_prefix.pfx(key.derived(b"ipcrypt-pfx", 32), addresses)
            case _:
                return address_prefix.crypto_pan(key.derived(b"crypto-pan", 32), addresses)

    def _sealed(self, key: DayKey, raw: Sequence[bytes]) -> list[bytes]:
        """Each one under a tweak of its own, so that none is known again."""
        short = self._rules.address is AddressRule.ND
        size = address_cipher.ND_TWEAK if short else address_cipher.NDX_TWEAK
        found = [(n, address) for n, one in enumerate(raw) if (address := packed(one)) is not None]
        drawn = self._rules.random(size * len(found))
        tweaks = [drawn[at : at + size] for at in range(0, len(drawn), size)]
        addresses = [address for _, address in found]
        sealed = (
            address_cipher.nd(key.derived(b"ipcrypt-nd", 16), tweaks, addresses)
            if short
            else address_cipher.ndx(key.derived(b"ipcrypt-ndx", 32), tweaks, addresses)
        )
        out = [NOTHING] * len(raw)
        for (n, _), one in zip(found, sealed, strict=True):
            out[n] = one.hex().encode()
        return out
