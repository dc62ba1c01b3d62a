"""What upstreams answer: broken answers go nowhere, and no byte of one ever answers somebody else."""

import threading
import time

import pytest

from harness.cases import LAST
from harness.client import request
from harness.websocket import handshake, handshake_headers, switch

pytestmark = pytest.mark.upstream

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def scripted(gateway, recorder):
    """Asks for a path that the upstream answers with the given bytes; `close` ends its connection then."""

    def ask(name, data, close=False, method="GET", headers=(), body=None, timeout=8.0, reset=False):
        def answer(exchange):
            exchange.read_body()
            exchange.send(data)
            if reset:
                exchange.reset()
            elif close:
                exchange.close()

        target = recorder.on("/public/" + name, answer)
        with gateway.client(timeout) as client:
            client.send(request(method, target, headers, body))
            response = client.read(method)
            response.closed = not response.complete or not usable(client)
        return response

    return ask


def usable(client):
    """Whether the connection still serves a request."""
    client.send(request("GET", LAST, {"Connection": "close"}))
    rest = client.read_until_closed()
    return [r.status for r in rest] == [200] and rest[0].json()["target"] == LAST


MALFORMED = [
    b"garbage\r\n\r\n", b"HTTP/1.1\r\n\r\n", HEAD + b"NoColon\r\nContent-Length: 2\r\n\r\nok",
    HEAD + b"A: b\r\n folded\r\n\r\n",
    HEAD + b"A: b\0c\r\nContent-Length: 2\r\n\r\nok", HEAD + b"A: b\rc\r\nContent-Length: 2\r\n\r\nok",
    HEAD + b"A: b\nc: d\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!", HEAD + b"Content-Length: 2, 3\r\n\r\nok",
    HEAD + b"Content-Length: x\r\n\r\nok", HEAD + b"Content-Length: -1\r\n\r\nok",
    HEAD + b"Content-Length: +2\r\n\r\nok",
    HEAD + b"Content-Length: \r\n\r\nok", HEAD + b"Content-Length: 18446744073709551618\r\n\r\nok",
    b"HTTP/1.1 99 X\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 1000 X\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 600 X\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 2OO X\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"<html>ok</html>\r\n\r\n",
    b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok",
    HEAD + b"Transfer-Encoding: gzip\r\n\r\nok", HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\nok",
    HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    HEAD + b": v\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    HEAD + b"X[]: v\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200OK\r\nContent-Length: 2\r\n\r\nok", b"ICY 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"\0" * 40 + b"\r\n\r\n",
    HEAD + b"A: " + b"x" * 70_000 + b"\r\nContent-Length: 2\r\n\r\nok",
    HEAD + b"A: b\r\n" * 10_000 + b"Content-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 " + b"x" * 200_000, b"\r\n\r\n",
]


@pytest.mark.parametrize("data", MALFORMED, ids=lambda d: repr(d[:60]))
def test_malformed_answer_is_502_and_goes_nowhere(scripted, oracle, data):
    response = scripted("malformed", data, close=True)
    assert response.status == 502 and b"ok" not in response.body.split(b"upstream")[0][:2], response
    assert response.json()["code"] == "upstream_unavailable" and response.recorded is None
    assert not response.closed
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("data", [HEAD + b"A : b\r\nContent-Length: 2\r\n\r\nok"])
def test_space_before_the_colon_is_never_passed_on(scripted, oracle, data):
    response = scripted("space", data, close=True)
    assert response.status == 502 or response.get("a") == "b"
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("body", [
    b"2\r\nok0\r\n\r\n", b"x\r\nok\r\n0\r\n\r\n", b"2 \r\nok\r\n0\r\n\r\n", b"0x2\r\nok\r\n0\r\n\r\n",
    b"2\nok\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFFF\r\nok", b"2\r\nok\r\n0\r\nX\0: y\r\n\r\n", b"2\r\nok\r\n-1\r\n\r\n", b"2\r\nok\r\n",
])
def test_bad_chunk_ends_without_a_clean_end(scripted, oracle, body):
    response = scripted("chunk", HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body, close=True)
    assert response.status == 502 or not response.complete, response
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("data", [
    HEAD + b"Content-Length: 10\r\n\r\nhello", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
])
@pytest.mark.parametrize("reset", [False, True])
def test_truncated_body_is_truncated_for_the_client_too(scripted, oracle, data, reset):
    response = scripted("truncated", data, close=True, reset=reset)
    assert not response.complete or response.status == 502
    assert response.complete or b"hello".startswith(response.body[:5])
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("data", [
    HEAD + b"Content-Length: 2\r\n\r\nokEVIL",
    HEAD + b"Content-Length: 2\r\n\r\nok" + HEAD + b"Content-Length: 4\r\n\r\nEVIL",
    HEAD + b"Content-Length: 0\r\n\r\n" + HEAD + b"Content-Length: 4\r\n\r\nEVIL",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nEVIL" + HEAD,
    b"HTTP/1.1 204 No\r\n\r\n" + HEAD + b"Content-Length: 4\r\n\r\nEVIL",
    b"HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nEVIL", b"HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nEVIL",
])
def test_extra_bytes_answer_nobody(scripted, oracle, gateway, recorder, alice, data):
    response = scripted("extra", data)
    assert response.status in (200, 204, 304, 502) and b"EVIL" not in response.body
    for number in range(5):
        seen = gateway.fetch("GET", "/own?%d" % number, alice.headers)
        assert seen.status == 200 and seen.json()["target"] == "/own?%d" % number
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("method,data", [
    ("HEAD", HEAD + b"Content-Length: 4\r\n\r\nEVIL"), ("HEAD",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nEVIL\r\n0\r\n\r\n"),
])
def test_body_after_head_answers_nobody(scripted, oracle, method, data):
    response = scripted("head-body", data, method=method)
    assert response.status == 200 and not response.body
    assert response.closed is False
    oracle.fresh_request_is_answered()


def test_bytes_on_an_idle_connection_answer_nobody(gateway, oracle, recorder, alice):
    for data in (HEAD + b"Content-Length: 4\r\n\r\nEVIL", b"\r\n", b"x",
            b"HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n"):
        gateway.fetch("GET", "/public/warm")
        recorder.push(data)
        recorder.wait(lambda: recorder.count_open() == 0, 5, "the idle connection's end")
        for number in range(3):
            assert gateway.fetch("GET", "/own?%d" % number, alice.headers).json()["target"] == "/own?%d" % number
        oracle.fresh_request_is_answered()


# 1xx.

def test_early_hints_are_passed_on(scripted):
    response = scripted("hints",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok")
    assert [i.status for i in response.informational] == [103] and response.body == b"ok"
    assert response.informational[0].get("link") == "</a>; rel=preload"


def test_informational_answers_go_to_no_http_1_0_client(gateway, recorder):
    recorder.on("/public/hints10", lambda x: x.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + x.reply_bytes(body=b"ok")))
    with gateway.client() as client:
        client.send(request("GET", "/public/hints10", version="HTTP/1.0"))
        response = client.read()
    assert not response.informational and response.body == b"ok"


def test_unasked_continue_is_not_passed_on(scripted):
    response = scripted("continue", b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok")
    assert response.status == 200 and 100 not in [i.status for i in response.informational]


def test_informational_answers_are_counted(scripted, oracle):
    response = scripted("flood", b"HTTP/1.1 102 Processing\r\n\r\n" * 10_000 + HEAD + b"Content-Length: 2\r\n\r\nok",
        close=True)
    assert response.status == 502 and len(response.informational) <= 100
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("line", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_framing_in_informational_answers_frames_nothing(scripted, oracle, line):
    response = scripted("framed-hints",
        b"HTTP/1.1 103 Early Hints\r\n" + line + b"\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok")
    assert response.status == 502 or response.body == b"ok"
    oracle.fresh_request_is_answered()


# 101 and tunnels.

@pytest.mark.parametrize("data", [
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
])
def test_switch_that_nobody_asked_for_is_502(scripted, oracle, data):
    assert scripted("switch", data, close=True).status == 502
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("change", [
    lambda text: text.replace("Upgrade: websocket", "Upgrade: h2c"),
    lambda text: text.replace("Upgrade: websocket\r\n", ""),
    lambda text: text.replace("Connection: Upgrade\r\n", ""), lambda text: text.replace("Accept: ", "Accept: x"),
    lambda text: text.replace("Connection: Upgrade", "Connection: close"),
    lambda text: "\r\n".join(l for l in text.split("\r\n") if "Accept" not in l),
])
def test_invalid_switch_is_502(gateway, oracle, recorder, alice, change):
    def bad(exchange):
        sent = []
        exchange_send, exchange.send = exchange.send, sent.append
        switch(exchange)
        exchange_send(change(sent[0].decode()).encode())
        exchange.close()

    recorder.on("/ws/invalid", bad)
    tunnel = handshake(gateway, "/ws/invalid", alice.headers)
    assert tunnel.response.status == 502
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("answer", ["426", "200", "200-upgrade", "slow-426", "400", "401"])
def test_bytes_behind_a_refused_handshake_are_the_next_request(gateway, oracle, recorder, alice, answer):
    def refuse(exchange):
        if answer.startswith("slow"):
            time.sleep(0.3)
        status = int(answer.replace("slow-", "").split("-")[0])
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade")] if answer == "200-upgrade" else []
        exchange.reply(status, b"no", headers)

    recorder.on("/ws/refused", refuse)
    smuggled = request("GET", "/smuggled")
    data = request("GET", "/ws/refused", handshake_headers() + list(alice.headers.items())) + smuggled
    with gateway.client() as client:
        client.send(data)
        first = client.read()
        rest = []
        client.half_close()
        rest = client.read_until_closed()
    assert first.status == int(answer.replace("slow-", "").split("-")[0])
    assert len(rest) <= 1 and all(r.status == 401 and r.recorded is None for r in rest), rest
    assert not [r for r in oracle.check([first] + rest, [alice.id]) if r.target == "/smuggled"]


def test_wrong_version_opens_no_tunnel(gateway, oracle, recorder, alice):
    recorder.on("/ws/777", lambda x: x.reply(426, b"no", [("Sec-WebSocket-Version", "13")]))
    smuggled = request("GET", "/smuggled")
    headers = handshake_headers(Sec_WebSocket_Version="777") + list(alice.headers.items())
    with gateway.client() as client:
        client.send(request("GET", "/ws/777", headers) + smuggled)
        client.half_close()
        responses = client.read_until_closed()
    assert responses[0].status in (400, 426) and all(r.status == 401 for r in responses[1:]), responses
    assert not [r for r in oracle.check(responses, [alice.id]) if r.target == "/smuggled"]


@pytest.mark.parametrize("headers", [
    {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABkAAQAAP__"},
    {"Upgrade": "h2c", "Connection": "Upgrade"}, {"Upgrade": "TLS/1.0", "Connection": "upgrade"},
    {"Upgrade": "websocket, h2c", "Connection": "Upgrade"}, {"Upgrade": "h2c, websocket", "Connection": "Upgrade"},
])
@pytest.mark.parametrize("target", ["/a", "/ws/a"])
def test_no_other_protocol_passes(gateway, oracle, recorder, alice, headers, target):
    with gateway.client() as client:
        client.send(request("GET", target, {**headers, **alice.headers}))
        response = client.read()
    seen = oracle.check([response], [alice.id])
    assert response.status in (200, 400), response
    for recorded in seen:
        assert "h2c" not in (recorded.get("upgrade") or "") and "http2-settings" not in recorded.names
        assert "TLS" not in (recorded.get("upgrade") or "")


# Re-use and retries.

def test_connection_is_reused(gateway, recorder):
    gateway.fetch("GET", "/public/warm")
    before = recorder.accepted
    for _ in range(10):
        assert gateway.fetch("GET", "/public/again").status == 200
    assert recorder.accepted == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_dead_idle_connection_is_not_the_clients_problem(gateway, recorder, method):
    for number in range(5):
        gateway.fetch("GET", "/public/warm")
        recorder.close_connections(reset=number % 2 == 1)
        assert gateway.fetch(method, "/public/after").status == 200


def closing_once(recorder, path, send=b""):
    tries = []

    def answer(exchange):
        tries.append(exchange.request)
        if len(tries) == 1:
            exchange.read_body()
            exchange.send(send)
            exchange.close()
        else:
            exchange.reply()

    recorder.on(path, answer)
    return tries


@pytest.mark.parametrize("method,tries_expected,status", [
    ("GET", 2, 200), ("HEAD", 2, 200), ("OPTIONS", 2, 200), ("DELETE", (1, 2), (200, 502)),
    ("PUT", (1, 2), (200, 502)),
    ("POST", 1, 502), ("PATCH", 1, 502),
])
def test_retry_is_once_and_only_where_safe(gateway, recorder, method, tries_expected, status):
    path = "/public/retry-" + method.lower()
    tries = closing_once(recorder, path)
    gateway.fetch("GET", "/public/warm")
    body = b"x" if method in ("POST", "PATCH", "PUT") else None
    response = gateway.fetch(method, path, body=body)
    assert response.status in (status if isinstance(status, tuple) else (status,)), response
    assert len(tries) in (tries_expected if isinstance(tries_expected, tuple) else (tries_expected,))


def test_no_retry_after_the_first_byte_of_an_answer(gateway, recorder):
    tries = closing_once(recorder, "/public/retry-byte", b"H")
    gateway.fetch("GET", "/public/warm")
    assert gateway.fetch("GET", "/public/retry-byte").status == 502 and len(tries) == 1


def test_retry_is_not_repeated(gateway, recorder):
    tries = []

    def always(exchange):
        tries.append(1)
        exchange.close()

    recorder.on("/public/retry-always", always)
    gateway.fetch("GET", "/public/warm")
    assert gateway.fetch("GET", "/public/retry-always").status == 502 and 1 <= len(tries) <= 2


def test_early_answer_stops_reuse(gateway, oracle, recorder, alice):
    """The upstream answers before the body is through: what is left of the body must answer for nothing."""
    recorder.on("/early", lambda x: (x.reply(413, b"too large", [("X-Early", "1")]), x.closed_by_peer(10), x.close()))
    smuggled = request("GET", "/smuggled", alice.headers)
    with gateway.client(8) as client:
        client.send(request("POST", "/early", {"Content-Length": "100000", **alice.headers}))
        response = client.read("POST")
        assert response.status == 413 and response.body == b"too large"
        client.send(smuggled * (100_000 // len(smuggled)))
        client.half_close()
        rest = client.read_until_closed()
    assert not rest
    seen = oracle.check([response], [alice.id], partial=1)
    assert not [r for r in seen if r.target == "/smuggled"]


def test_early_answer_that_reads_on_is_whole_for_both(gateway, oracle, recorder, alice):
    received = threading.Event()

    def answer_first(exchange):
        exchange.send(HEAD + b"X-Recorder: %d\r\nContent-Length: 4\r\n\r\near" % exchange.request.number)
        if len(exchange.read_body()) == 50_000:
            received.set()
        exchange.send(b"l")

    recorder.on("/early-on", answer_first)
    with gateway.client() as client:
        client.send(request("POST", "/early-on", {"Content-Length": "50000", **alice.headers}))
        head = client.read_head()
        client.send(b"x" * 50_000)
        response = client.read_body(head)
    assert response.complete and response.body == b"earl" and received.wait(2)
    oracle.check([response], [alice.id])


# Fields of answers.

def test_hop_by_hop_fields_stay_behind(scripted):
    response = scripted("hop", HEAD + (
        b"Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\n"
        b"TE: y\r\nUpgrade: foo\r\n"
        b"Trailer: X\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok"))
    names = {n.decode().lower() for n, _ in response.fields}
    assert not {"x-hop", "keep-alive", "te", "upgrade"} & names and "x-end" in names
    assert "x-hop" not in (response.get("connection") or "")


def test_connection_takes_no_security_field_away(scripted):
    response = scripted("named", HEAD + (
        b"Connection: set-cookie, content-security-policy, strict-transport-security\r\nSet-Cookie: a=1\r\n"
        b"Content-Security-Policy: default-src 'none'\r\nStrict-Transport-Security: max-age=1\r\n"
        b"Content-Length: 2\r\n\r\nok"))
    assert response.all("set-cookie") == ["a=1"] and response.get("content-security-policy") == "default-src 'none'"
    assert response.get("strict-transport-security") == "max-age=1"


def test_upstream_cannot_set_our_cookie(scripted):
    response = scripted("cookies", HEAD + (
        b"Set-Cookie: a=1; Path=/\r\nSet-Cookie: __Host-main=evil; Path=/; Secure\r\nSet-Cookie: b=2, c=3\r\n"
        b"set-cookie:  __Host-main  = evil2\r\nSet-Cookie: __HOST-MAIN=evil3; Path=/; Secure\r\nSet-Cookie: a=2\r\n"
        b"Content-Length: 2\r\n\r\nok"))
    kept = [c for c in response.all("set-cookie") if not c.startswith("__HOST")]
    assert kept == ["a=1; Path=/", "b=2, c=3", "a=2"]


@pytest.mark.parametrize("line,status", [
    (b"HTTP/1.1 200 \x80\xff\r\n", (200, 502)), (b"HTTP/1.1 200\r\n", (200, 502)), (b"HTTP/1.1 200 \r\n", (200,)),
    (b"HTTP/1.1 299 Odd\tname\r\n", (299,)), (b"HTTP/1.1 404 Not Here\r\n", (404,)), (b"HTTP/1.1 599 X\r\n", (599,)),
])
def test_reason_is_our_own_or_clean(scripted, line, status):
    response = scripted("reason", line + b"Content-Length: 2\r\n\r\nok")
    assert response.status in status and response.reason.isascii()


def test_answer_of_http_1_0_is_passed_on_as_1_1(scripted, oracle):
    response = scripted("old", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", close=True)
    assert response.status == 200 and response.body == b"ok" and not response.closed
    response = scripted("older", b"HTTP/1.0 200 OK\r\n\r\nuntil the end", close=True)
    assert response.body == b"until the end" and response.complete


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("body", [b"", b"x", b"y" * 100_000])
def test_every_framing_of_answers(gateway, recorder, framing, body):
    recorder.on("/public/framed", lambda x: x.reply(body=body, framing=framing))
    with gateway.client() as client:
        response = client.exchange(request("GET", "/public/framed"))
        assert response.body == body and response.complete and response.framing in ("length", "chunked")
        assert usable(client)
    with gateway.client() as client:
        client.send(request("GET", "/public/framed", version="HTTP/1.0"))
        response = client.read()
        assert response.body == body and response.framing in ("length", "close") and client.at_end()


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answers_without_body(gateway, oracle, recorder, status, method):
    recorder.on("/public/none", lambda x: x.reply(status, headers=[("ETag", "\"a\"")]))
    with gateway.client() as client:
        response = client.exchange(request(method, "/public/none"), method)
        assert response.status == status and not response.body and response.get("etag") == "\"a\""
        assert usable(client)


def test_head_keeps_the_length_of_get(gateway, recorder):
    recorder.on("/public/head", lambda x: x.reply(body=b"twelve bytes"))
    with gateway.client() as client:
        response = client.exchange(request("HEAD", "/public/head"), "HEAD")
        assert response.get("content-length") == "12" and not response.body and usable(client)


def test_answer_gets_a_date(scripted):
    response = scripted("undated", HEAD + b"Content-Length: 2\r\n\r\nok")
    assert len(response.all("date")) == 1 and response.get("date").endswith(" GMT")
    response = scripted("dated", HEAD + b"Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 2\r\n\r\nok")
    assert response.all("date") == ["Tue, 15 Nov 1994 08:12:31 GMT"]


@pytest.mark.parametrize("fields", [
    [("WWW-Authenticate", "Basic realm=\"x\""), ("Allow", "FOO, BAR"), ("Vary", "Accept"), ("Server", "x"),
    ("Location", "//b/c")],
    [("X-User-Id", "1"), ("Content-Type", "x/y; z"), ("Cache-Control", "public, max-age=5"),
    ("Content-Encoding", "gzip")],
])
def test_fields_of_answers_are_left_alone(gateway, recorder, fields):
    recorder.on("/public/fields", lambda x: x.reply(401, b"body", fields))
    response = gateway.fetch("GET", "/public/fields")
    assert response.status == 401 and [response.all(n) for n, _ in fields] == [[v] for _, v in fields]


@pytest.mark.parametrize("said,passed", [
    ([], ["private"]), (["max-age=60"], ["max-age=60", "private"]),
    (["no-cache, max-age=0"], ["no-cache, max-age=0", "private"]),
    (["private=\"x-a\""], ["private=\"x-a\"", "private"]), (["max-age=5", "No-Store"], ["max-age=5", "No-Store"]),
    (["private, max-age=60"], ["private, max-age=60"]), (["max-age=1 ,\tPRIVATE "], ["max-age=1 ,\tPRIVATE"]),
    (["public, max-age=60"], ["public, max-age=60"]), (["s-maxage=9"], ["s-maxage=9"]),
    (["privately, publication, s-maxage"], ["privately, publication, s-maxage", "private"]), ([","], [",", "private"]),
])
def test_shared_caches_keep_no_users_answer_unless_the_application_says_so(gateway, recorder, alice, said, passed):
    fields = [("Cache-Control", value) for value in said]
    for path in ("/kept", "/public/kept"):
        recorder.on(path, lambda x: x.reply(200, b"body", fields))
    assert gateway.fetch("GET", "/kept", alice.headers).all("cache-control") == passed
    assert gateway.fetch("GET", "/public/kept", alice.headers).all("cache-control") == [v.strip() for v in said]
