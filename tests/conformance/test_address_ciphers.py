"""The published vectors: all 31 of ipcrypt, and the sample trace of Crypto-PAn, each by itself and in one call."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from carrel.deidentification.logs.address_cipher import deterministic, nd, ndx
from carrel.deidentification.logs.address_prefix import crypto_pan, pfx
from carrel.deidentification.logs.ip_address import packed, text_of
from carrel.deidentification.logs.tweaked_aes import encrypt_tweaked
from carrel.errors import CarrelError

# draft-denis-ipcrypt, implementations/python/test_vectors.json (ISC): key, address, tweak, result.
IPCRYPT = {
    "deterministic": [
        ("0123456789abcdeffedcba9876543210", "0.0.0.0", "", "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb"),
        ("1032547698badcfeefcdab8967452301", "255.255.255.255", "", "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8"),
        ("2b7e151628aed2a6abf7158809cf4f3c", "192.0.2.1", "", "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777"),
        (
            "0123456789abcdeffedcba9876543210",
            "2001:db8:85a3::8a2e:370:7334",
            "",
            "1eef:2352:64c8:18e6:6456:1373:f615:5032",
        ),
        ("1032547698badcfeefcdab8967452301", "192.0.2.1", "", "7fde:a680:9546:ef2:d3c:7abb:1b38:2659"),
    ],
    "nd": [
        (
            "0123456789abcdeffedcba9876543210",
            "0.0.0.0",
            "08e0c289bff23b7c",
            "08e0c289bff23b7cb349aadfe3bcef56221c384c7c217b16",
        ),
        (
            "1032547698badcfeefcdab8967452301",
            "255.255.255.255",
            "08e0c289bff23b7c",
            "08e0c289bff23b7cf602ae8dcfeb47c1fbcb9597b8951b89",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "192.0.2.1",
            "08e0c289bff23b7c",
            "08e0c289bff23b7cca25fe3b7f2ca5e50a0deb24ef0469f8",
        ),
        (
            "0123456789abcdeffedcba9876543210",
            "2001:db8:85a3::8a2e:370:7334",
            "08e0c289bff23b7c",
            "08e0c289bff23b7cdd344485c55026d8b4cfa33b81032aff",
        ),
        (
            "1032547698badcfeefcdab8967452301",
            "192.0.2.1",
            "08e0c289bff23b7c",
            "08e0c289bff23b7c18e29f7c1fc75164251238ed9f0bd02a",
        ),
    ],
    "ndx": [
        (
            "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
            "0.0.0.0",
            "21bd1834bc088cd2b4ecbe30b70898d7",
            "21bd1834bc088cd2b4ecbe30b70898d782db0d4125fdace61db35b8339f20ee5",
        ),
        (
            "1032547698badcfeefcdab89674523010123456789abcdeffedcba9876543210",
            "255.255.255.255",
            "21bd1834bc088cd2b4ecbe30b70898d7",
            "21bd1834bc088cd2b4ecbe30b70898d776c7dbd1ae4802a2dd95ad4f88273535",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c3c4fcf098815f7aba6d2ae2816157e2b",
            "192.0.2.1",
            "21bd1834bc088cd2b4ecbe30b70898d7",
            "21bd1834bc088cd2b4ecbe30b70898d7259e85ebaa000667d2437ac7e2208d71",
        ),
        (
            "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
            "2001:db8:85a3::8a2e:370:7334",
            "21bd1834bc088cd2b4ecbe30b70898d7",
            "21bd1834bc088cd2b4ecbe30b70898d7fe8d52464555ef3458e4a6eefe14eb28",
        ),
        (
            "1032547698badcfeefcdab89674523010123456789abcdeffedcba9876543210",
            "192.0.2.1",
            "21bd1834bc088cd2b4ecbe30b70898d7",
            "21bd1834bc088cd2b4ecbe30b70898d7c9487dffa9292855845d234bd1d72395",
        ),
    ],
    "pfx": [
        ("0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301", "0.0.0.0", "", "151.82.155.134"),
        ("0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301", "255.255.255.255", "", "94.185.169.89"),
        ("0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301", "192.0.2.1", "", "100.115.72.131"),
        (
            "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
            "2001:db8::1",
            "",
            "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88",
        ),
        ("2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a", "10.0.0.47", "", "19.214.210.244"),
        ("2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a", "10.0.0.129", "", "19.214.210.80"),
        ("2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a", "10.0.0.234", "", "19.214.210.30"),
        ("2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a", "172.16.5.193", "", "210.78.229.136"),
        ("2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a", "172.16.97.42", "", "210.78.179.241"),
        ("2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a", "172.16.248.177", "", "210.78.121.215"),
        (
            "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a",
            "2001:db8::a5c9:4e2f:bb91:5a7d",
            "",
            "7cec:702c:1243:f70:1956:125:b9bd:1aba",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a",
            "2001:db8::7234:d8f1:3c6e:9a52",
            "",
            "7cec:702c:1243:f70:a3ef:c8e:95c1:cd0d",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a",
            "2001:db8::f1e0:937b:26d4:8c1a",
            "",
            "7cec:702c:1243:f70:443c:c8e:6a62:b64d",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a",
            "2001:db8:3a5c:0:e7d1:4b9f:2c8a:f673",
            "",
            "7cec:702c:3503:bef:e616:96bd:be33:a9b9",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a",
            "2001:db8:9f27:0:b4e2:7a3d:5f91:c8e6",
            "",
            "7cec:702c:a504:b74e:194a:3d90:b047:2d1a",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a",
            "2001:db8:d8b4:0:193c:a5e7:8b2f:46d1",
            "",
            "7cec:702c:f840:aa67:1b8:e84f:ac9d:77fb",
        ),
    ],
}
# The trace of Crypto-PAn's own distribution has 100 lines; these are its addresses, each once, with its key.
TRACE_KEY = bytes.fromhex("1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202")
TRACE = """
128.11.68.132 135.242.180.132
129.118.74.4 134.136.186.123
130.132.252.244 133.68.164.234
141.223.7.43 141.167.8.160
141.233.145.108 141.129.237.235
152.163.225.39 151.140.114.167
156.29.3.236 147.225.12.42
165.247.96.84 162.9.99.234
166.107.77.190 160.132.178.185
192.102.249.13 252.138.62.131
192.215.32.125 252.43.47.189
192.233.80.103 252.25.108.8
192.41.57.43 252.222.221.184
193.150.244.223 253.169.52.216
195.205.63.100 255.186.223.5
198.200.171.101 249.199.68.213
198.26.132.101 249.36.123.202
198.36.213.5 249.7.21.132
198.51.77.238 249.18.186.254
199.217.79.101 248.38.184.213
202.49.198.20 245.206.7.234
203.12.160.252 244.248.163.4
204.184.162.189 243.192.77.90
204.202.136.230 243.178.4.198
204.29.20.4 243.33.20.123
205.178.38.67 242.108.198.51
205.188.147.153 242.96.16.101
205.188.248.25 242.96.88.27
205.245.121.43 242.21.121.163
207.105.49.5 241.118.205.138
207.135.65.238 241.202.129.222
207.155.9.214 241.220.250.22
207.188.7.45 241.255.249.220
207.25.71.27 241.33.119.156
207.33.151.131 241.1.233.131
208.147.89.59 227.237.98.191
208.234.120.210 227.154.67.17
208.28.185.184 227.39.94.90
208.52.56.122 227.8.63.165
209.12.231.7 226.243.167.8
209.238.72.3 226.6.119.243
209.246.74.109 226.22.124.76
209.68.60.238 226.184.220.233
209.85.249.6 226.170.70.6
212.120.124.31 228.135.163.231
212.146.8.236 228.19.4.234
212.186.227.154 228.59.98.98
212.204.172.118 228.71.195.169
212.206.130.201 228.69.242.193
216.148.237.145 235.84.194.111
216.157.30.252 235.89.31.26
216.184.159.48 235.96.225.78
216.227.10.221 235.28.253.36
216.254.18.172 235.7.16.162
216.32.132.250 235.192.139.38
216.35.217.178 235.195.157.81
24.0.250.221 100.15.198.226
24.13.62.231 100.2.192.247
24.14.213.138 100.1.42.141
24.5.0.80 100.9.15.210
24.7.198.88 100.10.6.25
24.94.26.44 100.88.228.35
38.15.67.68 64.3.66.187
4.3.88.225 124.60.155.63
63.14.55.111 95.9.215.7
63.195.241.44 95.179.238.44
63.97.7.140 95.97.9.123
64.14.118.196 0.255.183.58
64.34.154.117 0.221.154.117
64.39.15.238 0.219.7.41
10.185.25.118 117.161.29.118
"""
LONG = """
::1 78ff:f001:9fc0:20df:8380:b1f1:704:ed
::2 78ff:f001:9fc0:20df:8380:b1f1:704:ef
::ffff 78ff:f001:9fc0:20df:8380:b1f1:704:f838
2001:db8::1 4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e
2001:db8::2 4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c
"""


def address(text: str) -> bytes:
    found = packed(text.encode())
    assert found is not None
    return found


def test_all_vectors_are_here() -> None:
    assert {kind: len(rows) for kind, rows in IPCRYPT.items()} == {"deterministic": 5, "nd": 5, "ndx": 5, "pfx": 16}


@pytest.mark.parametrize(("kind", "row"), [(kind, row) for kind, rows in IPCRYPT.items() for row in rows])
def test_a_published_vector_of_ipcrypt(kind: str, row: tuple[str, str, str, str]) -> None:
    key, tweak = bytes.fromhex(row[0]), bytes.fromhex(row[2])
    one = address(row[1])
    match kind:
        case "deterministic":
            assert text_of(deterministic(key, [one])[0]).decode() == row[3]
        case "pfx":
            assert text_of(pfx(key, [one])[0]).decode() == row[3]
        case "nd":
            assert nd(key, [tweak], [one])[0].hex() == row[3]
        case _:
            assert ndx(key, [tweak], [one])[0].hex() == row[3]


def test_many_in_one_call_are_what_each_is_by_itself() -> None:
    by_key: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in IPCRYPT["pfx"]:
        by_key.setdefault(row[0], []).append(row)
    for key, rows in by_key.items():  # kinds of addresses mixed
        made = pfx(bytes.fromhex(key), [address(row[1]) for row in rows])
        assert [text_of(one).decode() for one in made] == [row[3] for row in rows]
    many, key = [os.urandom(16) for _ in range(50)], os.urandom(16)
    tweaks = [os.urandom(8) for _ in many]
    assert nd(key, tweaks, many) == [nd(key, [t], [one])[0] for t, one in zip(tweaks, many, strict=True)]


def test_the_sample_trace_of_crypto_pan() -> None:
    rows = [line.split() for line in (TRACE + LONG).split("\n") if line]
    assert len(rows) == 71 + 5
    made = crypto_pan(TRACE_KEY, [address(raw) for raw, _ in rows])
    assert [text_of(one).decode() for one in made] == [wanted for _, wanted in rows]


def test_a_tweak_of_zeros_is_the_librarys_aes() -> None:
    for _ in range(20):
        key, data = os.urandom(16), os.urandom(16 * 7)
        library = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)
        assert encrypt_tweaked(key, bytes(8 * 7), data) == library
        assert encrypt_tweaked(key, os.urandom(8 * 7), data) != library


def test_ndx_is_the_librarys_xts() -> None:
    key, tweak, one = os.urandom(32), os.urandom(16), os.urandom(16)
    library = Cipher(algorithms.AES(key), modes.XTS(tweak)).encryptor().update(one)
    assert ndx(key, [tweak], [one])[0] == tweak + library


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda key: pfx(key, []), b"k" * 32),
        (lambda key: pfx(key, []), b"k" * 31),
        (lambda key: ndx(key, [], []), b"k" * 32),
        (lambda key: nd(key, [], []), b"k" * 15),
        (lambda key: deterministic(key, []), b""),
    ],
)
def test_a_key_of_another_length_or_with_equal_halves_is_refused(call, key: bytes) -> None:
    with pytest.raises(CarrelError) as told:
        call(key)
    assert told.value.code == "LOG-004"
    assert repr(key)[2:-1] == "" or repr(key)[2:-1] not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "+1.2.3.4",
        "1.2.3.4 ",
        "fe80::1%eth0",
        "::g",
        "",
        "1.2.3.-4",
        "\xb2.1.1.1",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert packed(text.encode("latin-1")) is None
