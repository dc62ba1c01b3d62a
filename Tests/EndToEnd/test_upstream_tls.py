"""TLS to servers of upstreams: verified always, resumed, never given up for plain text."""

import json
import os
import socket
import ssl

import pytest

from harness.certificates import Certificate, authority
from harness.client import Client, request
from harness.recorder import Recorder
from harness.users import register
from harness.websocket import echo_tunnel, frame, handshake
from harness.wire import wait_until

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def leaf(root, tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("leaf"), ["app.internal", "127.0.0.1", "localhost"], root)


@pytest.fixture
def secure_recorder(cleanup, leaf):
    return cleanup.add(Recorder(tls=leaf.server()))


@pytest.fixture
def start(make_gateway, root):
    """A gateway in front of `recorder`, which speaks TLS."""

    def make(recorder, lines="", host="127.0.0.1", ca=root, **options):
        lines = "tls on\n" + ("tls_ca %s\n" % ca.path if ca else "") + lines
        return make_gateway(
            recorder=recorder, upstream="%s:%d" % (host, recorder.port), upstream_options=lines, **options)

    return make


def reason(gateway):
    return gateway.wait_line(lambda e: e.get("msg") == "upstream failed")["reason"]


@pytest.mark.parametrize("versions", [(TLS12, TLS12), (TLS13, TLS13)])
def test_requests_go_out_over_tls(start, cleanup, leaf, versions):
    recorder = cleanup.add(Recorder(tls=leaf.server(versions=versions)))
    gateway = start(recorder)
    for _ in range(3):
        assert gateway.fetch("GET", "/public/x").status == 200
    # Kept and used again.
    assert recorder.accepted == 1


@pytest.mark.parametrize("lines, host", [
    ("", "127.0.0.1"), ("", "localhost"), ("tls_name app.internal", "127.0.0.1"),
])
def test_the_name_asked_for_is_the_servers_or_tls_name(start, cleanup, leaf, lines, host):
    asked = []
    context = leaf.server()
    context.sni_callback = lambda sock, name, _: asked.append(name)
    recorder = cleanup.add(Recorder(tls=context))
    gateway = start(recorder, lines, host)
    assert gateway.fetch("GET", "/public/x").status == 200
    # An address is none to ask for (RFC 6066, 3).
    assert asked == [lines.split()[-1] if lines else None if host[0] == "1" else host]


def test_a_single_server_may_speak_tls(make_gateway, cleanup, leaf, root, secure_recorder):
    gateway = make_gateway(
        recorder=secure_recorder, upstream=secure_recorder.address + " tls", upstream_options="tls_ca %s" % root.path)
    assert gateway.fetch("GET", "/public/x").status == 200


def test_a_unix_socket_may_speak_tls(make_gateway, cleanup, leaf, root, tmp_path):
    recorder = cleanup.add(Recorder(path=str(tmp_path / "app.sock"), tls=leaf.server()))
    lines = "tls on\ntls_ca %s" % root.path
    gateway = make_gateway(start=False, recorder=recorder, upstream_options=lines)
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and "tls_name" in done.stdout + done.stderr
    gateway.write(upstream_options=lines + "\ntls_name app.internal")
    gateway.start()
    assert gateway.fetch("GET", "/public/x").status == 200


@pytest.mark.parametrize("certificate, lines, words", [
    (lambda d, r: Certificate(d, ["other.internal"], r), "", "IP address mismatch"),
    (lambda d, r: Certificate(d, ["app.internal"], r), "tls_name other.internal", "hostname mismatch"),
    (lambda d, r: Certificate(d, ["127.0.0.1"], r, days=-1), "", "expired"),
    (lambda d, r: Certificate(d, ["127.0.0.1"]), "", "self-signed"),
    (lambda d, r: Certificate(d, ["127.0.0.1"], authority(d, "stranger")), "", "issuer"),
])
def test_a_certificate_that_is_not_in_order_is_502_with_the_reason(
        start, cleanup, root, tmp_path, certificate, lines, words):
    recorder = cleanup.add(Recorder(tls=certificate(tmp_path, root).server()))
    gateway = start(recorder, lines)
    assert gateway.fetch("GET", "/public/x").status == 502
    text = reason(gateway)
    assert "certificate is not accepted" in text and words in text, text
    assert not recorder.requests
    done = gateway.command("check", "--connect", gateway.path)
    assert words in done.stdout + done.stderr


def test_the_systems_authorities_count_by_default(start, secure_recorder, leaf, root):
    gateway = start(secure_recorder, ca=None)
    assert gateway.fetch("GET", "/public/x").status == 502
    assert "certificate is not accepted" in reason(gateway)
    gateway = start(secure_recorder, ca=None, env={"SSL_CERT_FILE": root.path})
    assert gateway.fetch("GET", "/public/x").status == 200


def test_a_server_without_tls_is_502_and_sees_no_request(start, make_recorder):
    recorder = make_recorder()
    gateway = start(recorder)
    # This one waits for the end of what it takes for a request.
    assert gateway.fetch("GET", "/public/secret").status in (502, 504)
    assert not any(r.target for r in recorder.requests)
    assert not any(b"secret" in r.raw for r in recorder.requests)


@pytest.mark.parametrize("versions", [(TLS12, TLS12), (TLS13, TLS13)])
def test_a_server_may_ask_for_our_certificate(start, cleanup, root, leaf, tmp_path, versions):
    ours = Certificate(tmp_path, ["gateway"], root)
    recorder = cleanup.add(Recorder(tls=leaf.server(root, versions)))
    gateway = start(recorder, "tls_cert %s %s" % (ours.path, ours.key))
    assert gateway.fetch("GET", "/public/x").status == 200
    without = start(recorder)
    assert without.fetch("GET", "/public/x").status == 502
    assert "certificate required" in reason(without) or "handshake failure" in reason(without)


def test_sessions_are_taken_up(start, cleanup, leaf):
    context = leaf.server()
    recorder = cleanup.add(Recorder(tls=context))
    gateway = start(recorder, "keepalive 0")
    for _ in range(5):
        assert gateway.fetch("GET", "/public/x").status == 200
    assert recorder.accepted == 5
    wait_until(lambda: context.session_stats()["hits"] >= 3, 5, "sessions that are taken up")


def test_a_handshake_that_stalls_ends_with_the_connect_timeout(start, cleanup):
    listener = socket.create_server(("127.0.0.1", 0))

    class Silent:
        port = listener.getsockname()[1]
        address = "127.0.0.1:%d" % port

    gateway = start(Silent, "connect_timeout 300ms")
    response = gateway.fetch("GET", "/public/x")
    listener.close()
    assert response.status in (502, 504)
    assert "timed out" in reason(gateway)


def test_a_response_without_length_that_is_cut_is_no_whole_one(start, secure_recorder):
    def cut(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
        exchange.close()
        # The connection ends without the word of TLS.
        socket.socket.shutdown(exchange.socket, socket.SHUT_RDWR)

    def whole(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole")
        exchange.close()
        try:
            exchange.socket.unwrap()
        except OSError:
            pass

    secure_recorder.on("/public/cut", cut)
    secure_recorder.on("/public/whole", whole)
    gateway = start(secure_recorder)
    response = gateway.fetch("GET", "/public/whole")
    assert response.complete and response.body == b"whole"
    response = gateway.fetch("GET", "/public/cut")
    assert not response.complete or response.status == 502
    line = gateway.wait_line(lambda e: e.get("path") == "/public/cut", "access")
    assert line["end"] == "upstream_abort"


@pytest.mark.parametrize("size", [1, 65536, 1 << 20, 5_000_000])
def test_bodies_pass_through_tls_on_both_sides(make_gateway, cleanup, root, leaf, secure_recorder, tmp_path, size):
    front = Certificate(tmp_path, ["app.test"], root)
    gateway = make_gateway(
        start=False, recorder=secure_recorder, upstream=secure_recorder.address, client_tls=root.client(),
        upstream_options="tls on\ntls_ca %s" % root.path)
    gateway.write(listen="127.0.0.1:%d { %s }" % (gateway.port, front.tls))
    gateway.start()
    body = os.urandom(size)
    secure_recorder.on("/big/x", lambda e: e.reply(body=b"".join(e.body_parts())))
    with gateway.client(20) as client:
        client.send(request("PUT", "/big/x", body=body))
        response = client.read()
    assert response.complete and response.body == body


def test_a_websocket_over_tls_on_both_sides(make_gateway, root, secure_recorder, tmp_path):
    front = Certificate(tmp_path, ["app.test"], root)
    gateway = make_gateway(
        start=False, recorder=secure_recorder, upstream=secure_recorder.address, client_tls=root.client(),
        upstream_options="tls on\ntls_ca %s" % root.path)
    gateway.write(listen="127.0.0.1:%d { %s }" % (gateway.port, front.tls))
    gateway.start()
    user = register(gateway)
    secure_recorder.on("/ws/echo", echo_tunnel)
    sent = frame(os.urandom(300_000))
    with handshake(gateway, "/ws/echo", user.headers, Origin="https://app.test", timeout=10) as tunnel:
        assert tunnel.exchange(sent) == sent


def test_an_idle_connection_that_says_something_is_dropped(start, secure_recorder):
    gateway = start(secure_recorder)
    assert gateway.fetch("GET", "/public/x").status == 200
    for _ in range(3):
        assert json.loads(gateway.fetch("GET", "/public/y").body)["target"] == "/public/y"


@pytest.mark.parametrize("lines, code", [
    ("tls_ca ca.pem", "E305"), ("tls_name x", "E305"), ("tls_cert a b", "E305"), ("tls on\ntls_ca none.pem", "E401"),
    ("tls on\ntls_name a/b", "E205"),
])
def test_directives_that_cannot_be(make_gateway, lines, code):
    gateway = make_gateway(start=False, upstream_options=lines)
    for name in ("ca.pem", "a", "b"):
        with open(os.path.join(gateway.directory, name), "w") as file:
            file.write("x")
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and code in done.stdout + done.stderr, done


def test_a_client_certificate_or_authority_that_is_none_is_told(make_gateway, tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    gateway = make_gateway(start=False, upstream_options="tls on\ntls_ca %s" % wrong)
    done = gateway.command("check", gateway.path)
    assert "E401" in done.stdout + done.stderr and "no certificate" in done.stdout + done.stderr
