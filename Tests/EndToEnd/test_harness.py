"""The tools themselves: a suite that cannot see a fault proves nothing."""

import contextlib
import hashlib
import os
import socket
import threading
from types import SimpleNamespace

import pytest

from harness import wire
from harness.client import Client, request
from harness.oracle import Oracle, check_request
from harness.redis_proxy import FaultyRedis
from harness.redis_server import Connection, RedisError, encode, parse_value
from harness.wire import Truncated, WireError

pytestmark = pytest.mark.harness


@pytest.fixture
def upstream(make_recorder):
    return make_recorder()


def connect(recorder, timeout=2.0):
    return Client(("127.0.0.1", recorder.port), timeout)


def test_recorder_keeps_exact_bytes_and_answers_them(upstream):
    sent = request("POST", "/a?b=c", [("X-A", "1"), ("x-a", "2")], b"hello")
    with connect(upstream) as client:
        answer = client.exchange(sent)
    seen = upstream.since()[0]
    assert seen.raw + seen.body == sent
    assert seen.complete and seen.framing == "length"
    assert answer.json()["target"] == "/a?b=c" and answer.recorded == seen.number
    assert seen.all("x-a") == ["1", "2"]


def test_recorder_reads_chunks(upstream):
    with connect(upstream) as client:
        body = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
        answer = client.exchange(request("POST", "/", {"Transfer-Encoding": "chunked"}, body))
    assert answer.json()["sha256"] == hashlib.sha256(b"hello world").hexdigest()


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n\r\n",
])
def test_recorder_marks_broken_grammar(upstream, data):
    with connect(upstream) as client:
        client.send(data)
        assert client.at_end()
    assert upstream.since()[0].error


def test_recorder_marks_partial_requests(upstream):
    with connect(upstream) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        upstream.wait(lambda: upstream.requests and upstream.requests[0].body_length == 3)
    upstream.wait(lambda: upstream.count_open() == 0)
    seen = upstream.since()[0]
    assert not seen.complete and not seen.error


@pytest.mark.parametrize("data", [
    b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 99 X\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nNoColon\r\n\r\n", b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\n\r\n",
])
def test_client_refuses_broken_answers(upstream, data):
    upstream.on("/", lambda exchange: exchange.send(data))
    with connect(upstream) as client, pytest.raises(WireError):
        client.exchange(request("GET", "/"))


def test_client_tells_truncated_answers(upstream):
    def half(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        exchange.close()

    upstream.on("/", half)
    with connect(upstream) as client:
        assert not client.exchange(request("GET", "/")).complete


def test_client_keeps_informational_answers(upstream):
    upstream.on("/", lambda x: x.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + x.reply_bytes()))
    with connect(upstream) as client:
        answer = client.exchange(request("GET", "/"))
    assert [i.status for i in answer.informational] == [103] and answer.status == 200


def test_reader_tells_the_end_within_a_message():
    left, right = socket.socketpair()
    with left, right:
        right.sendall(b"abc")
        right.shutdown(socket.SHUT_WR)
        with pytest.raises(Truncated):
            wire.Reader(left, 1).until(b"\r\n")


class Relay:
    """A proxy that knows nothing: bytes of all clients go over one connection, with what `rewrite` makes of them."""

    def __init__(self, port, rewrite=lambda data: data):
        self.port, self.rewrite = port, rewrite
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.upstream = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                with contextlib.suppress(OSError), sock:
                    self.upstream.sendall(self.rewrite(sock.recv(65536)))
                    sock.sendall(self.upstream.recv(65536))

    def stop(self):
        self.listener.close()
        self.upstream.close()


def relayed(upstream, cleanup, rewrite=lambda data: data):
    relay = cleanup.add(Relay(upstream.port, rewrite))
    return relay, Oracle(SimpleNamespace(address=relay.address), upstream)


def through(relay, data):
    with Client(relay.address, 2) as client:
        client.send(data)
        return client.read_until_closed()


def test_oracle_accepts_a_clean_exchange(upstream, cleanup):
    relay, oracle = relayed(upstream, cleanup)
    responses = through(relay, request("GET", "/a"))
    assert len(oracle.check(responses)) == 1


def test_oracle_finds_a_smuggled_request(upstream, cleanup):
    relay, oracle = relayed(upstream, cleanup)
    smuggled = request("GET", "/smuggled")
    responses = through(relay, request("GET", "/a") + smuggled)
    with pytest.raises(AssertionError):
        oracle.check(responses[:1])


def test_oracle_finds_a_poisoned_connection(upstream, cleanup):
    relay, oracle = relayed(upstream, cleanup)
    responses = through(relay, request("GET", "/a"))
    upstream.push(b"HTTP/1.1 200 OK\r\nX-Recorder: 1\r\nContent-Length: 2\r\n\r\n{}")
    with pytest.raises((AssertionError, KeyError)):
        oracle.check(responses)


@pytest.mark.parametrize("headers,identities", [
    ([("X-User-Id", "evil")], []), ([("X-User-Id", "u1")], ["u2"]),
    ([("X-User-Id", "u1"), ("x-user-id", "u1")], ["u1"]), ([("X_User_Id", "u1")], ["u1"]),
    ([("X-User-Name", "a")], []), ([("X.Any", "a")], []),
])
def test_oracle_finds_wrong_identities(upstream, headers, identities):
    with connect(upstream) as client:
        client.exchange(request("GET", "/", headers))
    with pytest.raises(AssertionError):
        check_request(upstream.since()[0], identities)


@pytest.mark.parametrize("value", [
    b"+OK\r\n", b":12\r\n", b"$3\r\na\r\n\r\n", b"$-1\r\n", b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", b"-ERR x\r\n",
])
def test_resp_is_parsed_only_whole(value):
    for cut in range(len(value)):
        assert parse_value(bytearray(value[:cut])) is None
    assert parse_value(bytearray(value + b"+more\r\n"))[1] == len(value)


def test_redis_server_survives_a_kill_with_its_data(make_redis):
    server = make_redis()
    server("SET", "a", "1")
    server("CONFIG", "SET", "appendfsync", "always")
    server("SET", "b", "2")
    server.kill()
    with pytest.raises(OSError):
        server("PING")
    server.restart()
    assert server("GET", "b") == b"2"


def test_redis_watch_sees_commands(make_redis):
    server = make_redis()
    with server.watched() as seen:
        server("GET", "needle")
    assert any("needle" in line for line in seen)


def test_faulty_redis_passes_lies_and_hangs_up(make_redis, cleanup):
    faulty = cleanup.add(FaultyRedis(make_redis()))
    connection = Connection(("127.0.0.1", faulty.port))
    assert connection("SET", "a", "1") == b"OK" and connection("GET", "a") == b"1"
    faulty.on_reply = lambda words, reply: b"-LOADING soon\r\n" if words[0] == b"GET" else None
    with pytest.raises(RedisError):
        connection("GET", "a")
    faulty.on_reply = lambda words, reply: "hangup"
    with pytest.raises(ConnectionError):
        connection("GET", "a")
    faulty.heal()
    assert Connection(("127.0.0.1", faulty.port))("GET", "a") == b"1"
    faulty.set_mode("refuse")
    with pytest.raises(OSError):
        Connection(("127.0.0.1", faulty.port))
    faulty.set_mode("pass")
    assert Connection(("127.0.0.1", faulty.port))("GET", "a") == b"1"
    assert encode("GET", "a") == b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"


def test_recorder_on_a_unix_socket(make_recorder, tmp_path):
    upstream = make_recorder(path=str(tmp_path / "up.sock"))
    with Client(upstream.path) as client:
        assert client.exchange(request("GET", "/x")).json()["target"] == "/x"
    upstream.stop()
    assert not os.path.exists(upstream.path)
