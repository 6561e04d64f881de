"""Mail: one message over SMTP, encrypted, within a time limit; what goes wrong leaves as one of our errors."""

from __future__ import annotations

import enum
import ipaddress
import smtplib
import ssl
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from carrel.accountability import faults
from carrel.accountability.message import Message
from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.systems.secret import Secret


class Encryption(enum.StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"  # only to a server on this machine, and never with a password


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes, and to whom.

    Attributes:
        host, port: of the server.
        sender: address that the messages come from.
        recipients: addresses that they go to.
        encryption: how the way is protected.
        username, password: for a server that asks; the password comes from a file or the environment.
        timeout_seconds: longest wait for one answer of the server.
        ca_file: certificates to trust besides the system's.
    """

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    encryption: Encryption = Encryption.STARTTLS
    username: str = ""
    password: Secret | None = field(default=None, repr=False)
    timeout_seconds: float = 20.0
    ca_file: Path | None = None


def send(server: MailServer, message: Message) -> None:
    """Send one message to every recipient.

    Raises:
        CarrelError: ACC-002, the server cannot be reached, does not answer in time, or refuses; ACC-003, it offers no
            encryption; ACC-004, the settings would send mail or a password in the clear, or name nobody.

    Guarantees:
        Neither password nor message is sent over a way that is not encrypted, unless the server is on this machine and
        asks for no password. No text of the server's stands in the error.
    """
    _must_be_safe(server)
    mail = _composed(server, message)
    try:
        with _connected(server) as way:
            if server.password is not None:
                way.login(server.username, server.password.reveal())
            refused = way.send_message(mail, server.sender, list(server.recipients))
    except (OSError, smtplib.SMTPException) as wrong:
        raise fault(
            faults.MAIL,
            at=f"{server.host}:{server.port}",
            found=_plainly(wrong),
            fix="look at the mail server; the night's work is not affected",
        ) from None
    if refused:
        raise fault(
            faults.MAIL,
            at=f"{server.host}:{server.port}",
            wanted=amount(len(server.recipients), "recipient"),
            found=f"{len(refused)} of them refused",
            changed="the other recipients got it",
            fix="correct the recipients in the site file",
        )


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.encryption is Encryption.TLS:
        way: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_seconds, context=_context(server)
        )
        return way
    way = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    try:
        if server.encryption is Encryption.STARTTLS:
            way.starttls(context=_context(server))
    except smtplib.SMTPNotSupportedError:
        way.close()
        raise _unencrypted(server) from None
    except BaseException:
        way.close()
        raise
    return way


def _context(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(server.ca_file)
    return context


def _composed(server: MailServer, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = ", ".join(server.recipients)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = formatdate(time.time())
    # The host's own name would tell where Carrel runs.
    mail["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2] or "localhost")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    return mail


def _must_be_safe(server: MailServer) -> None:
    wrong = ""
    if not server.recipients or not server.sender:
        wrong = "no sender or nobody to send to"
    elif any(c in address for address in (server.sender, *server.recipients) for c in "\r\n,"):
        wrong = "an address with a line break or comma"
    elif server.encryption is Encryption.NONE and (server.password is not None or not _here(server.host)):
        wrong = "mail or a password would cross the network in the clear"
    if wrong:
        raise fault(
            faults.MAIL_SETTINGS,
            at="mail",
            wanted="a sender, recipients, and encryption 'starttls' or 'tls'",
            found=wrong,
            fix="correct 'mail:' in the site file",
        )


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plainly(wrong: Exception) -> str:  # noqa: PLR0911  (one line per thing that can happen)
    """What happened without the server's own words, which may repeat an address."""
    if isinstance(wrong, smtplib.SMTPServerDisconnected):  # smtplib wraps what really happened
        wrong = wrong.__context__ if isinstance(wrong.__context__, OSError) else wrong
    match wrong:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return "a certificate that is not trusted"
        case ConnectionRefusedError():
            return "nobody listens there"
        case smtplib.SMTPServerDisconnected():
            return "the server hung up"
        case smtplib.SMTPAuthenticationError():
            return "the account or its password is refused"
        case smtplib.SMTPRecipientsRefused():
            return "every recipient is refused"
        case smtplib.SMTPResponseException():
            return f"the answer {wrong.smtp_code}"
        case _:
            return type(wrong).__name__


def _unencrypted(server: MailServer) -> CarrelError:
    return fault(
        faults.MAIL_NOT_ENCRYPTED,
        at=f"{server.host}:{server.port}",
        wanted="STARTTLS",
        found="a server that does not offer it",
        because="counts and dates of a library are not sent in the clear",
        fix="use the server's encrypted port, or set 'encryption: tls'",
    )
