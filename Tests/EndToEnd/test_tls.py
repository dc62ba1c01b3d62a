"""TLS of listeners, by real clients: python's ssl, curl and openssl s_client."""

import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

from harness.certificates import Certificate, authority, openssl
from harness.client import Client, request
from harness.users import JSON, credentials, register
from harness.websocket import echo_tunnel, frame, handshake
from harness.wire import Closed, Truncated, wait_until

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
NAMES = ["app.test", "*.app.test", "127.0.0.1"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def leaf(root, tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("leaf"), NAMES, root)


@pytest.fixture(scope="module")
def secure(make_module_gateway, root, leaf):
    """A gateway that speaks TLS, with two workers."""
    return start(make_module_gateway, root, [leaf], workers=2)


def start(maker, root, leaves, extra="", **options):
    gateway = maker(start=False, client_tls=root.client(), **options)
    listen(gateway, leaves, extra)
    gateway.start(options.get("wait", "redis"))
    return gateway


def listen(gateway, leaves, extra=""):
    lines = [leaf.tls for leaf in leaves] + ([extra] if extra else [])
    gateway.write(listen="127.0.0.1:%d {\n    %s\n}" % (gateway.port, "\n    ".join(lines)))


def names_of(gateway, name, root, kind=None):
    """The names of the certificate that a client gets who asks for `name`."""
    context = root.client(verify=False)
    if kind:
        context.maximum_version = TLS12
        context.set_ciphers(kind)
    with socket.create_connection(gateway.address, 5) as sock:
        with context.wrap_socket(sock, server_hostname=name) as tls:
            return [value for _, value in tls.getpeercert()["subjectAltName"]]


def s_client(gateway, *words, stdin=b"Q\n"):
    done = openssl("s_client", "-connect", "127.0.0.1:%d" % gateway.port, *words, stdin=stdin, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


# Versions, ciphers, protocols


@pytest.mark.parametrize("version, text", [(TLS12, "1.2"), (TLS13, "1.3")])
def test_a_request_over_each_version_is_answered_and_logged(secure, root, version, text):
    with Client(secure.address, tls=root.client(version)) as client:
        response = client.exchange(request("GET", "/public/v" + text))
        assert response.status == 200
        assert client.socket.version() == "TLSv" + text
    seen = secure.recorder.wait_for("/public/v" + text)[0]
    assert seen.get("x-forwarded-proto") == "https"
    line = secure.wait_line(lambda e: e.get("path") == "/public/v" + text, "access")
    assert line["tls"] == text


def test_the_text_log_tells_the_version_too(make_gateway, root, leaf):
    gateway = start(make_gateway, root, [leaf], log="access on\nformat text\nlevel debug")
    with Client(gateway.address, tls=root.client(TLS13)) as client:
        assert client.exchange(request("GET", "/public/a")).status == 200
    wait_until(lambda: " proto=http/1.1 tls=1.3 route=/public/* auth=none " in gateway.log(), 3, "the line")
    # At level debug each connection is told.
    for text in ("opened", "closed"):
        wait_until(lambda: "connection %s client=127.0.0.1" % text in gateway.log(), 3, text)


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-ssl3"])
def test_old_versions_are_refused(secure, version):
    text = s_client(secure, version, "-cipher", "ALL:@SECLEVEL=0")
    assert "Cipher is (NONE)" in text or "unknown option" in text.lower() or "Cipher    : 0000" in text, text


def test_min_tls_1_3_refuses_1_2(make_gateway, root, leaf):
    gateway = start(make_gateway, root, [leaf], "min_tls 1.3")
    with pytest.raises(ssl.SSLError):
        Client(gateway.address, tls=root.client(TLS12))
    assert gateway.fetch("GET", "/public/x").status == 200
    line = gateway.wait_line(lambda e: e.get("msg") == "a TLS handshake failed")
    assert "unsupported protocol" in line["reason"]


BAD_CIPHERS = [
    "AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-SHA384", "NULL-SHA256", "ADH-AES128-GCM-SHA256", "PSK-AES128-GCM-SHA256", "CAMELLIA128-SHA",
]


@pytest.mark.parametrize("cipher", BAD_CIPHERS)
def test_weak_ciphers_are_refused(secure, cipher):
    text = s_client(secure, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0")
    assert "Cipher is (NONE)" in text or "no cipher match" in text, text


def test_every_cipher_on_offer_is_authenticated_and_forward_secret(secure):
    listed = openssl("ciphers", "-tls1_2", "-s", "ALL:@SECLEVEL=0").stdout.decode().strip().split(":")
    accepted = [
        cipher for cipher in listed if "TLS_" not in cipher
        and "Cipher is " + cipher in s_client(secure, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0")]
    assert sorted(accepted) == [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]


def test_the_order_of_ciphers_is_ours(secure):
    worst_first = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
    assert "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256" in s_client(secure, "-tls1_2", "-cipher", worst_first)
    # A client that likes ChaCha20 best has no help for AES.
    mobile = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"
    assert "Cipher is ECDHE-ECDSA-CHACHA20-POLY1305" in s_client(secure, "-tls1_2", "-cipher", mobile)


@pytest.mark.parametrize("offered, chosen", [
    (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (["http/1.1", "h2"], "http/1.1"), ([], None),
])
def test_the_protocol_is_http_1_1(secure, root, offered, chosen):
    with Client(secure.address, tls=root.client(protocols=offered)) as client:
        assert client.socket.selected_alpn_protocol() == chosen
        assert client.exchange(request("GET", "/public/x")).status == 200


@pytest.mark.parametrize("offered", ["h2", "http/1.0", "spdy/3.1,h2", "http/1.1x"])
def test_without_a_protocol_in_common_the_handshake_ends(secure, offered):
    assert "no application protocol" in s_client(secure, "-alpn", offered)


def test_renegotiation_compression_and_early_data_are_off(secure):
    assert "Compression: NONE" in s_client(secure, "-tls1_2")
    text = s_client(secure, "-tls1_2", stdin=b"R\nQ\n")
    assert "no renegotiation" in text, text
    assert secure.fetch("GET", "/public/x").status == 200


# Names


@pytest.fixture(scope="module")
def several(make_module_gateway, root, tmp_path_factory):
    where = tmp_path_factory.mktemp("several")
    leaves = [
        Certificate(where, ["first.test"], root), Certificate(where, ["shop.test", "www.shop.test"], root),
        Certificate(where, ["*.shop.test"], root), Certificate(where, ["both.test"], root, kind="rsa"),
        Certificate(where, ["both.test"], root, kind="ec")]
    return start(make_module_gateway, root, leaves)


@pytest.mark.parametrize("asked, got", [
    ("first.test", "first.test"), ("shop.test", "shop.test"), ("www.shop.test", "shop.test"),
    ("SHOP.test", "shop.test"), ("api.shop.test", "*.shop.test"), ("a.b.shop.test", "first.test"),
    ("nobody.test", "first.test"), ("127.0.0.1", "first.test"), ("both.test", "both.test"), (None, "first.test"),
])
def test_the_name_that_is_asked_for_picks_the_certificate(several, root, asked, got):
    assert names_of(several, asked, root)[0] == got


def test_a_name_may_have_an_rsa_and_an_ecdsa_certificate(several):
    words = ("-servername", "both.test", "-tls1_2", "-cipher")
    assert "Cipher is ECDHE-RSA-" in s_client(several, *words, "ECDHE-RSA-AES128-GCM-SHA256")
    assert "Cipher is ECDHE-ECDSA-" in s_client(several, *words, "ECDHE-ECDSA-AES128-GCM-SHA256")


def test_a_chain_is_sent(make_gateway, root, tmp_path):
    middle = Certificate(tmp_path, ["middle"], root, authority=True, san=False)
    leaf = Certificate(tmp_path, NAMES, middle)
    leaf.path = leaf.chain
    gateway = start(make_gateway, root, [leaf])
    assert gateway.fetch("GET", "/public/x").status == 200


# Sessions of TLS


def resumes(gateway, root, session, name="app.test", context=None):
    with Client(gateway.address, tls=context, session=session, name=name) as client:
        assert client.exchange(request("GET", "/public/x")).status == 200
        return client.socket.session_reused, client.socket.session


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_sessions_are_taken_up_by_every_worker_and_after_a_reload(make_gateway, root, leaf, version):
    gateway = start(make_gateway, root, [leaf], workers=2)
    context = root.client(version)
    _, session = resumes(gateway, root, None, context=context)
    before = set(gateway.workers())

    assert all(resumes(gateway, root, session, context=context)[0] for _ in range(20))
    assert gateway.reload().returncode == 0
    wait_until(lambda: not before & set(gateway.workers()), 10, "the end of the old workers")
    assert all(resumes(gateway, root, session, context=context)[0] for _ in range(20))


def test_a_session_of_another_gateway_is_not_taken_up(make_gateway, root, leaf, secure):
    context = root.client(TLS13)
    _, session = resumes(secure, root, None, context=context)
    other = start(make_gateway, root, [leaf])
    assert not resumes(other, root, session, context=context)[0]


def test_a_damaged_ticket_means_a_full_handshake(secure, tmp_path):
    path = str(tmp_path / "session")
    s_client(secure, "-tls1_2", "-sess_out", path)
    with open(path) as file:
        lines = file.read().splitlines()
    middle = len(lines) // 2
    flipped = "A" if lines[middle][0] != "A" else "B"
    lines[middle] = flipped + lines[middle][1:]
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    text = s_client(secure, "-tls1_2", "-sess_in", path)
    assert "Reused," not in text


# Accounts


def test_a_login_over_our_own_tls_is_a_login_over_https(secure, root, tmp_path):
    user = register(secure, "carol")
    response = secure.fetch("POST", "/_auth/login", JSON, credentials("carol"))
    cookie = response.all("set-cookie")
    assert any("__Host-main=" in line and "Secure" in line for line in cookie)
    assert not any("gatehouse-check" in line for line in cookie)
    page = secure.fetch("GET", "/_auth/login", {"Accept": "text/html"})
    assert b"https://" not in page.body
    who = secure.fetch("GET", "/_auth/session", {**user.headers, "Accept": "application/json"})
    assert who.status == 200
    done = subprocess.run(
        ["curl", "-s", "--cacert", root.path, "--resolve", "app.test:%d:127.0.0.1" % secure.port, "-b", user.cookie,
         "https://app.test:%d/private" % secure.port], capture_output=True, timeout=20)
    assert json.loads(done.stdout)["user"] == [user.id]


@pytest.mark.parametrize("origin, status", [("https://app.test", 200), ("http://app.test", 403), ("https://evil.test", 403)])
def test_the_origin_rule_knows_the_scheme(secure, origin, status):
    user = register(secure)
    response = secure.fetch("POST", "/x", {**user.headers, "Origin": origin}, b"{}")
    assert response.status == status


def test_a_session_that_ends_cuts_its_websocket(secure):
    user = register(secure)
    secure.recorder.on("/ws/end", echo_tunnel)
    with handshake(secure, "/ws/end", user.headers, Origin="https://app.test") as tunnel:
        tunnel.send(frame(b"hello"))
        assert tunnel.exactly(11)
        assert secure.fetch("POST", "/_auth/logout", {**user.headers, **JSON}).status in (200, 204)
        assert tunnel.close_code() == 4001


# Bodies


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("size", [1, 16384, 16385, 1 << 20, 9_000_000])
def test_bodies_pass_whole_both_ways(secure, root, version, size):
    body = os.urandom(size)

    def whole(exchange):
        parts = [part for part in exchange.body_parts()]
        exchange.reply(body=b"".join(parts), framing="chunked")

    secure.recorder.on("/big/whole", whole)
    with Client(secure.address, 20, tls=root.client(version)) as client:
        client.send(request("PUT", "/big/whole", body=body))
        response = client.read()
    assert response.complete and response.body == body


def test_many_small_writes_and_a_slow_reader(secure, root):
    pieces = [os.urandom(37) for _ in range(3_000)]

    def drip(exchange):
        exchange.read_body()
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            exchange.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        exchange.send(b"0\r\n\r\n")

    secure.recorder.on("/public/drip", drip)
    with Client(secure.address, 20, tls=root.client()) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(request("GET", "/public/drip"))
        response = client.read_head()
        time.sleep(0.2)
        assert client.read_body(response).body == b"".join(pieces)


def test_requests_in_one_record_and_one_in_many_are_the_same(secure, root):
    with Client(secure.address, tls=root.client()) as client:
        client.send(request("GET", "/public/one") + request("GET", "/public/two"))
        assert [client.read().status for _ in range(2)] == [200, 200]
        for byte in request("GET", "/public/three"):
            client.send(bytes([byte]))
        assert client.read().status == 200


def test_a_client_that_ends_its_direction_gets_its_answer(secure, root):
    with Client(secure.address, tls=root.client()) as client:
        client.send(request("GET", "/public/half", {"Connection": "close"}))
        socket.socket.shutdown(client.socket, socket.SHUT_WR)
        assert client.read().status == 200


def test_a_cut_body_never_reaches_the_origin_as_whole(secure, root):
    with Client(secure.address, tls=root.client()) as client:
        client.send(request("POST", "/public/cut", {"Content-Length": "100"}) + b"half")
        socket.socket.shutdown(client.socket, socket.SHUT_WR)
        client.read_until_closed()
    assert not any(r.complete for r in secure.recorder.seen("/public/cut"))


def test_our_close_is_told(secure, root):
    context = root.client()
    with socket.create_connection(secure.address, 5) as sock:
        tls = context.wrap_socket(sock, server_hostname="app.test", suppress_ragged_eofs=False)
        tls.sendall(request("GET", "/public/x", {"Connection": "close"}))
        while tls.recv(65536):
            pass  # a missing close_notify would raise SSLEOFError


# Broken clients


def test_plain_http_is_told_to_use_https(secure):
    with Client(secure.address) as client:
        response = client.exchange(request("GET", "/public/x"))
        assert response.status == 400 and b"https" in response.body
        assert response.get("content-type").startswith("text/plain")
        assert client.at_end()


GARBAGE = {
    "no hello": b"\x16\x03\x01\x00\x05hello", "zeros": b"\x00" * 64, "random": os.urandom(500),
    "a record that is too long": b"\x16\x03\x01\xff\xff" + b"A" * 70000, "SSL 2": b"\x80\x2e\x01\x03\x01",
    "HTTP 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "an alert": b"\x15\x03\x03\x00\x02\x02\x28", "a byte": b"\x16",
}


@pytest.mark.parametrize("data", GARBAGE)
def test_garbage_ends_that_connection_only(secure, data):
    with Client(secure.address) as client:
        client.send(GARBAGE[data])
        try:
            client.half_close()
            client.reader.rest()
        except (OSError, Truncated):
            pass
    assert secure.fetch("GET", "/public/x").status == 200


def test_a_damaged_record_ends_the_connection(secure, root):
    with socket.create_connection(secure.address, 5) as sock:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = root.client().wrap_bio(incoming, outgoing, server_hostname="app.test")
        shake(tls, sock, incoming, outgoing)
        tls.write(request("GET", "/public/damaged"))
        record = bytearray(outgoing.read())
        record[-1] ^= 1
        sock.sendall(record)
        try:
            while sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
    assert not secure.recorder.seen("/public/damaged")


def test_a_truncated_record_is_no_request(secure, root):
    with socket.create_connection(secure.address, 5) as sock:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = root.client().wrap_bio(incoming, outgoing, server_hostname="app.test")
        shake(tls, sock, incoming, outgoing)
        tls.write(request("GET", "/public/truncated"))
        sock.sendall(outgoing.read()[:-5])
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass
    assert not secure.recorder.seen("/public/truncated")


def shake(tls, sock, incoming, outgoing):
    while True:
        try:
            tls.do_handshake()
            sock.sendall(outgoing.read())
            return
        except ssl.SSLWantReadError:
            sock.sendall(outgoing.read())
            incoming.write(sock.recv(65536))


def test_handshakes_that_stall_are_ended_and_hold_nobody_up(make_gateway, root, leaf):
    gateway = start(make_gateway, root, [leaf], timeouts="tls 1s\nheader 2s")
    stalled = [socket.create_connection(gateway.address, 5) for _ in range(200)]
    for index, sock in enumerate(stalled):
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[: 1 + index % 11])
    began = time.monotonic()
    assert gateway.fetch("GET", "/public/x").status == 200
    assert time.monotonic() - began < 0.9
    for sock in stalled:
        sock.settimeout(4)
        try:
            sock.recv(4096)
        except ConnectionResetError:
            pass
        sock.close()
    assert 0.8 < time.monotonic() - began < 4
    lines = [e for e in gateway.lines() if e.get("msg") == "a TLS handshake failed"]
    # One line, its repeats folded.
    assert 1 <= len(lines) <= 20
    status = json.loads(gateway.command("status", "--json", "--config", gateway.path).stdout)
    assert "200" in json.dumps(status)


def test_a_connection_without_a_word_is_no_failure(secure):
    before = len([e for e in secure.lines() if e.get("msg") == "a TLS handshake failed"])
    for _ in range(5):
        socket.create_connection(secure.address, 5).close()
    assert secure.fetch("GET", "/public/x").status == 200
    assert len([e for e in secure.lines() if e.get("msg") == "a TLS handshake failed"]) == before


def test_key_updates_without_end_are_not_served(secure):
    """A client that wants answer upon answer and no response is let go."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", "127.0.0.1:%d" % secure.port, "-tls1_3", "-msg"], input=b"K\n" * 4_000 + b"Q\n",
        capture_output=True, timeout=60)
    assert done.stdout.count(b"<<< TLS 1.3, Handshake [length 0005], KeyUpdate") < 3_500
    assert secure.fetch("GET", "/public/x").status == 200


# Reload


def test_a_reload_brings_the_new_certificate_and_drops_nothing(make_gateway, root, leaf, tmp_path):
    gateway = start(make_gateway, root, [leaf], workers=2)
    context = root.client()
    failures, counts, stop = [], [0], threading.Event()

    def load(keep):
        try:
            client = None
            while not stop.is_set():
                if client is None or not keep:
                    if client:
                        client.close()
                    client = Client(gateway.address, 10, tls=context)
                client.send(request("GET", "/public/load"))
                try:
                    response = client.read()
                except (Closed, ConnectionResetError):
                    # An idle connection may end at any time; a new one must serve.
                    if not keep:
                        raise
                    client = None
                    continue
                assert response.status == 200
                counts[0] += 1
                if response.get("connection") == "close":
                    client.close()
                    client = None
        except Exception as error:  # noqa: BLE001
            failures.append(repr(error))

    threads = [threading.Thread(target=load, args=(index % 2 == 0,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for round in range(3):
        names = NAMES + ["round%d.test" % round]
        listen(gateway, [Certificate(tmp_path, names, root)])
        assert gateway.reload().returncode == 0
        assert "round%d.test" % round in names_of(gateway, "app.test", root)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert not failures and counts[0] > 50, (failures, counts)


def test_a_reload_with_a_broken_certificate_changes_nothing(make_gateway, root, leaf, tmp_path):
    gateway = start(make_gateway, root, [leaf])
    other = Certificate(tmp_path, NAMES, root)
    other.key = leaf.key
    listen(gateway, [other])
    done = gateway.reload()
    assert done.returncode == 78
    assert "E401" in done.stdout + done.stderr
    assert gateway.fetch("GET", "/public/x").status == 200


# Checks


def check(gateway, *words):
    return gateway.command("check", *words, gateway.path)


@pytest.mark.parametrize("change, code, words", [
    (lambda d, r: Certificate(d, NAMES, r, days=-1), "E401", "expired"),
    (lambda d, r: Certificate(d, NAMES, r, days=5), "W508", "ends in"),
    (lambda d, r: Certificate(d, NAMES, r, kind="weak"), "E401", "key too small"),
    (lambda d, r: Certificate(d, ["other.test"], r), "E403", "app.test"),
])
def test_check_looks_at_certificates(make_gateway, root, tmp_path, change, code, words):
    gateway = make_gateway(start=False, host="app.test")
    listen(gateway, [change(tmp_path, root)])
    done = check(gateway)
    assert done.returncode == (0 if code[0] == "W" else 78)
    assert code in done.stdout + done.stderr and words in done.stdout + done.stderr, done


def test_check_tells_what_is_wrong_with_files(make_gateway, root, leaf, tmp_path):
    gateway = make_gateway(start=False)
    middle = Certificate(tmp_path, ["middle"], root, authority=True, san=False)
    below = Certificate(tmp_path, NAMES, middle)
    disorder = str(tmp_path / "disorder.pem")
    with open(disorder, "wb") as out:
        for path in [below.path, root.path, middle.path]:
            with open(path, "rb") as file:
                out.write(file.read())
    locked = str(tmp_path / "locked.key")
    openssl("ec", "-in", leaf.key, "-aes128", "-passout", "pass:x", "-out", locked)
    open_key = str(tmp_path / "open.key")
    with open(leaf.key) as one, open(open_key, "w") as two:
        two.write(one.read())
    os.chmod(open_key, 0o644)
    cases = [
        (leaf.path, str(tmp_path / "none"), "E401", "No such file"), (leaf.path, below.key, "E401", "does not belong"),
        (leaf.key, leaf.key, "E401", "no certificate"), (leaf.path, leaf.path, "E401", "no private key"),
        (disorder, below.key, "E401", "did not issue"), (leaf.path, locked, "E401", "passphrase"),
        (leaf.path, open_key, "W503", "chmod 600"),
    ]
    with open(leaf.key) as file:
        secrets = file.read().splitlines()[1:-1]
    for certificate, key, code, words in cases:
        gateway.write(listen="127.0.0.1:%d { tls %s %s }" % (gateway.port, certificate, key))
        done = check(gateway)
        text = done.stdout + done.stderr
        assert code in text and words in text, (certificate, key, text)
        assert done.returncode == (0 if code[0] == "W" else 78)
        assert not any(secret in text for secret in secrets)
