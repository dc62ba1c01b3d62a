"""Seeded mutations of good requests and answers: whatever the bytes, the rules of the oracle hold."""

import random
import socket
import threading
import time

import pytest

from harness.client import Client, request
from harness.oracle import check_request
from harness.wire import Closed, Truncated, WireError

pytestmark = [pytest.mark.framing, pytest.mark.slow]

SECONDS = 6
PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"\r\n\r\n", b"Content-Length: 5\r\n", b"\xff",
    b"Transfer-Encoding: chunked\r\n", b"X-User-Id: evil\r\n", b"Connection: x-user-id\r\n", b"Host: b\r\n", b"/../",
    b"%2e",
    b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"HTTP/1.1", b"HTTP/1.0", b"GET ", b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"X_User_Id: evil\r\n", b"\x7f", b"=", b"\"", b"-1", b"99999999999999999999", b"Cookie: a=b\r\n", b"\r\n ",
]


def mutate(choose, data, pieces=PIECES):
    """A few random edits."""
    data = bytearray(data)
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        at = choose.randrange(len(data) + 1)
        kind = choose.randrange(6)
        if kind == 0 and at < len(data):
            data[at] = choose.randrange(256)
        elif kind == 1:
            del data[at:at + choose.choice((1, 1, 2, 8))]
        elif kind == 2:
            data[at:at] = choose.choice(pieces)
        elif kind == 3:
            end = min(len(data), at + choose.randrange(1, 40))
            data[at:at] = data[at:end]
        elif kind == 4 and at < len(data):
            data[at] ^= 1 << choose.randrange(8)
        else:
            lines = bytes(data).split(b"\r\n")
            choose.shuffle(lines)
            if choose.random() < 0.3:
                data = bytearray(b"\r\n".join(lines))
    return bytes(data)


def seeds_of_requests(user):
    """Good requests of all shapes."""
    cookie = user.headers
    chunked = {"Transfer-Encoding": "chunked", **cookie}
    yield request("GET", "/a?b=c", {"X-A": "1", **cookie})
    yield request("POST", "/a", cookie, b"hello world")
    yield request("POST", "/a", chunked, b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-T: 1\r\n\r\n")
    yield request("GET", "/public/a", {"Connection": "keep-alive, x-b", "X-B": "2"})
    yield request("POST", "/public/a", {"Expect": "100-continue"}, b"hello")
    yield request("GET", "http://app.test/public/a", {"Cookie": "a=1; %s; b=2" % user.cookie})
    yield request("HEAD", "/optional/a", cookie) + request("GET", "/public/b")
    yield request("GET", "/ws/a", {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **cookie})
    yield request("POST", "/_auth/login", {"Content-Type": "application/json"}, b'{"username":"a","password":"b"}')
    yield request("OPTIONS", "/a", {"Origin": "http://x", "Access-Control-Request-Method": "GET"})


@pytest.mark.parametrize("seed", [1, 2])
def test_mutated_requests_break_no_rule(gateway, oracle, recorder, alice, seed):
    choose = random.Random(seed)
    originals = list(seeds_of_requests(alice))
    deadline = time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < deadline and count < 3000:
        data = mutate(choose, choose.choice(originals))
        count += 1
        mark = recorder.mark()
        with gateway.client(5) as client:
            client.send(data)
            client.half_close()
            answered = raw_answers(client)
        for seen in recorder.since(mark):
            assert not seen.error, (data, seen)
            if seen.complete:
                check_request(seen, [alice.id])
                assert b"X-Recorder: %d\r\n" % seen.number in answered, (data, seen, answered)
        assert b"\r\nX-User-Id: evil" not in b"".join(s.raw for s in recorder.since(mark)), data
    oracle.fresh_request_is_answered()
    assert count > 200 and gateway.process.poll() is None
    assert not [e for e in gateway.lines() if "killed by signal" in str(e)], "a worker trapped"


def raw_answers(client):
    """All bytes that come back up to the end."""
    received = b""
    try:
        received = client.reader.rest()
    except ConnectionResetError:
        received += bytes(client.reader.buffer)
    return received


ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x\r\nyou\r\n0\r\nX-T: 1\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nSet-Cookie: a=b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
]


@pytest.mark.parametrize("seed", [1, 2])
def test_mutated_answers_answer_only_their_own_request(gateway, oracle, recorder, alice, seed):
    choose = random.Random(seed)
    current = [b""]

    def answer(exchange):
        exchange.read_body()
        exchange.send(current[0])
        exchange.close()

    recorder.on("/public/mutated", answer)
    deadline = time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < deadline and count < 2000:
        current[0] = mutate(choose, choose.choice(ANSWERS))
        count += 1
        with gateway.client(8) as client:
            client.send(request("GET", "/public/mutated"))
            try:
                first = client.read()
            except (Closed, Truncated):
                first = None
            except WireError as error:
                raise AssertionError("%r became a broken answer: %s" % (current[0], error)) from None
            if first and first.complete:
                # Whatever it was, the connection is then good for a request of its own, or closed.
                client.send(request("GET", "/public/own-%d" % count))
                try:
                    second = client.read()
                    assert second.json()["target"] == "/public/own-%d" % count, current[0]
                except (Closed, ConnectionResetError):
                    pass
        own = gateway.fetch("GET", "/whose", alice.headers)
        assert own.status == 200 and own.json()["target"] == "/whose", (current[0], own)
    oracle.fresh_request_is_answered()
    assert count > 150 and gateway.process.poll() is None
    assert not [e for e in gateway.lines() if "killed by signal" in str(e)], "a worker trapped"


def test_aborts_at_every_byte(gateway, oracle, recorder, alice):
    """A client that leaves after each possible byte of a request, by reset and by close."""
    data = request("POST", "/aborted", {"Transfer-Encoding": "chunked", **alice.headers}, b"5\r\nhello\r\n0\r\n\r\n")
    for cut in range(len(data) + 1):
        for how in (Client.reset, Client.close):
            client = gateway.client()
            client.send(data[:cut])
            how(client)
    oracle.fresh_request_is_answered()
    for seen in recorder.seen("/aborted"):
        assert not seen.error and seen.all("x-user-id") == [alice.id]
    assert gateway.process.poll() is None


def test_aborts_while_everything_is_under_way(gateway, oracle, recorder, alice):
    """Many clients that leave at random moments of slow answers; nothing piles up."""
    choose = random.Random(3)
    recorder.on("/slow-answer", slow_answer)
    threads = []
    for number in range(200):
        client = gateway.client()
        client.send(request("GET", "/slow-answer", alice.headers))
        thread = threading.Timer(choose.random() * 0.4, leave, (client, number % 3))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    oracle.fresh_request_is_answered()
    for number in range(50):
        assert gateway.fetch("GET", "/own?%d" % number, alice.headers).json()["target"] == "/own?%d" % number
    recorder.on("/slow-answer", None)


def slow_answer(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n")
    for _ in range(20):
        time.sleep(0.015)
        exchange.send(b"0123456789")


def leave(client, how):
    if how == 0:
        client.reset()
    elif how == 1:
        client.close()
    else:
        try:
            client.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        client.close()
