"""WebSockets: authenticated at the handshake, for the own origin, then byte-exact."""

import os
import socket
import threading

import pytest

from harness.client import request
from harness.gateway import cpu_seconds, open_files, settle
from harness.users import COOKIE, register
from harness.websocket import echo_tunnel, frame, handshake, switch
from harness.wire import wait_until

pytestmark = pytest.mark.websocket


@pytest.fixture
def echo(gateway, recorder):
    """The path of an upstream that gives every byte of a tunnel back."""
    return recorder.on("/ws/echo", echo_tunnel)


def test_handshake_bears_identity_and_no_cookie(gateway, recorder, echo, alice):
    with handshake(gateway, echo, {**alice.headers, "Sec-WebSocket-Protocol": "a, b", "X-User-Id": "evil"}) as tunnel:
        assert tunnel.response.status == 101
        assert tunnel.response.get("upgrade").lower() == "websocket"
        assert "upgrade" in tunnel.response.get("connection").lower()
    seen = recorder.seen(echo)[-1]
    assert seen.all("x-user-id") == [alice.id] and not seen.all("cookie")
    assert seen.all("upgrade") == ["websocket"] and [v.lower() for v in seen.all("connection")] == ["upgrade"]
    assert seen.all("sec-websocket-version") == ["13"] and seen.all("sec-websocket-protocol") == ["a, b"]
    assert len(seen.all("sec-websocket-key")) == 1


@pytest.mark.parametrize("cookie", [None, COOKIE + "=bad", "a=b"])
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_handshake_without_session_is_401_before_any_upstream_byte(gateway, recorder, oracle, echo, cookie, accept):
    headers = {"Accept": accept, **({"Cookie": cookie} if cookie else {})}
    tunnel = handshake(gateway, echo, headers)
    assert tunnel.response.status == 401 and tunnel.response.get("www-authenticate")
    assert not oracle.check([tunnel.response])


@pytest.mark.parametrize("origin,status", [
    ("http://app.test", 101), (None, 101), ("http://evil.test", 403), ("null", 403), ("https://app.test", 101),
    ("http://app.test:81", 403), ("http://app.test.evil.test", 403), ("http://evilapp.test", 403), ("", 403),
    ("HTTP://APP.TEST", 101),
])
def test_only_the_own_origin_may_open_a_tunnel(gateway, oracle, recorder, echo, alice, origin, status):
    headers = dict(alice.headers)
    if origin is not None:
        headers["Origin"] = origin
    tunnel = handshake(gateway, echo, headers)
    tunnel.client.close()
    assert tunnel.response.status == status
    if status == 403:
        assert tunnel.response.json()["code"] in ("origin_not_allowed", "csrf_failed")
        assert not oracle.check([tunnel.response], [alice.id])


def test_origin_given_twice_opens_nothing(gateway, oracle, echo, alice):
    for origins in [("http://app.test", "http://evil.test"), ("http://app.test", "http://app.test")]:
        tunnel = handshake(gateway, echo, [*alice.headers.items(), *(("Origin", origin) for origin in origins)])
        tunnel.client.close()
        assert tunnel.response.status in (400, 403)
        assert not oracle.check([tunnel.response], [alice.id])


def test_other_origins_are_allowed_by_configuration(make_gateway):
    gateway = make_gateway(
        routes="route /* app user\nroute /ws app user {\nwebsocket on\norigins https://app.example.org\n}")
    gateway.recorder.on("/ws", echo_tunnel)
    user = register(gateway)
    for origin, status in (("https://app.example.org", 101), ("http://app.example.org", 403),
            ("http://app.test", 101)):
        tunnel = handshake(gateway, "/ws", {**user.headers, "Origin": origin})
        tunnel.client.close()
        assert tunnel.response.status == status, origin


@pytest.mark.parametrize("change", [
    {"Sec_WebSocket_Key": None}, {"Sec_WebSocket_Version": "777"}, {"Sec_WebSocket_Version": None},
    {"Connection": "keep-alive"},
    {"Sec_WebSocket_Key": "short"}, {"Sec_WebSocket_Key": "not base64 at all!!!!!!="}, {"Upgrade": "websockets"},
])
def test_invalid_handshake_opens_nothing(gateway, oracle, recorder, alice, change):
    recorder.on("/ws/never", switch_anyway)
    tunnel = handshake(gateway, "/ws/never", alice.headers, **change)
    assert tunnel.response.status in (400, 426, 502, 200), tunnel.response
    assert tunnel.response.status != 101
    oracle.fresh_request_is_answered()


def switch_anyway(exchange):
    exchange.send(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
    exchange.close()


@pytest.mark.parametrize("change,method,version", [
    ({}, "POST", "HTTP/1.1"), ({}, "GET", "HTTP/1.0"), ({"Content_Length": "5"}, "GET", "HTTP/1.1"),
])
def test_handshake_of_another_form_opens_nothing(gateway, oracle, recorder, alice, change, method, version):
    recorder.on("/ws/never", switch_anyway)
    early = b"hello" if change else b""
    tunnel = handshake(gateway, "/ws/never", alice.headers, early, method, version, **change)
    assert tunnel.response.status in (400, 405, 426, 502, 200)
    oracle.fresh_request_is_answered()


@pytest.mark.parametrize("change", [
    {"Upgrade": "WebSocket"}, {"Connection": "keep-alive, Upgrade"}, {"Connection": "upgrade"},
    {"Upgrade": "WEBSOCKET"},
])
def test_handshake_has_no_case(gateway, echo, alice, change):
    with handshake(gateway, echo, alice.headers, **change) as tunnel:
        assert tunnel.response.status == 101


def test_upgrade_on_another_route_is_refused(gateway, oracle, alice):
    tunnel = handshake(gateway, "/a", alice.headers)
    assert tunnel.response.status == 400
    assert not oracle.check([tunnel.response], [alice.id])


def test_tunnel_is_byte_exact(gateway, echo, alice):
    frames = [frame(b""), frame(b"x"), frame(os.urandom(125)), frame(os.urandom(126)), frame(os.urandom(65535)),
        frame(os.urandom(65536)),
              frame(os.urandom(1 << 20)), frame(b"a", 1, fin=False), frame(b"ping", 9), frame(b"b", 0),
              frame(b"", 10)]
    with handshake(gateway, echo, alice.headers) as tunnel:
        assert tunnel.response.status == 101
        for data in frames:
            assert tunnel.exchange(data) == data


def test_single_bytes_pass_at_once(gateway, echo, alice):
    with handshake(gateway, echo, alice.headers) as tunnel:
        for byte in frame(b"one by one"):
            tunnel.send(bytes([byte]))
            assert tunnel.exactly(1) == bytes([byte])


def test_bytes_behind_the_handshake_wait_for_the_switch(gateway, recorder, alice):
    """Early bytes are the tunnel's only once there is one."""
    early, first = frame(b"early"), b"from upstream"
    got = []

    def late_switch(exchange):
        exchange.socket.settimeout(0.3)
        try:
            got.append(exchange.socket.recv(1))
        except TimeoutError:
            got.append(None)
        switch(exchange, early=first)
        exchange.close()
        exchange.reader.timeout = 5
        got.append(exchange.reader.exactly(len(early)))

    recorder.on("/ws/early", late_switch)
    with handshake(gateway, "/ws/early", alice.headers, early) as tunnel:
        assert tunnel.response.status == 101 and tunnel.exactly(len(first)) == first
        assert tunnel.rest() == b""
    assert got == [None, early]


def test_end_of_either_side_reaches_the_other_after_all_bytes(gateway, recorder, alice):
    rest = []

    def count(exchange):
        switch(exchange)
        exchange.close()
        rest.append(len(exchange.reader.rest()))
        exchange.send(b"y" * 300_000)

    recorder.on("/ws/count", count)
    with handshake(gateway, "/ws/count", alice.headers) as tunnel:
        tunnel.send(b"x" * 500_000)
        tunnel.client.half_close()
        assert len(tunnel.rest()) in (0, 300_000)
    recorder.wait(lambda: rest, 5, "the end at the upstream")
    assert rest == [500_000]


def test_reset_of_the_client_ends_the_upstreams_side(gateway, recorder, alice):
    ended = threading.Event()

    def watch(exchange):
        switch(exchange)
        exchange.close()
        if exchange.closed_by_peer(5):
            ended.set()

    recorder.on("/ws/reset", watch)
    tunnel = handshake(gateway, "/ws/reset", alice.headers)
    assert tunnel.response.status == 101
    tunnel.client.reset()
    assert ended.wait(5)


def test_reset_of_the_upstream_ends_the_clients_side(gateway, recorder, alice):
    recorder.on("/ws/gone", lambda x: (switch(x), x.reset()))
    with handshake(gateway, "/ws/gone", alice.headers) as tunnel:
        assert tunnel.response.status == 101
        try:
            tunnel.rest()
        except ConnectionResetError:
            pass


def test_end_of_the_upstreams_side_leaves_the_clients_open(gateway, recorder, alice):
    rest = []

    def say_and_listen(exchange):
        switch(exchange)
        exchange.close()
        exchange.send(b"y" * 300_000)
        exchange.socket.shutdown(socket.SHUT_WR)
        exchange.reader.timeout = 5
        rest.append(len(exchange.reader.rest()))

    recorder.on("/ws/say", say_and_listen)
    with handshake(gateway, "/ws/say", alice.headers) as tunnel:
        assert len(tunnel.rest()) == 300_000
        tunnel.send(b"x" * 500_000)
        tunnel.client.half_close()
        recorder.wait(lambda: rest, 5, "what the client says afterwards")
    assert rest == [500_000]


def test_handshake_while_redis_is_away_is_503_before_any_upstream_byte(make_gateway, faulty):
    gateway = make_gateway(redis=faulty.url)
    gateway.recorder.on("/ws/a", echo_tunnel)
    user = register(gateway)
    faulty.set_mode("refuse")
    mark = gateway.recorder.mark()
    for headers, status in ((user.headers, 503), ({}, 401), ({"Cookie": COOKIE + "=bad"}, 401)):
        tunnel = handshake(gateway, "/ws/a", headers)
        tunnel.client.close()
        assert tunnel.response.status == status and not tunnel.response.all("set-cookie")
    assert not gateway.recorder.since(mark)
    faulty.heal()
    wait_until(lambda: handshake(gateway, "/ws/a", user.headers).response.status == 101, 3, "recovery", 0.05)


@pytest.mark.slow
def test_a_thousand_idle_tunnels_cost_little(make_gateway):
    gateway = make_gateway(upstream_options="max_connections 2000")
    held = []
    gateway.recorder.on("/ws/idle", lambda exchange: (switch(exchange), exchange.close(), held.append(exchange)))
    user, tunnels = register(gateway), []

    def open_to(count):
        while len(tunnels) < count:
            tunnels.append(handshake(gateway, "/ws/idle", user.headers))
            assert tunnels[-1].response.status == 101, len(tunnels)

    open_to(100)
    before, [pid] = gateway.memory(), gateway.workers()
    open_to(1000)
    assert (gateway.memory() - before) / 900 < 16 << 10, "bytes of an idle tunnel"
    busy = cpu_seconds(pid)
    settle(1.0)
    assert cpu_seconds(pid) - busy < 0.1, "idle tunnels keep the loop busy"
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    for tunnel in tunnels:
        tunnel.client.close()
    wait_until(lambda: open_files(pid) < 300, 10, "the end of all tunnels")


def test_slow_tunnel_reader_stops_the_other_side(gateway, recorder, alice):
    sent = [0]

    def flood(exchange):
        switch(exchange)
        exchange.close()
        exchange.socket.settimeout(1)
        try:
            while sent[0] < 256 << 20:
                sent[0] += exchange.socket.send(b"z" * 65536)
        except TimeoutError:
            pass

    recorder.on("/ws/flood", flood)
    before = gateway.memory()
    with handshake(gateway, "/ws/flood", alice.headers) as tunnel:
        assert tunnel.response.status == 101
        recorder.wait(lambda: sent[0] > 0)
        settle(1.0)
        assert gateway.memory() - before < 8 << 20 and sent[0] < 64 << 20


def test_tunnel_of_frames_has_an_idle_limit(make_gateway):
    gateway = make_gateway(timeouts="header 2s\nwebsocket_idle 1s")
    gateway.recorder.on("/ws/idle", echo_tunnel)
    user = register(gateway)
    with handshake(gateway, "/ws/idle", user.headers) as tunnel:
        assert tunnel.response.status == 101
        for _ in range(4):
            settle(0.5)
            tunnel.send(frame(b"alive"))
            tunnel.exactly(len(frame(b"alive")))
        assert tunnel.close_code() == 1001


def test_number_of_tunnels_has_a_limit(make_gateway):
    gateway = make_gateway(limits="websockets 3\nconnections_per_ip 20000")
    gateway.recorder.on("/ws/many", echo_tunnel)
    user = register(gateway)
    tunnels = [handshake(gateway, "/ws/many", user.headers) for _ in range(3)]
    assert [t.response.status for t in tunnels] == [101] * 3
    fourth = handshake(gateway, "/ws/many", user.headers)
    assert fourth.response.status == 503
    tunnels[0].client.close()
    def opens():
        again = handshake(gateway, "/ws/many", user.headers)
        again.client.close()
        return again.response.status == 101

    wait_until(opens, 5, "room for another tunnel", 0.1)
    for tunnel in tunnels[1:]:
        tunnel.client.close()


def test_connection_of_a_tunnel_serves_nobody_else(gateway, oracle, recorder, echo, alice):
    with handshake(gateway, echo, alice.headers) as tunnel:
        assert tunnel.response.status == 101
        tunnel.send(request("GET", "/smuggled", alice.headers))
        assert tunnel.exactly(20) == request("GET", "/smuggled", alice.headers)[:20]
    settle(0.1)
    assert not [r for r in oracle.seen() if r.target == "/smuggled"]
    oracle.fresh_request_is_answered()


def test_tunnel_has_two_access_lines(gateway, echo, alice):
    with handshake(gateway, echo + "?log", alice.headers) as tunnel:
        tunnel.send(b"12345")
        tunnel.exactly(5)
    lines = lambda: [e for e in gateway.lines("access") if e.get("path") == echo and e.get("query") == "log"]
    wait_until(lambda: len(lines()) >= 2, 5, "the second line")
