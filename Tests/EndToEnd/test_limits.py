"""Sizes and times: every limit is enforced, with the right status, and the rest go on being served."""

import resource
import socket
import statistics
import threading
import time

import pytest

from harness.cases import closed_whatever, exchanged, forwarded, refused
from harness.client import Client, request
from harness.gateway import cpu_seconds, open_files, settle
from harness.users import register
from harness.wire import wait_until

pytestmark = pytest.mark.limits


@pytest.mark.parametrize("extra,status", [(-200, 200), (1, 431), (1 << 20, 431)])
def test_head_has_a_size(gateway, oracle, extra, status):
    padding = 16_384 - 100 + extra
    data = request("GET", "/public/a", [("X-P%d" % n, "v" * 1000) for n in range(padding // 1010)])
    if status == 200:
        forwarded(gateway, oracle, data)
    else:
        refused(gateway, oracle, request("GET", "/public/a", {"X-Long": "v" * (16_384 + extra)}), (431,))


def test_head_has_a_number_of_fields(gateway, oracle):
    forwarded(gateway, oracle, request("GET", "/public/a", [("X-%d" % n, "") for n in range(95)]))
    refused(gateway, oracle, request("GET", "/public/a", [("X-%d" % n, "") for n in range(101)]), (431,))


@pytest.mark.parametrize("data,status,said", [
    (request("GET", "/" + "a" * 9_000), 414, "address is longer"),
    (request("GET", "/public/a", {"X-Long": "v" * 17_000}), 431, "header is larger"),
    (request("GET", "/public/a", {"Expect": "wonders"}), 417, "expectation"),
    (b"GET /public/a HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version of HTTP"),
])
def test_refusal_says_which_limit_it_was(gateway, data, status, said):
    with gateway.client() as client:
        response = client.exchange(data)
    assert response.status == status and said in response.json()["detail"], response


@pytest.mark.parametrize("length,status", [(8_000, 200), (8_200, 414), (70_000, 414)])
def test_target_has_a_length(gateway, oracle, length, status):
    target = "/public/" + "a" * (length - 8)
    if status == 200:
        forwarded(gateway, oracle, request("GET", target))
    else:
        refused(gateway, oracle, request("GET", target), (414,))


def test_target_that_never_ends(gateway, oracle):
    refused(gateway, oracle, b"GET /" + b"a" * (1 << 20), (414, 431))


def test_field_that_never_ends(gateway, oracle):
    refused(gateway, oracle, b"GET /public/a HTTP/1.1\r\nHost: a\r\nX: " + b"a" * (1 << 20), (431,))


def test_many_tiny_fields(gateway, oracle):
    refused(gateway, oracle, b"GET /public/a HTTP/1.1\r\nHost: a\r\n" + b"a:\r\n" * 200_000, (431,))


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_body_has_a_size(gateway, oracle, framing):
    within, beyond = b"x" * 1024, b"x" * 1025

    def data(body):
        if framing == "length":
            return request("POST", "/small/a", {}, body)
        return request("POST", "/small/a", {"Transfer-Encoding": "chunked"},
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    assert forwarded(gateway, oracle, data(within), ["POST"])[0].body == within
    with gateway.client() as client:
        client.send(data(beyond))
        response = client.read("POST")
    assert response.status == 413 and response.json()["code"] == "body_too_large"
    oracle.check([response], partial=1)


def test_body_of_the_default_size_and_beyond(gateway, oracle):
    refused_early = request("POST", "/public/a", {"Content-Length": str((10 << 20) + 1)})
    with gateway.client() as client:
        client.send(refused_early)
        assert client.read("POST").status == 413
    assert not oracle.check([])


@pytest.mark.parametrize("length", ["9223372036854775807", "4611686018427387904", "999999999999999999"])
def test_length_at_the_edge_of_integers(gateway, oracle, length):
    with gateway.client() as client:
        client.send(request("POST", "/public/a", {"Content-Length": length}))
        assert client.read("POST").status in (400, 413)
    oracle.check([])


def test_unbounded_route_takes_any_length(gateway, recorder, alice):
    client = gateway.client()
    client.send(request("POST", "/big/a", {"Content-Length": "999999999999999"}))
    client.send(b"x" * 1000)
    seen = recorder.wait_for("/big/a")[-1]
    recorder.wait(lambda: seen.body_length == 1000)
    client.close()


# Time.

@pytest.mark.parametrize("data", [b"", b"G", b"GET /public/a HTTP/1.1\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nX: "])
def test_head_that_does_not_come(gateway, oracle, data):
    started = time.monotonic()
    with gateway.client(8) as client:
        client.send(data)
        responses = client.read_until_closed()
    took = time.monotonic() - started
    assert 1.5 < took < 6, took
    assert [r.status for r in responses] == [408] or not data and not responses
    oracle.check(responses)


def test_head_that_drips(gateway, oracle):
    """One byte now and then does not buy time."""
    started = time.monotonic()
    with gateway.client(8) as client:
        data = request("GET", "/public/a", {"X": "y" * 500})
        for index in range(len(data)):
            settle(0.1)
            if not client.send(data[index:index + 1]) or time.monotonic() - started > 7:
                break
        responses = client.read_until_closed()
    assert [r.status for r in responses] in ([408], []) and time.monotonic() - started < 6
    oracle.check(responses)


def test_body_that_drips_may_go_on(gateway, recorder, alice):
    """A body has no total limit while bytes move."""
    with gateway.client(8) as client:
        client.send(request("POST", "/drip", {"Content-Length": "8", **alice.headers}))
        for _ in range(8):
            settle(0.4)
            client.send(b"x")
        assert client.read("POST").status == 200


def test_idle_connection_is_closed_without_an_answer(make_gateway):
    gateway = make_gateway(timeouts="header 2s\nkeepalive 1s")
    with gateway.client(6) as client:
        assert client.exchange(request("GET", "/public/a")).status == 200
        started = time.monotonic()
        assert client.at_end()
        assert 0.7 < time.monotonic() - started < 4


def test_answer_that_nobody_reads(make_gateway):
    gateway = make_gateway(timeouts="header 2s\nwrite_idle 1s")
    ended = threading.Event()

    def flood(exchange):
        exchange.close()
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                exchange.send(b"x" * 65536)
        except OSError:
            ended.set()

    gateway.recorder.on("/public/unread", flood)
    with gateway.client(10) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(request("GET", "/public/unread"))
        assert ended.wait(8), "the upstream still sends to nobody"


@pytest.mark.slow
def test_slow_clients_leave_room_for_others(gateway, alice):
    """Many connections that send next to nothing; a good client does not notice."""
    slow = []
    try:
        for _ in range(600):
            sock = socket.create_connection(gateway.address)
            sock.sendall(b"GET /public/a HTTP/1.1\r\nHost: a\r\nX: ")
            slow.append(sock)
        times = []
        for _ in range(150):
            started = time.monotonic()
            assert gateway.fetch("GET", "/a", alice.headers).status == 200
            times.append(time.monotonic() - started)
        assert statistics.quantiles(times, n=20)[-1] < 0.1, times
    finally:
        for sock in slow:
            sock.close()


# Numbers.

def test_connections_of_one_address_are_limited(make_gateway):
    gateway = make_gateway(limits="connections_per_ip 10")
    clients = [gateway.client() for _ in range(10)]
    for client in clients:
        assert client.exchange(request("GET", "/public/a")).status == 200
    extra = gateway.client()
    extra.send(request("GET", "/public/a"))
    assert [r.status for r in extra.read_until_closed()] in ([], [503])
    other = gateway.client(source=("127.0.0.9", 0))
    assert other.exchange(request("GET", "/public/a")).status == 200
    clients[0].close()

    def served():
        with gateway.client() as client:
            client.send(request("GET", "/public/a"))
            return [r for r in client_answers(client) if r.status == 200]

    wait_until(served, 5, "room for one more")
    for client in [*clients, extra, other]:
        client.close()


def client_answers(client):
    """The answer, if the gateway took the connection."""
    try:
        return [client.read()]
    except Exception:
        return []


def test_queue_that_the_kernel_makes_shorter_is_told(make_gateway):
    with open("/proc/sys/net/core/somaxconn") as file:
        limit = int(file.read())
    gateway = make_gateway(start=False)
    gateway.write(listen="127.0.0.1:%d { backlog %d }" % (gateway.port, min(limit, 65_535)))
    gateway.start()
    assert "somaxconn" not in gateway.log()
    if limit < 65_535:
        gateway.write(listen="127.0.0.1:%d { backlog 65535 }" % gateway.port)
        assert gateway.reload().returncode == 0
        line = gateway.wait_line(lambda e: "somaxconn" in e)
        assert (line["level"], line["somaxconn"], line["backlog"]) == ("warning", limit, 65_535)


def test_connections_are_limited(make_gateway):
    gateway = make_gateway(limits="connections 20\nconnections_per_ip 20000")
    clients = []
    for _ in range(20):
        client = gateway.client()
        assert client.exchange(request("GET", "/public/a")).status == 200
        clients.append(client)
    extra = gateway.client()
    extra.send(request("GET", "/public/a"))
    assert [r.status for r in extra.read_until_closed()] in ([], [503])
    clients.pop().close()
    wait_until(lambda: client_answers_to(gateway), 5, "room for one more")
    for client in clients:
        client.close()


def client_answers_to(gateway):
    with gateway.client() as client:
        client.send(request("GET", "/public/a"))
        return client_answers(client)


def test_out_of_descriptors_is_waited_out(make_gateway):
    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

    gateway = make_gateway(preexec=few_files)
    user = register(gateway)
    idle = []
    for _ in range(400):
        idle.append(socket.create_connection(gateway.address, 2))
    before = sum(cpu_seconds(p) for p in gateway.workers())
    settle(1.0)
    assert sum(cpu_seconds(p) for p in gateway.workers()) - before < 0.4, "a busy loop"
    for sock in idle:
        sock.close()
    wait_until(lambda: served(gateway, user), 8, "service after the crowd")


def served(gateway, user):
    try:
        return gateway.fetch("GET", "/a", user.headers, timeout=2).status == 200
    except OSError:
        return False


def test_connections_that_reset_at_once(gateway, oracle):
    for _ in range(1000):
        client = Client(gateway.address)
        client.reset()
    oracle.fresh_request_is_answered()


def test_no_descriptor_is_lost(gateway, oracle, recorder, alice):
    def round_of_everything():
        exchanged(gateway, oracle, request("GET", "/a", alice.headers), identities=[alice.id])
        for data in (b"garbage\r\n\r\n", request("GET", "/public/a")[:20],
                request("POST", "/a", {"Content-Length": "10"})):
            with gateway.client() as client:
                client.send(data)
                client.reset()
        closed_whatever(gateway, oracle, b"x y z\r\n\r\n")

    for _ in range(5):
        round_of_everything()
    recorder.close_connections()
    pid = gateway.workers()[0]
    settle(0.3)
    before = open_files(pid)
    for _ in range(40):
        round_of_everything()
    recorder.close_connections()
    wait_until(lambda: open_files(pid) <= before + 5, 5, "%d descriptors again" % before)
