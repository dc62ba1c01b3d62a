"""The end of a session is the end of what is open in its name: on every worker and gateway, and at once."""

import json
import os
import select
import struct
import subprocess
import threading
import time
from random import Random

import pytest

from harness.client import Client, request
from harness.gateway import binary, settle
from harness.users import JSON, PASSWORD, cookie_of, log_in, login, register
from harness.websocket import frame, handshake, read_frame, switch
from harness.wire import wait_until

pytestmark = pytest.mark.revocation

ENDED = 4001


class Origin:
    """An upstream whose tunnels and streams stay open until the test says otherwise."""

    def __init__(self, recorder):
        self.exchanges, self.frames, self.go_on = {}, {}, threading.Event()
        recorder.on("/ws/open", self.tunnel)
        for path, framing in (("/stream", "chunked"), ("/until-close", "close"), ("/public/stream", "chunked"),
                ("/optional/stream", "chunked")):
            recorder.on(path, lambda exchange, framing=framing: self.stream(exchange, framing))
        recorder.on("/length", self.length)
        recorder.on("/late", self.late)
        recorder.on("/late-stream", lambda exchange: self.late(exchange, "chunked"))
        recorder.on("/ws/late", self.late_tunnel)

    def note(self, exchange):
        exchange.close()
        self.exchanges.setdefault(exchange.request.target, []).append(exchange)

    def tunnel(self, exchange):
        switch(exchange)
        self.note(exchange)
        frames = self.frames.setdefault(exchange.request.target, [])
        exchange.reader.timeout = 30
        try:
            while True:
                frames.append(read_frame(exchange.reader))
        finally:
            frames.append(None)

    def stream(self, exchange, framing):
        head = {"chunked": "Transfer-Encoding: chunked", "close": "Connection: close"}[framing]
        body = b"5\r\nfirst\r\n" if framing == "chunked" else b"first"
        exchange.send(("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%s\r\n\r\n" % head).encode() + body)
        self.note(exchange)
        exchange.closed_by_peer(20)

    def length(self, exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nX-Recorder: %d\r\nContent-Length: 10\r\n\r\nfirst" % exchange.request.number)
        self.note(exchange)
        self.go_on.wait(20)
        exchange.send(b"later")

    def late(self, exchange, framing="length"):
        self.note(exchange)
        self.go_on.wait(20)
        exchange.reply(body=b"at last", framing=framing)

    def late_tunnel(self, exchange):
        self.note(exchange)
        self.go_on.wait(20)
        switch(exchange)
        exchange.closed_by_peer(20)

    def heard(self):
        """The frames on /ws/open, and None for each end."""
        return self.frames.get("/ws/open", [])

    def last(self, target):
        return wait_until(lambda: self.exchanges.get(target), 5, "a request for " + target)[-1]


@pytest.fixture
def origin(recorder):
    return Origin(recorder)


@pytest.fixture
def user(gateway):
    return register(gateway)


def logout(user, gateway=None, **fields):
    response = (gateway or user.gateway).fetch(
        "POST", "/_auth/logout", {**user.headers, **JSON}, ("{%s}" % ",".join(
            '"%s":%s' % (name, str(value).lower()) for name, value in fields.items())).encode())
    assert response.status == 204, response


def open_tunnel(user, gateway=None, target="/ws/open"):
    tunnel = handshake(gateway or user.gateway, target, user.headers)
    assert tunnel.response.status == 101, tunnel.response
    return tunnel


def echoes(origin, tunnel, target="/ws/open"):
    """Whether the tunnel still takes a frame to the origin."""
    mark = b"alive %d" % time.monotonic_ns()
    tunnel.send(frame(mark))
    return wait_until(
        lambda: any(f and f[1] == mark for f in origin.frames.get(target, ())), 3, "a frame through the tunnel")


def ask(gateway, user, target, method="GET"):
    """Sends a request whose answer is still to come."""
    client = gateway.client(10)
    client.send(request(method, target, user.headers))
    return client


# WebSockets


def test_logout_closes_the_sockets_of_the_session_with_4001(gateway, origin, user):
    first, second = open_tunnel(user), open_tunnel(user)
    logout(user)
    started = time.monotonic()
    assert first.close_code() == ENDED and second.close_code() == ENDED
    assert time.monotonic() - started < 1
    frames = wait_until(lambda: len(origin.heard()) >= 4 and origin.heard(), 3, "the ends")
    closes = [f for f in frames if f]
    assert [(opcode, struct.unpack(">H", text[:2])[0], masked) for opcode, text, masked in closes] == [(8, 1001, True)] * 2
    line = gateway.wait_line(lambda e: e.get("end") == "revoked" and e.get("user") == user.id, "access")
    assert line["status"] == 101


def test_other_sessions_and_other_users_stay(gateway, origin, user):
    other, elsewhere = register(gateway), log_in(gateway, user.name)
    ended, kept, foreign = open_tunnel(user), open_tunnel(elsewhere), open_tunnel(other)
    logout(user)
    assert ended.close_code() == ENDED
    assert echoes(origin, kept) and echoes(origin, foreign)
    kept.client.close()
    foreign.client.close()


def test_logout_everywhere_closes_all_of_the_user(gateway, origin, user):
    elsewhere = log_in(gateway, user.name)
    tunnels = [open_tunnel(user), open_tunnel(elsewhere)]
    logout(user, everywhere=True)
    assert [t.close_code() for t in tunnels] == [ENDED, ENDED]


def test_an_evicted_session_loses_its_sockets(make_gateway):
    gateway = make_gateway(sessions="\nsessions_per_user 1 evict oldest")
    Origin(gateway.recorder)
    user = register(gateway)
    tunnel = open_tunnel(user)
    log_in(gateway, user.name)
    assert tunnel.close_code() == ENDED


@pytest.mark.parametrize("payload", [10, 200, 70_000])
@pytest.mark.parametrize("cut", [1, 3, 9])
def test_a_frame_on_its_way_down_is_not_cut_into(gateway, origin, user, payload, cut):
    tunnel = open_tunnel(user)
    message = frame(b"x" * payload, masked=False)
    exchange = origin.last("/ws/open")
    exchange.send(message[:cut])
    assert tunnel.exactly(cut) == message[:cut]
    ender = threading.Thread(target=logout, args=(user,))
    ender.start()
    wait_until(lambda: any(f and f[0] == 8 for f in origin.heard()), 3, "the origin's Close frame")
    push(exchange, message[cut:])
    rest = tunnel.rest()
    whole = message[cut:] + rest[len(message) - cut:]
    # The frame has 50 ms to end in; where this process is slower than that, it is cut and nothing stands behind it.
    assert rest == whole and whole[len(message) - cut:][2:4] == struct.pack(">H", ENDED) or message[cut:].startswith(rest)
    ender.join()


def test_a_frame_on_its_way_up_is_not_cut_into(gateway, origin, user):
    tunnel = open_tunnel(user)
    message = frame(b"y" * 5000)
    tunnel.send(message[:100])
    settle(0.05)
    logout(user)
    opcode, payload, _ = tunnel.read_frame()
    assert opcode == 8 and payload[:2] == struct.pack(">H", ENDED)
    tunnel.send(message[100:])
    frames = wait_until(lambda: None in origin.heard() and origin.heard(), 3, "the end")
    assert [f[0] for f in frames if f] in ([2, 8], []), "a whole frame and a Close, or neither"


def test_a_frame_that_gets_stuck_does_not_keep_the_socket_open(gateway, origin, user):
    tunnel = open_tunnel(user)
    origin.last("/ws/open").send(frame(b"x" * 1000, masked=False)[:500])
    assert len(tunnel.exactly(500)) == 500
    logout(user)
    started = time.monotonic()
    assert tunnel.rest() == b""
    assert time.monotonic() - started < 1


def test_a_client_that_does_not_read_is_cut_all_the_same(gateway, origin, user):
    tunnel = open_tunnel(user)
    exchange = origin.last("/ws/open")
    flood = threading.Thread(target=push_until_closed, args=(exchange, frame(b"z" * 60_000, masked=False)))
    flood.start()
    settle(0.3)
    logout(user)
    flood.join(5)
    assert not flood.is_alive()
    tunnel.client.close()


def push(exchange, data):
    try:
        exchange.send(data)
    except OSError:
        pass


def push_until_closed(exchange, data):
    try:
        while True:
            exchange.send(data)
    except OSError:
        pass


def test_a_close_frame_of_the_origin_is_the_only_one(gateway, origin, user):
    tunnel = open_tunnel(user)
    origin.last("/ws/open").send(frame(b"\x03\xe8", opcode=8, masked=False))
    assert tunnel.read_frame() == (8, b"\x03\xe8", False)
    logout(user)
    assert tunnel.rest() == b""


# Streams and other answers


@pytest.mark.parametrize("path", ["/stream", "/optional/stream"])
def test_streams_end_without_their_last_chunk(gateway, origin, user, path):
    client = ask(gateway, user, path)
    response = client.read_head()
    assert client.reader.until(b"first\r\n")
    logout(user)
    client.read_body(response)
    assert not response.complete
    assert gateway.wait_line(lambda e: e.get("end") == "revoked" and e.get("path") == path, "access")


def test_an_answer_that_ends_with_its_connection_is_reset(gateway, origin, user):
    client = Client(gateway.address, 5)
    client.send(request("GET", "/until-close", user.headers, version="HTTP/1.0"))
    assert client.reader.until(b"first")
    logout(user)
    with pytest.raises(ConnectionResetError):
        while client.reader.fill():
            pass


def test_a_stream_that_nobody_reads_is_cut_all_the_same(gateway, origin, user):
    client = ask(gateway, user, "/stream")
    exchange = origin.last("/stream")
    flood = threading.Thread(target=push_until_closed, args=(exchange, b"ea60\r\n%s\r\n" % (b"z" * 60_000)))
    flood.start()
    settle(0.3)
    logout(user)
    flood.join(2)
    assert not flood.is_alive()
    assert gateway.wait_line(lambda e: e.get("end") == "revoked" and e.get("user") == user.id, "access", 2)
    client.close()


def test_answers_with_a_length_come_to_their_end(gateway, origin, user):
    client = ask(gateway, user, "/length")
    response = client.read_head()
    logout(user)
    settle(0.1)
    origin.go_on.set()
    client.read_body(response)
    assert response.complete and response.body == b"firstlater"


def test_what_is_public_stays_open(gateway, origin, user):
    client = ask(gateway, user, "/public/stream")
    client.read_head()
    assert client.reader.until(b"first\r\n")
    logout(user)
    settle(0.1)
    origin.last("/public/stream").send(b"4\r\nmore\r\n0\r\n\r\n")
    assert client.reader.until(b"more\r\n0\r\n\r\n")


@pytest.mark.parametrize("path,status", [("/late", 200), ("/late-stream", 401)])
def test_an_answer_that_is_waited_for_is_judged_when_it_begins(gateway, origin, user, path, status):
    client = ask(gateway, user, path)
    origin.last(path)
    logout(user)
    settle(0.05)
    origin.go_on.set()
    assert client.read().status == status


def test_a_handshake_on_its_way_opens_nothing_any_more(gateway, origin, user):
    results = []
    opener = threading.Thread(target=lambda: results.append(handshake(gateway, "/ws/late", user.headers)))
    opener.start()
    origin.last("/ws/late")
    logout(user)
    settle(0.05)
    origin.go_on.set()
    opener.join()
    assert results[0].response.status == 401


# Every worker, every gateway


def test_every_worker_of_every_gateway_hears_of_it(make_gateway, make_recorder):
    recorder = make_recorder()
    Origin(recorder)
    key = "key_file %s"
    first = make_gateway(workers=2, recorder=recorder)
    second = make_gateway(
        workers=2, recorder=recorder, redis=first.options["redis"], session=key % (first.directory + "/state/session.key"),
        wait="redis")
    user = register(first)
    tunnels = [open_tunnel(user, gateway) for gateway in (first, second) for _ in range(20)]
    logout(user, second)
    assert {t.close_code() for t in tunnels} == {ENDED}


@pytest.mark.slow
def test_a_thousand_sockets_on_two_gateways_close_within_100_ms(make_gateway, cleanup, tmp_path, record_property):
    application = cleanup.add(EchoApplication(str(tmp_path / "echo.sock")))
    limits = {"limits": "connections 20000\nconnections_per_ip 20000\nwebsockets 5000"}
    first = make_gateway(workers=2, upstream=application.address, upstream_options="max_connections 2000", **limits)
    second = make_gateway(
        workers=2, upstream=application.address, upstream_options="max_connections 2000",
        redis=first.options["redis"], session="key_file %s/state/session.key" % first.directory, **limits)
    times = []
    for _ in range(3):
        user = register(first)
        tunnels = [open_tunnel(user, gateway, "/ws") for _ in range(500) for gateway in (first, second)]
        times.append(time_to_close(tunnels, user))
        for tunnel in tunnels:
            tunnel.client.close()
    record_property("seconds", times)
    print("logout to the last of 1,000 Close frames: " + ", ".join("%.0f ms" % (t * 1000) for t in times))
    # What a debug build takes says nothing but that all of them are closed.
    assert min(times) < (1 if "/debug/" in binary() else 0.1), times


class EchoApplication:
    """`gatehouse echo`, whose /ws costs this process nothing."""

    def __init__(self, path):
        self.address = "unix:" + path
        self.process = subprocess.Popen([binary(), "echo", "--quiet", "--listen", self.address])
        wait_until(lambda: os.path.exists(path), 5, "the application")

    def stop(self):
        self.process.kill()
        self.process.wait()


def time_to_close(tunnels, user):
    """Seconds from the sending of the logout until the last tunnel has its Close frame."""
    poll = select.epoll()
    open_ones = {}
    for tunnel in tunnels:
        tunnel.client.socket.setblocking(False)
        open_ones[tunnel.client.socket.fileno()] = tunnel.client.socket
        poll.register(tunnel.client.socket, select.EPOLLIN)
    with user.gateway.client() as client:
        started = time.monotonic()
        client.send(request("POST", "/_auth/logout", {**user.headers, **JSON}, b"{}"))
        while open_ones and time.monotonic() - started < 5:
            for number, _ in poll.poll(0.1, 1000):
                if (sock := open_ones.pop(number, None)) is not None:
                    data = sock.recv(200)
                    assert data[0] == 0x88 and data[2:4] == struct.pack(">H", ENDED), data
                    poll.unregister(number)
        elapsed = time.monotonic() - started
        assert not open_ones, "%d sockets stayed open" % len(open_ones)
        assert client.read().status == 204
    return elapsed


def test_workers_that_a_reload_has_replaced_still_hear(make_gateway):
    gateway = make_gateway()
    origin = Origin(gateway.recorder)
    user, other = register(gateway), register(gateway)
    tunnel, kept = open_tunnel(user), open_tunnel(other)
    gateway.write(headers="name X-User-Name")
    assert gateway.reload().returncode == 0
    logout(user)
    assert tunnel.close_code() == ENDED
    assert echoes(origin, kept)


# Without a message


def quick_gateway(make_gateway, **options):
    return make_gateway(
        session="key_file state/session.key\ntouch 1s",
        realm="\nidle 5s\nabsolute %s" % options.pop("absolute", "1h"), **options)


@pytest.mark.slow
def test_a_session_that_idles_out_closes_its_sockets(make_gateway):
    gateway = quick_gateway(make_gateway)
    Origin(gateway.recorder)
    tunnel = open_tunnel(register(gateway))
    started = time.monotonic()
    tunnel.client.reader.timeout = 12
    assert tunnel.close_code() == ENDED
    assert 4 < time.monotonic() - started < 8
    assert gateway.wait_line(lambda e: e.get("end") == "expired", "access")


@pytest.mark.slow
def test_sockets_and_checks_do_not_keep_a_session_alive_but_requests_do(make_gateway):
    gateway = quick_gateway(make_gateway)
    origin = Origin(gateway.recorder)
    user = register(gateway)
    tunnel = open_tunnel(user)
    for _ in range(7):
        settle(1)
        assert gateway.fetch(headers=user.headers).status == 200
    assert echoes(origin, tunnel)
    tunnel.client.reader.timeout = 12
    assert tunnel.close_code() == ENDED
    assert gateway.fetch(headers=user.headers).status == 401


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tunnel", "stream"])
def test_the_absolute_end_needs_no_redis(make_gateway, make_redis, kind):
    server = make_redis()
    gateway = quick_gateway(make_gateway, absolute="6s", redis="unix://%s" % server.path)
    Origin(gateway.recorder)
    user = register(gateway)
    started = time.monotonic()
    opened = open_tunnel(user).client if kind == "tunnel" else ask(gateway, user, "/stream")
    opened.reader.timeout = 12
    settle(0.2)
    server.kill()
    opened.reader.rest()
    assert 5.5 < time.monotonic() - started < 7
    assert gateway.wait_line(lambda e: e.get("end") == "expired", "access")


def test_what_was_lost_with_the_subscription_is_found_again(make_gateway, make_redis, faulty):
    gateway = make_gateway(redis=faulty.url)
    origin = Origin(gateway.recorder)
    ended, kept = register(gateway), register(gateway)
    first, second = open_tunnel(ended), open_tunnel(kept)
    faulty.set_mode("refuse")
    faulty.backend("DEL", ended.key())
    settle(0.3)
    assert echoes(origin, first) and echoes(origin, second), "nobody is logged out while nobody can tell"
    faulty.set_mode("pass")
    first.client.reader.timeout = 3
    assert first.close_code() == ENDED
    assert echoes(origin, second)


def test_a_redis_that_cannot_tell_yet_is_asked_again(make_gateway, faulty):
    gateway = make_gateway(redis=faulty.url)
    origin = Origin(gateway.recorder)
    ended, kept = register(gateway), register(gateway)
    first, second = open_tunnel(ended), open_tunnel(kept)
    refused = []

    def load(words):
        if words[0] == b"GET":
            refused.append(words)
            return b"-LOADING Redis is loading the dataset in memory\r\n"
        return None

    faulty.on_command = load
    faulty.drop()
    faulty.backend("DEL", ended.key())
    wait_until(lambda: len(refused) > 1, 5, "two attempts")
    assert echoes(origin, first) and echoes(origin, second), "nobody is logged out while nobody can tell"
    faulty.heal()
    assert first.close_code() == ENDED
    assert echoes(origin, second)


def test_a_lookup_that_overtakes_the_logout_does_not_leave_a_socket_behind(make_gateway, faulty):
    gateway = make_gateway(redis=faulty.url)
    Origin(gateway.recorder)
    user = register(gateway)
    held, released = threading.Event(), threading.Event()

    def hold(words, reply):
        if words[0] == b"GET" and not held.is_set():
            held.set()
            released.wait(5)

    faulty.on_reply = hold
    results = []
    opener = threading.Thread(target=lambda: results.append(handshake(gateway, "/ws/open", user.headers)))
    opener.start()
    held.wait(5)
    handle = json.loads(faulty.backend("GET", user.key()))["h"]
    faulty.backend("DEL", user.key())
    faulty.backend("PUBLISH", "gw:main:revoked", "s:" + handle)
    settle(0.05)
    released.set()
    opener.join()
    tunnel = results[0]
    assert tunnel.response.status == 101, "the answer was true when it was given"
    assert tunnel.close_code() == ENDED


def test_sessions_outlive_a_restart_of_redis_with_their_sockets(make_gateway, make_redis):
    server = make_redis()
    gateway = make_gateway(redis="unix://%s" % server.path)
    origin = Origin(gateway.recorder)
    user = register(gateway)
    tunnel = open_tunnel(user)
    server.restart()
    wait_until(lambda: gateway.fetch(headers=user.headers).status == 200, 5, "Redis' return")
    settle(0.5)
    assert echoes(origin, tunnel)
    logout(user)
    assert tunnel.close_code() == ENDED


def test_another_identity_in_the_record_ends_what_the_old_one_opened(make_gateway, redis):
    gateway = quick_gateway(make_gateway)
    Origin(gateway.recorder)
    user = register(gateway)
    tunnel = open_tunnel(user)
    key = user.key(gateway.prefix)
    record = redis("GET", key)
    assert b'"r":[]' in record
    redis("SET", key, record.replace(b'"r":[]', b'"r":["admin"]'), "XX", "KEEPTTL")
    assert tunnel.close_code() == ENDED
    assert gateway.fetch(headers=user.headers).status == 200


@pytest.mark.parametrize("message", ["", "x", "s:", "s:0", "u:", "u:\"", "s:" + "f" * 16, "u:nobody", "q:" + "a" * 70_000])
def test_messages_that_mean_nothing_change_nothing(gateway, origin, redis, user, message):
    tunnel = open_tunnel(user)
    redis("PUBLISH", "gw:main:revoked", message)
    redis("PUBLISH", "gw:other:revoked", "u:" + user.id)
    assert echoes(origin, tunnel)
    logout(user)
    assert tunnel.close_code() == ENDED


def test_the_message_of_another_realm_ends_nothing(make_gateway, redis):
    gateway = make_gateway(extra="realm staff {\nusers people\nendpoints /_staff\n}", routes="""
        realm main
        route /* app user
        route /ws/* app user { websocket on }
        route /staff/* app user { realm staff }""")
    origin = Origin(gateway.recorder)
    user = register(gateway)
    tunnel = open_tunnel(user)
    redis("PUBLISH", "%s:staff:revoked" % gateway.prefix, "u:" + user.id)
    assert echoes(origin, tunnel)
    redis("PUBLISH", "%s:main:revoked" % gateway.prefix, "u:" + user.id)
    assert tunnel.close_code() == ENDED


# What operators and owners do


@pytest.mark.parametrize("words", [["disable"], ["delete", "--yes"], ["roles", "admin"]])
def test_a_command_about_the_user_closes_the_sockets(make_gateway, words):
    gateway = make_gateway()
    origin = Origin(gateway.recorder)
    user, other = register(gateway), register(gateway)
    tunnel, kept = open_tunnel(user), open_tunnel(other)
    done = gateway.command("user", words[0], user.name, *words[1:], "--config", gateway.path)
    assert done.returncode == 0, done.stderr
    assert tunnel.close_code() == ENDED
    assert gateway.fetch(headers=user.headers).status == (200 if words[0] == "roles" else 401)
    assert echoes(origin, kept)


def test_the_same_roles_again_close_nothing(make_gateway):
    gateway = make_gateway()
    origin = Origin(gateway.recorder)
    user = register(gateway)
    tunnel = open_tunnel(user)
    done = gateway.command("user", "roles", user.name, "--none", "--config", gateway.path)
    assert done.returncode == 0, done.stderr
    assert echoes(origin, tunnel)


def rotate(user):
    """Gives the session a new ticket."""
    response = user.gateway.fetch("POST", "/_auth/session", {**user.headers, **JSON}, b"{}")
    assert response.status == 200, response
    user.ticket = cookie_of(response)
    assert user.ticket


@pytest.mark.slow
def test_a_renewed_ticket_keeps_the_sockets_that_the_old_one_opened(make_gateway, redis):
    gateway = quick_gateway(make_gateway)
    origin = Origin(gateway.recorder)
    user = register(gateway)
    tunnel, old = open_tunnel(user), user.key(gateway.prefix)
    rotate(user)
    redis("DEL", old)
    for _ in range(4):
        settle(1)
        assert gateway.fetch(headers=user.headers).status == 200
    assert echoes(origin, tunnel)
    logout(user)
    assert tunnel.close_code() == ENDED


def test_another_password_closes_the_sockets_of_the_others_only(make_gateway):
    gateway = make_gateway()
    origin = Origin(gateway.recorder)
    user = register(gateway)
    elsewhere = log_in(gateway, user.name)
    kept, ended = open_tunnel(user), open_tunnel(elsewhere)
    response = gateway.fetch("POST", "/_auth/password", {**user.headers, **JSON}, json.dumps(
        {"current": PASSWORD, "new": "another long password"}).encode())
    assert response.status in (200, 204), response
    assert ended.close_code() == ENDED
    assert echoes(origin, kept)


# A login and a command at the same moment


class HeldLogin:
    """A login whose session is not written before `release`."""

    def __init__(self, gateway, faulty, user):
        self.held, self.released, self.answers = threading.Event(), threading.Event(), []
        faulty.on_command = self.hold
        self.thread = threading.Thread(target=lambda: self.answers.append(login(gateway, user.name)))
        self.thread.start()
        assert self.held.wait(5)

    def hold(self, words):
        if words[0] == b"EVAL" and b"'NX'" in words[1] and not self.held.is_set():
            self.held.set()
            self.released.wait(5)

    def release(self):
        self.released.set()
        self.thread.join()
        return self.answers[0]


@pytest.fixture
def patient(make_gateway, faulty):
    """A gateway that waits long for its Redis."""
    return make_gateway(redis=faulty.url + " {\ntimeout 5s\n}")


def test_who_is_disabled_while_logging_in_is_not_let_in(patient, faulty):
    user = register(patient)
    held = HeldLogin(patient, faulty, user)
    assert patient.command("user", "disable", user.name, "--config", patient.path).returncode == 0
    response = held.release()
    assert response.status == 401 and response.json()["code"] == "bad_credentials"
    assert not faulty.backend.keys("gw:main:s:*")
    line = patient.wait_line(lambda e: e.get("event") == "login_failed", "audit")
    assert line["reason"] == "disabled"


def test_who_gets_other_roles_while_logging_in_has_them(patient, faulty):
    user = register(patient)
    held = HeldLogin(patient, faulty, user)
    assert patient.command("user", "roles", user.name, "editor", "--config", patient.path).returncode == 0
    response = held.release()
    assert response.status == 200 and response.json()["user"]["roles"] == ["editor"]
    records = [json.loads(faulty.backend("GET", key)) for key in faulty.backend.keys("gw:main:s:*")]
    assert [record["r"] for record in records] == [["editor"]] * 2


def test_the_old_password_is_no_use_once_there_is_a_new_one(patient, faulty):
    user = register(patient)
    held = HeldLogin(patient, faulty, user)
    done = patient.command(
        "user", "passwd", user.name, "--config", patient.path, stdin="another long password\n")
    assert done.returncode == 0, done.stderr
    assert held.release().status == 401
    assert not faulty.backend.keys("gw:main:s:*")


# All at once


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_in_any_order_only_the_sockets_of_ended_sessions_close(make_gateway, seed):
    random = Random(seed)
    gateway = make_gateway(workers=2)
    origin = Origin(gateway.recorder)
    names = [register(gateway).name for _ in range(4)]
    users, tunnels = [], {}
    for _ in range(150):
        action = random.choice(["login", "open", "open", "open", "stream", "logout", "everywhere", "roles", "leave"])
        if action == "login" or not users:
            users.append(log_in(gateway, random.choice(names)))
            tunnels[users[-1]] = []
            continue
        user = random.choice(users)
        if action == "open":
            tunnels[user].append(open_tunnel(user))
        elif action == "stream":
            tunnels[user].append(Stream(ask(gateway, user, "/stream")))
        elif action == "leave" and tunnels[user]:
            tunnels[user].pop().client.close()
        elif action == "roles":
            words = [random.choice("abc") + str(random.randrange(1000))]
            assert gateway.command("user", "roles", user.name, *words, "--config", gateway.path).returncode == 0
            for other in users:
                if other.name == user.name:
                    expect_end(tunnels[other])
        elif action in ("logout", "everywhere"):
            logout(user, **({"everywhere": True} if action == "everywhere" else {}))
            for other in [u for u in users if u is user or action == "everywhere" and u.name == user.name]:
                expect_end(tunnels.pop(other))
                users.remove(other)
    for user in users:
        for tunnel in tunnels[user]:
            assert isinstance(tunnel, Stream) or echoes(origin, tunnel)
            tunnel.client.close()


class Stream:
    """A stream that has begun."""

    def __init__(self, client):
        self.client = client
        assert client.read_head().status == 200 and client.reader.until(b"first\r\n")

    def close_code(self):
        assert self.client.reader.rest() == b""
        return ENDED


def expect_end(opened):
    while opened:
        tunnel = opened.pop()
        assert tunnel.close_code() == ENDED
        tunnel.client.close()
