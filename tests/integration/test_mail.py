"""Mail against real SMTP servers: one that takes it, and ones that refuse, hang, speak in the clear or lie."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import warnings
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from carrel.accountability.message import approval_pending, checkpoint_copy, night_failed
from carrel.errors import CarrelError
from carrel.systems.mail import Encryption, MailServer, send
from carrel.systems.secret import Secret

MESSAGE = night_failed("Elm Library", "koha", date(2026, 11, 22), ["SQL-003"], {"loans cut": 120})


class Inbox:
    """A mail server's mind: keeps what it took, refuses whom it is told to."""

    def __init__(self, refuses=()):
        self.taken, self.refuses = [], refuses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  (aiosmtpd's name)
        if address in self.refuses:
            return "550 no such box: " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        self.taken.append(
            (
                message_from_bytes(envelope.content, policy=policy.default),
                session.ssl is not None,
                list(envelope.rcpt_tos),
            )
        )
        return "250 taken"


@contextmanager
def taking_mail():
    """A mail server on this machine that takes what comes, without encryption."""
    made = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.server = Controller(made, hostname="127.0.0.1", port=port)
    made.server.start()
    try:
        yield made
    finally:
        made.server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 and the context that serves it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.fixture
def serve(request):
    """Start real SMTP servers on loopback; all are stopped afterwards."""

    def start(inbox, **options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
        controller.start()
        request.addfinalizer(controller.stop)
        return controller.port

    return start


def server(port, **options):
    settings = {"sender": "carrel@elm.example", "recipients": ("head@elm.example",), "timeout_seconds": 5.0, **options}
    return MailServer("127.0.0.1", port, **settings)


def secret_of(text):
    return Secret(text, "test")


def test_a_message_arrives_encrypted(serve, certificate):
    inbox = Inbox()
    port = serve(inbox, tls_context=certificate[1], require_starttls=True)
    send(server(port, ca_file=certificate[0], recipients=("head@elm.example", "it@elm.example")), MESSAGE)
    [(mail, encrypted, recipients)] = inbox.taken
    assert encrypted
    assert recipients == ["head@elm.example", "it@elm.example"]
    assert mail["Subject"] == "[Carrel] Elm Library: the night of 2026-11-22 failed on koha"
    assert mail["Message-ID"].endswith("@elm.example>")
    assert "SQL-003" in mail.get_content()


def test_the_password_is_given_after_encryption(serve, certificate):
    inbox, seen = Inbox(), []

    def judge(server_, session, envelope, mechanism, data):
        seen.append((session.ssl is not None, data.password))
        return AuthResult(success=data.password == b"sesame", handled=False)

    port = serve(inbox, tls_context=certificate[1], authenticator=judge, auth_required=True, auth_require_tls=True)
    send(server(port, ca_file=certificate[0], username="carrel", password=secret_of("sesame")), MESSAGE)
    assert len(inbox.taken) == 1
    assert seen == [(True, b"sesame")]
    with pytest.raises(CarrelError) as wrong:
        send(server(port, ca_file=certificate[0], username="carrel", password=secret_of("opensesame")), MESSAGE)
    assert wrong.value.code == "ACC-002"
    assert "opensesame" not in str(wrong.value)
    assert "password is refused" in str(wrong.value)


def test_a_server_without_encryption_gets_nothing(serve):
    inbox = Inbox()
    port = serve(inbox)
    with pytest.raises(CarrelError) as wrong:
        send(server(port), MESSAGE)
    assert wrong.value.code == "ACC-003"
    assert inbox.taken == []


def test_a_certificate_that_nobody_vouches_for_gets_nothing(serve, certificate):
    inbox = Inbox()
    port = serve(inbox, tls_context=certificate[1])
    with pytest.raises(CarrelError) as wrong:
        send(server(port), MESSAGE)
    assert wrong.value.code == "ACC-002"
    assert "not trusted" in str(wrong.value)
    assert inbox.taken == []


def test_a_refusing_server_is_told_without_its_words(serve, certificate):
    inbox = Inbox(refuses=("head@elm.example",))
    port = serve(inbox, tls_context=certificate[1])
    with pytest.raises(CarrelError) as wrong:
        send(server(port, ca_file=certificate[0]), MESSAGE)
    assert wrong.value.code == "ACC-002"
    assert "no such box" not in str(wrong.value)
    assert inbox.taken == []


def test_one_refused_recipient_is_told_and_the_other_gets_it(serve, certificate):
    inbox = Inbox(refuses=("it@elm.example",))
    port = serve(inbox, tls_context=certificate[1])
    with pytest.raises(CarrelError) as wrong:
        send(server(port, ca_file=certificate[0], recipients=("head@elm.example", "it@elm.example")), MESSAGE)
    assert wrong.value.faults[0].found == "1 of them refused"
    assert [recipients for _, _, recipients in inbox.taken] == [["head@elm.example"]]


def test_a_server_that_hangs_costs_no_more_than_the_limit():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        accepted = []
        thread = threading.Thread(target=lambda: accepted.append(silent.accept()[0]))
        thread.start()
        begin = dt.datetime.now(UTC)
        with pytest.raises(CarrelError) as wrong:
            send(server(silent.getsockname()[1], timeout_seconds=0.5), MESSAGE)
        thread.join()
        accepted[0].close()
    assert (dt.datetime.now(UTC) - begin).total_seconds() < 5
    assert wrong.value.code == "ACC-002"
    assert "no answer in time" in str(wrong.value)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(CarrelError) as wrong:
        send(server(port), MESSAGE)
    assert (wrong.value.code, "nobody listens" in str(wrong.value)) == ("ACC-002", True)


def test_in_the_clear_only_to_this_machine_and_never_with_a_password(serve):
    inbox = Inbox()
    port = serve(inbox)
    send(server(port, encryption=Encryption.NONE), MESSAGE)
    assert len(inbox.taken) == 1
    unsafe = [
        server(port, encryption=Encryption.NONE, username="u", password=secret_of("sesame")),
        MailServer("192.0.2.1", 25, "a@elm.example", ("b@elm.example",), Encryption.NONE),
        server(port, encryption=Encryption.NONE, recipients=()),
        server(port, encryption=Encryption.NONE, recipients=("a@elm.example\r\nBcc: x@y.example",)),
    ]
    for settings in unsafe:
        with pytest.raises(CarrelError) as wrong:
            send(settings, MESSAGE)
        assert wrong.value.code == "ACC-004"
        assert "sesame" not in str(wrong.value) + repr(settings)
    assert len(inbox.taken) == 1


def test_a_checkpoint_survives_the_mail_byte_by_byte(serve):
    inbox = Inbox()
    port = serve(inbox)
    note = "elm.example/ledger\n64\n" + "A" * 44 + "\n\n\N{EM DASH} elm.example/ledger " + "B" * 90 + "\n"
    send(server(port, encryption=Encryption.NONE), checkpoint_copy("Elm Library", note))
    body = inbox.taken[0][0].get_content().replace("\r\n", "\n")
    assert body.split("-----8<-----\n")[1] == note


def test_a_subject_cannot_carry_a_second_header(serve):
    inbox = Inbox()
    port = serve(inbox)
    message = approval_pending("Elm\r\nBcc: x@y.example", "koha", "ab" * 32, ["first run"], 12)
    send(server(port, encryption=Encryption.NONE), message)
    assert inbox.taken[0][0]["Bcc"] is None
