"""Lines that scrubbing has written, told from lines that came some other way.

Scrubbing writes each kind of field in few ways: a token, a network, a listed word, a coarse time. A line that holds
anything else did not come out of it. So a log that is scrubbed before it is written can be tested without its source.

Source: MITL-2.5, MITL-7.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from carrel.deidentification.logs.circulation_message import written_form
from carrel.deidentification.logs.day_key import KeyColumn
from carrel.deidentification.logs.field_rendering import NOTHING, FieldRendering
from carrel.deidentification.logs.ip_address import MAPPED, packed, text_of
from carrel.deidentification.logs.line_pattern import Placed
from carrel.deidentification.logs.log_field import Field, Kind
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.page_address import PageAddresses
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules
from carrel.deidentification.logs.software import FAMILIES

_NAME, _METHOD, _PROTOCOL = r"~[a-z2-7]{16}", r"[A-Z]{1,12}", r"HTTP/[0-9.]{1,3}"
_HOST = r"[a-z0-9.*-]+"
_FORMS = {
    Kind.METHOD: _METHOD,
    Kind.PROTOCOL: _PROTOCOL,
    Kind.STATUS: r"[0-9]{3}",
    Kind.SIZE: r"[0-9]{1,12}",
    Kind.DURATION: r"[0-9.]{1,10}(?:e\+[0-9]{2})?",
    Kind.HOST: _HOST,
    Kind.PORT: r"[0-9]{1,5}",
    Kind.REFERRER: rf"https?://{_HOST}/",
    Kind.AGENT: r"[A-Za-z]+(?:/[A-Za-z]+)?",
}
_SEALED = {AddressRule.ND: 48, AddressRule.NDX: 64}  # letters of a tweak and what it seals
_SHAPED = re.compile(rb"([^&=?]+)=\((?:0|1|2-3|4\+)\)")
_CACHED = 1 << 14
Test = Callable[[bytes], bool]


class ScrubbedLines:
    """Tests whether lines of a format are as scrubbing writes them.

    Args:
        log_format: of the lines, before they were scrubbed and after.
        rules: by which they were.
    """

    def __init__(self, log_format: LogFormat, rules: ScrubRules) -> None:
        self._rules, self._header = rules, log_format.header
        self._pages = PageAddresses(rules.vocabulary)
        self._parameters = {one.encode() for one in rules.vocabulary.parameters} | {b"*"}
        self._rendering = FieldRendering(rules, lambda form, raw: form.read(raw))
        source, self._tests = "", list[Test]()
        parts = log_format.parts
        for n, part in enumerate(parts):
            if isinstance(part, str):
                source += re.escape(part)
                continue
            after = parts[n + 1] if n + 1 < len(parts) else ""
            source += f"({self._form(part, after[:1] if isinstance(after, str) else '')})"
            self._tests.append(lru_cache(_CACHED)(self._test(part)))
        self._expression = re.compile(source.encode("latin-1"))

    def holds(self, line: bytes) -> bool:
        """Whether scrubbing can have written a line, given without its end."""
        match = self._expression.fullmatch(line)
        if match is None:
            return bool(self._header) and line == self._header
        return all(one == NOTHING or test(one) for test, one in zip(self._tests, match.groups(), strict=True))

    def _form(self, field: Field, after: str) -> str:
        """Texts that a field may be written as; what else is asked of them, its test asks."""
        rules = self._rules
        stop = re.escape("".join(sorted({" ", '"', "\t", after})))
        asked = rf"\?[^{stop}\n\r\\]+"
        page = rf"[^{stop}?\n\r\\]*{f'(?:{asked})?' if rules.query is QueryRule.SHAPE else ''}"
        tokens = {Kind.PERSON: rules.people, Kind.SESSION: rules.sessions, Kind.MESSAGE: rules.people}
        name = _NAME if tokens.get(field.kind) is NameRule.TOKEN else None
        forms = {
            **_FORMS,
            Kind.PERSON: name,
            Kind.SESSION: name,
            Kind.MESSAGE: written_form(name),
            Kind.ADDRESS: None if rules.address is AddressRule.DROP else r"[0-9a-f:.]{2,64}",
            Kind.TIME: None if field.form is None else field.form.pattern,
            Kind.REQUEST: rf"(?:-|{_METHOD}) {page}(?: {_PROTOCOL})?",
            Kind.URL: page,
            Kind.QUERY: asked,
            Kind.WORD: rf"[^{stop}\n\r]+",
        }
        form = forms.get(field.kind)
        return "-" if form is None else f"-|{form}"

    def _test(self, field: Field) -> Test:
        tests: dict[Kind, Test] = {
            **dict.fromkeys(
                (Kind.PERSON, Kind.SESSION, Kind.MESSAGE, Kind.FREE), lambda _: True
            ),  # their form says all
            Kind.REQUEST: self._is_request,
            Kind.URL: self._is_page,
            Kind.QUERY: self._is_shape,
            Kind.AGENT: FAMILIES.__contains__,
        }
        if self._rules.address is not AddressRule.TRUNCATE:
            tests[Kind.ADDRESS] = self._is_turned
        return tests.get(field.kind, lambda raw: self._is_written_again(field, raw))

    def _is_written_again(self, field: Field, raw: bytes) -> bool:
        """Whether a text is written as itself."""
        try:
            (made,) = self._rendering.columns(Placed(field, (0,)), [[raw]], _no_keys)
        except ValueError:  # dots where a number was wanted
            return False
        return raw == (made if isinstance(made, bytes) else made[0])

    def _is_turned(self, raw: bytes) -> bool:
        """Whether an address can have come out of a cipher."""
        rule = self._rules.address
        if rule in _SEALED:
            return len(raw) == _SEALED[rule] and re.fullmatch(rb"[0-9a-f]+", raw) is not None
        address = packed(raw)
        if address is None or text_of(address) != raw:
            return False
        return rule is not AddressRule.DETERMINISTIC or not address.startswith(MAPPED)

    def _is_request(self, raw: bytes) -> bool:
        method, _, rest = raw.partition(b" ")
        page, blank, protocol = rest.rpartition(b" ") if b" " in rest else (rest, b"", b"")
        return (
            self._is_page(page)
            and (method == NOTHING or self._is_written_again(Field(Kind.METHOD), method))
            and (not blank or self._is_written_again(Field(Kind.PROTOCOL), protocol))
        )

    def _is_page(self, raw: bytes) -> bool:
        page, mark, asked = raw.partition(b"?")
        folder, slash, name = page.rpartition(b"/")
        folder += slash
        return (
            self._pages.folders[folder] == folder
            and self._pages.names([name]) == [name]
            and (not mark or self._is_shape(mark + asked))
        )

    def _is_shape(self, raw: bytes) -> bool:
        found = [_SHAPED.fullmatch(one) for one in raw[1:].split(b"&")]
        return all(one is not None and one[1] in self._parameters for one in found)


def _no_keys() -> KeyColumn:
    raise AssertionError  # asked only for what a day's key makes
