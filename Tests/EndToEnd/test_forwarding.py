"""What reaches the upstream, and how bodies get through: whole, in order, and without piling up."""

import hashlib
import os
import re
import socket
import threading
import time

import pytest

from harness import wire
from harness.cases import exchanged, forwarded
from harness.client import request
from harness.gateway import settle
from harness.users import register
from harness.wire import wait_until

pytestmark = pytest.mark.forwarding

LARGE = int(os.environ.get("GATEHOUSE_TEST_LARGE", 200 << 20))
PIECE = os.urandom(1 << 16)


# Fields.

def test_forwarding_headers_are_built_anew(gateway, oracle):
    headers = [
        ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "5.6.7.8"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Port", "1"), ("X-Forwarded-Prefix", "/evil"),
        ("X-Real-IP", "1.2.3.4"),
        ("Forwarded", "for=1.2.3.4")]
    seen = forwarded(gateway, oracle, request("GET", "/public/a", headers, host="app.test:8080"))[0]
    assert seen.all("x-forwarded-for") == ["127.0.0.1"]
    assert seen.all("x-forwarded-proto") == ["http"] and seen.all("x-forwarded-host") == ["app.test:8080"]
    for name in ("x-forwarded-port", "x-forwarded-prefix", "x-real-ip", "forwarded"):
        assert not [v for v in seen.all(name) if "evil" in v or "1.2.3.4" in v], name
    assert seen.all("host") == ["app.test:8080"]


def test_forwarding_headers_of_a_trusted_peer_count(make_gateway):
    gateway = make_gateway(top="trust_proxy 127.0.0.0/8")
    headers = {"X-Forwarded-For": "9.9.9.9, 203.0.113.7", "X-Forwarded-Proto": "https",
        "X-Request-Id": "front-12345678"}
    gateway.fetch("GET", "/public/a", headers)
    seen = gateway.recorder.wait_for("/public/a")[-1]
    assert seen.get("x-forwarded-for").endswith("127.0.0.1") and "203.0.113.7" in seen.get("x-forwarded-for")
    assert seen.all("x-forwarded-proto") == ["https"] and seen.all("x-request-id") == ["front-12345678"]
    line = gateway.wait_line(lambda e: e.get("path") == "/public/a", "access")
    assert line["client"] == "203.0.113.7"


def test_trust_in_another_network_is_no_trust(make_gateway):
    gateway = make_gateway(top="trust_proxy 10.0.0.0/8 127.0.0.2/32")
    gateway.fetch("GET", "/public/a", {"X-Forwarded-For": "1.2.3.4", "X-Request-Id": "front-12345678"})
    seen = gateway.recorder.wait_for("/public/a")[-1]
    assert seen.all("x-forwarded-for") == ["127.0.0.1"] and seen.get("x-request-id") != "front-12345678"


@pytest.mark.parametrize("value", ["garbage", "", "a,b", "1.2.3.4, " * 2000, "::1%eth0", "127.0.0.1", "\"x\"",
    "999.1.1.1"])
def test_garbage_from_a_trusted_peer_breaks_nothing(trusting, value):
    with trusting.client() as client:
        response = client.exchange(request("GET", "/public/a", {"X-Forwarded-For": value}))
    assert response.status in (200, 400, 431)


@pytest.fixture(scope="module")
def trusting(make_module_gateway):
    yield make_module_gateway(top="trust_proxy 127.0.0.0/8")


def test_forwarded_in_the_standard_form(make_gateway):
    gateway = make_gateway(headers="forwarded both")
    gateway.fetch("GET", "/public/a", {"Forwarded": "for=1.2.3.4"})
    seen = gateway.recorder.wait_for("/public/a")[-1]
    assert len(seen.all("forwarded")) == 1
    assert "for=127.0.0.1" in seen.get("forwarded") and "1.2.3.4" not in seen.get("forwarded")
    assert seen.all("x-forwarded-for") == ["127.0.0.1"]


def test_via_and_request_id(gateway, oracle):
    first = forwarded(gateway, oracle, request("GET", "/public/a", {"Via": "1.0 front",
        "X-Request-Id": "chosen-by-client"}))[0]
    assert re.search(r"1\.1 \S+$", ", ".join(first.all("via")))
    assert len(first.all("x-request-id")) == 1 and first.get("x-request-id") != "chosen-by-client"
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,128}", first.get("x-request-id"))
    response = gateway.fetch("GET", "/public/a")
    second = gateway.recorder.seen("/public/a")[-1]
    assert second.get("x-request-id") != first.get("x-request-id")
    assert response.all("x-request-id") == second.all("x-request-id")


def test_request_id_is_on_errors_and_in_the_log(gateway):
    response = gateway.fetch("GET", "/private-logged")
    assert response.get("x-request-id") and response.json()["instance"].endswith(response.get("x-request-id"))
    line = gateway.wait_line(lambda e: e.get("path") == "/private-logged", "access")
    assert line["request_id"] == response.get("x-request-id") and line["status"] == 401 and line["auth"] == "none"


def test_path_and_query_arrive_untouched(gateway, oracle):
    target = "/public/a%20b/c?x=%2F..%2f&y=a+b&&=?/#"[:-1]
    assert forwarded(gateway, oracle, request("GET", target))[0].target == target


def test_conditionals_ranges_and_authorization_are_forwarded(gateway, oracle, alice):
    headers = {
        "If-None-Match": "\"a\"", "If-Modified-Since": "Tue, 15 Nov 1994 08:12:31 GMT", "Range": "bytes=0-1",
        "Accept-Encoding": "gzip, br", "Authorization": "Basic abc", "Accept": "x/y", "User-Agent": "Agent",
        "Referer": "http://r/"}
    seen = forwarded(gateway, oracle, request("GET", "/public/a", headers))[0]
    assert {n: seen.get(n) for n in headers} == headers


def test_upstream_gets_http_1_1_from_a_1_0_client(gateway, oracle):
    with gateway.client() as client:
        client.send(request("GET", "/public/a", version="HTTP/1.0"))
        response = client.read()
        assert client.at_end()
    seen = oracle.check([response])
    assert seen[0].version == "HTTP/1.1" and seen[0].all("host") == ["app.test"]


def test_http_1_0_client_without_host(gateway, oracle):
    with gateway.client() as client:
        client.send(b"GET /public/a HTTP/1.0\r\n\r\n")
        response = client.read()
    seen = oracle.check([response])
    assert response.status in (200, 400) and (response.status == 400 or len(seen[0].all("host")) == 1)


def test_many_fields_and_long_ones(gateway, oracle):
    headers = [("X-N%d" % n, "v" * 100) for n in range(80)] + [("X-Long", "w" * 4000)]
    seen = forwarded(gateway, oracle, request("GET", "/public/a", headers))[0]
    assert [(n, v) for n, v in headers if seen.all(n) != [v]] == []


def test_own_access_to_an_upstream_on_a_unix_socket(make_gateway, make_recorder, tmp_path):
    gateway = make_gateway(recorder=make_recorder(path=str(tmp_path / "up.sock")))
    user = register(gateway)
    assert gateway.fetch("GET", "/a", user.headers).json()["user"] == [user.id]


@pytest.mark.parametrize("host,expected", [("preserve", "app.test"), ("example.org", "example.org")])
def test_host_for_the_upstream_is_configured(make_gateway, host, expected):
    gateway = make_gateway(upstream_options="host %s" % host)
    gateway.fetch("GET", "/public/a")
    assert gateway.recorder.wait_for("/public/a")[-1].all("host") == [expected]


# Bodies.

@pytest.mark.parametrize("size", [0, 1, 4095, 65536, 1_000_003])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_upload_arrives_whole(gateway, oracle, alice, size, framing):
    body = os.urandom(size)
    headers = dict(alice.headers)
    data = body
    if framing == "chunked":
        headers["Transfer-Encoding"] = "chunked"
        data = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7001]), body[i:i + 7001]) for i in range(0, size,
            7001)) + b"0\r\n\r\n"
    responses = exchanged(gateway, oracle, request("POST", "/up", headers, data), ["POST"], [alice.id])
    assert responses[0].json()["sha256"] == hashlib.sha256(body).hexdigest() and responses[0].json()["length"] == size


@pytest.mark.parametrize("size", [0, 1, 65537, 1_000_003])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_download_arrives_whole(gateway, recorder, alice, size, framing):
    body = os.urandom(size)
    recorder.on("/down", lambda x: x.reply(body=body, framing=framing))
    response = gateway.fetch("GET", "/down", alice.headers)
    assert response.complete and response.body == body


def test_upload_without_waiting_reaches_the_upstream_piece_by_piece(gateway, recorder, alice):
    """No buffering: the upstream has the first part before the second is sent."""
    with gateway.client() as client:
        client.send(request("POST", "/pieces", {"Transfer-Encoding": "chunked", **alice.headers}))
        seen = recorder.wait_for("/pieces")[-1]
        for count in range(1, 4):
            client.send(b"5\r\nhello\r\n")
            recorder.wait(lambda: seen.body_length == 5 * count, 3, "piece %d" % count)
        client.send(b"0\r\n\r\n")
        assert client.read().status == 200


def test_event_stream_is_flushed_event_by_event(gateway, recorder, alice):
    go = [threading.Event() for _ in range(3)]

    def stream(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, event in enumerate(go):
            event.wait(5)
            data = b"data: %d\n\n" % number
            exchange.send(b"%x\r\n%s\r\n" % (len(data), data))
        exchange.send(b"0\r\n\r\n")

    recorder.on("/events", stream)
    with gateway.client() as client:
        client.send(request("GET", "/events", {"Accept": "text/event-stream", **alice.headers}))
        response = client.read_head()
        assert response.get("content-type") == "text/event-stream"
        chunks = wire.chunks(client.reader)
        for number, event in enumerate(go):
            event.set()
            assert next(chunks) == b"data: %d\n\n" % number
        assert list(chunks) == []


@pytest.mark.slow
def test_large_upload_needs_no_memory(gateway, recorder, alice):
    digest = hashlib.sha256()
    before = gateway.memory()
    highest = before
    with gateway.client(60) as client:
        client.send(request("POST", "/bigger/up", {"Content-Length": str(LARGE), **alice.headers}))
        for index in range(LARGE // len(PIECE)):
            client.send(PIECE)
            digest.update(PIECE)
            if index % 64 == 0:
                highest = max(highest, gateway.memory())
        response = client.read()
    assert response.status == 200 and response.json()["sha256"] == digest.hexdigest()
    assert highest - before < 8 << 20, "memory grew by %d bytes" % (highest - before)


@pytest.mark.slow
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_download_needs_no_memory(gateway, recorder, alice, framing):
    count = LARGE // len(PIECE)

    def stream(exchange):
        if framing == "length":
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (count * len(PIECE)))
        else:
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        part = PIECE if framing == "length" else b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
        for _ in range(count):
            exchange.send(part)
        if framing == "chunked":
            exchange.send(b"0\r\n\r\n")

    recorder.on("/bigger/down", stream)
    before = gateway.memory()
    highest, received = before, 0
    with gateway.client(60) as client:
        client.send(request("GET", "/bigger/down", alice.headers))
        head = client.read_head()
        if framing == "length":
            while received < head.length:
                received += len(client.reader.take(len(client.reader.buffer))) if client.reader.buffer else 0
                if received < head.length:
                    assert client.reader.fill()
                highest = max(highest, gateway.memory()) if received % 7 == 0 else highest
        else:
            for chunk in wire.chunks(client.reader):
                received += len(chunk)
                highest = max(highest, gateway.memory()) if received % 7 == 0 else highest
    assert received == count * len(PIECE)
    assert highest - before < 8 << 20, "memory grew by %d bytes" % (highest - before)


def test_slow_reader_stops_a_fast_upstream(gateway, recorder, alice):
    sent = [0]

    def stream(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGE * 10))
        exchange.socket.settimeout(20)
        while True:
            exchange.socket.send(PIECE)
            sent[0] += len(PIECE)

    recorder.on("/bigger/flood", stream)
    before = gateway.memory()
    with gateway.client() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.send(request("GET", "/bigger/flood", alice.headers))
        client.read_head()
        wait_stable(lambda: sent[0])
        assert gateway.memory() - before < 8 << 20
        assert sent[0] < 64 << 20


def wait_stable(value, timeout=10.0):
    """Waits until `value()` has not changed for half a second."""
    last, since = value(), time.monotonic()
    deadline = since + timeout
    while time.monotonic() - since < 0.5:
        settle(0.05)
        if value() != last:
            last, since = value(), time.monotonic()
        assert time.monotonic() < deadline, "still moving: %r" % last
    return last


def test_slow_upstream_stops_a_fast_client(gateway, recorder, alice):
    release = threading.Event()
    recorder.on("/bigger/slow", lambda x: (release.wait(10), x.read_body(), x.reply()))
    before = gateway.memory()
    size = 64 << 20
    with gateway.client(20) as client:
        client.send(request("POST", "/bigger/slow", {"Content-Length": str(size), **alice.headers}))
        recorder.wait_for("/bigger/slow")
        client.socket.setblocking(False)
        sent, quiet = 0, time.monotonic()
        while sent < size and time.monotonic() - quiet < 0.5:
            try:
                sent += client.socket.send(PIECE[:min(len(PIECE), size - sent)])
                quiet = time.monotonic()
            except BlockingIOError:
                settle(0.01)
        assert sent < 32 << 20, "%d bytes taken for an upstream that reads nothing" % sent
        assert gateway.memory() - before < 8 << 20
        release.set()
        client.socket.setblocking(True)
        while sent < size:
            part = PIECE[:min(len(PIECE), size - sent)]
            client.send(part)
            sent += len(part)
        assert client.read().status == 200


# Faults of upstreams.

def test_refused_connection_is_502(make_gateway, make_recorder):
    gone = make_recorder()
    gateway = make_gateway(recorder=gone)
    gone.stop()
    for headers, kind in (({}, "application/problem+json"), ({"Accept": "text/html"}, "text/html")):
        started = time.monotonic()
        response = gateway.fetch("GET", "/public/a", headers)
        assert response.status in (502, 503) and response.get("content-type").startswith(kind)
        assert response.get("cache-control") == "no-store" and time.monotonic() - started < 2
        assert str(gone.listener).encode() not in response.body and b"127.0.0.1" not in response.body
    assert gateway.fetch("GET", "/public/a").json()["code"] == "upstream_unavailable"


def test_connection_timeout_is_504(make_gateway, cleanup):
    """A listener whose queue is full lets no connection through."""
    hole = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(hole.getsockname())
        fillers.append(filler)
    gateway = make_gateway(upstream="127.0.0.1:%d" % hole.getsockname()[1], upstream_options="connect_timeout 500ms")
    try:
        started = time.monotonic()
        response = gateway.fetch("GET", "/public/a")
        assert response.status == 504 and response.json()["code"] == "upstream_timeout"
        assert 0.4 < time.monotonic() - started < 3
    finally:
        for sock in [hole, *fillers]:
            sock.close()


def test_first_byte_timeout_is_504(make_gateway):
    gateway = make_gateway(upstream_options="response_timeout 500ms")
    closed = threading.Event()
    gateway.recorder.on("/public/mute", lambda x: (x.closed_by_peer(5) and closed.set(), x.close()))
    started = time.monotonic()
    response = gateway.fetch("GET", "/public/mute")
    assert response.status == 504 and response.json()["code"] == "upstream_timeout"
    assert 0.4 < time.monotonic() - started < 3 and closed.wait(2)
    assert gateway.fetch("GET", "/public/a").status == 200


def test_slow_head_is_504(make_gateway):
    gateway = make_gateway(upstream_options="response_timeout 700ms")

    def drip(exchange):
        exchange.close()
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
            exchange.send(bytes([byte]))
            settle(0.05)

    gateway.recorder.on("/public/drip", drip)
    started = time.monotonic()
    assert gateway.fetch("GET", "/public/drip").status == 504
    assert time.monotonic() - started < 5


def test_total_timeout_of_a_route(make_gateway):
    gateway = make_gateway(routes="route /* app public { timeout 800ms }")

    def forever(exchange):
        exchange.close()
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            exchange.send(b"1\r\nx\r\n")
            settle(0.05)

    gateway.recorder.on("/forever", forever)
    started = time.monotonic()
    response = gateway.fetch("GET", "/forever")
    assert not response.complete and time.monotonic() - started < 4


@pytest.mark.parametrize("fault", ["close", "reset", "half"])
def test_upstream_that_hangs_up_is_502(gateway, oracle, recorder, fault):
    def hang_up(exchange):
        exchange.read_body()
        if fault == "reset":
            exchange.reset()
        elif fault == "half":
            exchange.send(b"HTTP/1.1 200 OK\r\nX-Half: ")
        exchange.close()

    recorder.on("/public/hangup", hang_up)
    response = gateway.fetch("POST", "/public/hangup", body=b"x")
    assert response.status == 502 and response.json()["code"] == "upstream_unavailable"
    oracle.fresh_request_is_answered()


def test_second_server_takes_over(make_gateway, make_recorder):
    dead, living = make_recorder(), make_recorder()
    gateway = make_gateway(recorder=living, upstream_options="server %s" % dead.address)
    dead.stop()
    statuses = [gateway.fetch("GET", "/public/a").status for _ in range(20)]
    assert statuses == [200] * 20, statuses


def test_backup_is_used_only_when_needed(make_gateway, make_recorder):
    main, backup = make_recorder(), make_recorder()
    gateway = make_gateway(recorder=main, upstream_options="server %s backup" % backup.address)
    assert [gateway.fetch("GET", "/public/a").status for _ in range(5)] == [200] * 5
    assert not backup.requests
    main.stop()
    assert [gateway.fetch("GET", "/public/b").status for _ in range(5)] == [200] * 5
    assert backup.requests


def test_equal_servers_take_turns(make_gateway, make_recorder):
    one, two = make_recorder(), make_recorder()
    gateway = make_gateway(recorder=one, upstream_options="server %s" % two.address)
    assert [gateway.fetch("GET", "/public/a").status for _ in range(20)] == [200] * 20
    assert len(one.requests) >= 5 and len(two.requests) >= 5, (len(one.requests), len(two.requests))


def test_busy_server_gets_fewer_requests(make_gateway, make_recorder):
    servers = [make_recorder(), make_recorder()]
    go = [threading.Event(), threading.Event()]
    for server, event in zip(servers, go):
        server.on("/public/stuck", lambda x, event=event: (event.wait(10), x.reply()))
    gateway = make_gateway(recorder=servers[0], upstream_options="server %s" % servers[1].address)
    stuck = [gateway.client(15) for _ in range(2)]
    for client in stuck:
        client.send(request("GET", "/public/stuck"))
    for server in servers:
        server.wait_for("/public/stuck")
    go[0].set()
    before = [len(server.requests) for server in servers]
    wait_until(lambda: gateway.fetch("GET", "/public/a").status == 200 and len(servers[0].requests) > before[0], 5)
    before = [len(server.requests) for server in servers]
    for _ in range(20):
        gateway.fetch("GET", "/public/a")
    assert [len(server.requests) - count for server, count in zip(servers, before)] == [20, 0]
    go[1].set()
    for client in stuck:
        assert client.read().status == 200
        client.close()


def test_full_upstream_is_503(make_gateway):
    gateway = make_gateway(upstream_options="max_connections 2\nresponse_timeout 10s")
    release = threading.Event()
    gateway.recorder.on("/public/stuck", lambda x: (release.wait(10), x.reply()))
    stuck = [gateway.client(15) for _ in range(2)]
    for client in stuck:
        client.send(request("GET", "/public/stuck"))
    gateway.recorder.wait_for("/public/stuck", 2)
    started = time.monotonic()
    response = gateway.fetch("GET", "/public/more")
    assert response.status == 503 and time.monotonic() - started < 4
    release.set()
    assert [c.read().status for c in stuck] == [200, 200]
    assert gateway.fetch("GET", "/public/more").status == 200


# Clients that leave.

def test_upstream_learns_that_the_client_left(gateway, recorder, alice):
    """By a reset, that is: a FIN may be half a close, after which the answer is still wanted."""
    gone = threading.Event()
    path = "/left"
    recorder.on(path, lambda x: (x.closed_by_peer(5) and gone.set(), x.close()))
    client = gateway.client()
    client.send(request("GET", path, alice.headers))
    recorder.wait_for(path)
    client.reset()
    assert gone.wait(5), "the upstream still works for nobody"


def test_half_closed_client_still_gets_its_answer(gateway, oracle, recorder, alice):
    recorder.on("/half", lambda x: (settle(0.3), x.reply(body=b"late")))
    with gateway.client() as client:
        client.send(request("GET", "/half", alice.headers))
        client.half_close()
        responses = client.read_until_closed()
    assert [r.body for r in responses] == [b"late"]
    oracle.check(responses, [alice.id])


@pytest.mark.parametrize("cut", ["line", "head", "body", "chunk"])
@pytest.mark.parametrize("how", ["reset", "close", "half"])
def test_abandoned_request_is_no_request(gateway, oracle, alice, cut, how):
    whole = request("POST", "/abandoned", alice.headers, b"x" * 100)
    if cut == "chunk":
        whole = request("POST", "/abandoned", {"Transfer-Encoding": "chunked", **alice.headers},
            b"64\r\n" + b"x" * 50)
    data = {"line": whole[:8], "head": whole[:60], "body": whole[:-40], "chunk": whole}[cut]
    with gateway.client() as client:
        client.send(data)
        if how == "reset":
            client.reset()
        elif how == "half":
            client.half_close()
            responses = client.read_until_closed()
            assert all(r.recorded is None for r in responses)
    for seen in oracle.check([], [alice.id], partial=1):
        assert not seen.complete


def test_large_answer_arrives_whole_before_close(gateway, recorder, alice):
    body = os.urandom(3_000_000)
    recorder.on("/bigger/last", lambda x: x.reply(body=body))
    with gateway.client() as client:
        client.send(request("GET", "/bigger/last", {"Connection": "close", **alice.headers}))
        settle(0.3)
        response = client.read()
        assert response.body == body and client.at_end()


@pytest.mark.parametrize("version,connection,stays", [
    ("HTTP/1.1", None, True), ("HTTP/1.1", "close", False), ("HTTP/1.1", "Close", False),
    ("HTTP/1.1", "keep-alive", True),
    ("HTTP/1.0", None, False), ("HTTP/1.1", "foo, close", False),
])
def test_connection_persists_as_asked(gateway, version, connection, stays):
    with gateway.client() as client:
        headers = {"Connection": connection} if connection else {}
        client.send(request("GET", "/public/a", headers, version=version))
        response = client.read()
        assert response.status == 200
        if stays:
            assert "close" not in (response.get("connection") or "").lower()
            assert client.exchange(request("GET", "/public/a")).status == 200
        else:
            assert client.at_end()
            assert version == "HTTP/1.0" or response.get("connection", "").lower() == "close"


def test_access_line_says_what_happened(gateway, alice):
    gateway.fetch("POST", "/logged?secret=value&x", {**alice.headers, "User-Agent": "a\"b\\c \x80"}, b"hello")
    line = gateway.wait_line(lambda e: e.get("path") == "/logged", "access")
    assert line["method"] == "POST" and line["status"] == 200 and line["user"] == alice.id and line["auth"] == "ok"
    assert line["bytes_in"] >= 5 and line["end"] == "ok"
    assert line["upstream"] == "app" and line["upstream_status"] == 200
    assert line["route"] == "/*" and line["realm"] == "main" and line["t"]["total"] >= 0
    assert "value" not in str(line) and "secret" in line["query"]
    assert alice.ticket.split(".")[1] not in str(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["ts"])
