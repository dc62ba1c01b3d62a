"""Several servers of one upstream: which one a request reaches, and what the client sees when some of them fail."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness.client import request
from harness.gateway import free_port, settle
from harness.users import register
from harness.wire import wait_until

pytestmark = pytest.mark.upstream

SERVER = r"""
import os, socket, sys, threading
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((sys.argv[1], int(sys.argv[2])))
listener.listen(1024)
name = sys.argv[3]
def serve(sock):
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = sock.recv(65536)
            if not more:
                return sock.close()
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        path = head.split()[1].decode()
        body = name.encode()
        status = "200 OK"
        if path == "/healthz" and os.path.exists(sys.argv[4]):
            status = "503 Not well"
        sock.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body))
while True:
    sock, _ = listener.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(sock,), daemon=True).start()
"""


class Process:
    """A small server in a process of its own, so that it can be killed and stopped."""

    def __init__(self, directory, name, host="127.0.0.1", port=None):
        self.name, self.host, self.port = name, host, port or free_port()
        self.sick = os.path.join(str(directory), name + ".sick")
        self.process = None
        self.start()

    @property
    def address(self):
        return "%s:%d" % (self.host, self.port)

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, self.host, str(self.port), self.name, self.sick],
            stderr=subprocess.DEVNULL)
        wait_until(self.is_listening, 10, "the server's start")

    def is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Stream:
    """GETs from several threads; what was answered, and what was not."""

    def __init__(self, gateway, threads=4, method="GET"):
        self.gateway, self.method = gateway, method
        self.answers, self.failures, self.stopping = [], [], threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()
        wait_until(lambda: len(self.answers) > 50, 10, "some load")

    def run(self):
        with self.gateway.client(10) as client:
            while not self.stopping.is_set():
                client.send(request(self.method, "/public/load", {}))
                response = client.read(self.method)
                if response.status != 200:
                    self.failures.append(response)
                else:
                    self.answers.append(response.body.decode())

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(15)
        return self


@pytest.fixture
def servers(cleanup, tmp_path):
    return [cleanup.add(Process(tmp_path, name)) for name in "abc"]


def upstream(servers, options=""):
    """The harness writes `server %s` and then the options."""
    lines = ["server " + server.address for server in servers[1:]] + [options]
    return {"upstream": servers[0].address, "upstream_options": "\n".join(lines)}


def ask(gateway, method="GET", target="/public/x", headers=(), **more):
    return gateway.fetch(method, target, headers, **more)


def names(gateway, count=30):
    return [ask(gateway).body.decode() for _ in range(count)]


def dump(gateway):
    """The servers' states, as SIGUSR2 has them written."""
    mark = len(gateway.log())
    gateway.signal(signal.SIGUSR2)
    wait_until(lambda: "upstream app" in gateway.log()[mark:], 5, "the state")
    return gateway.log()[mark:]


def process_lines(gateway, message):
    return [line for line in gateway.lines() if line.get("message") == message or line.get("msg") == message]


# Balances.

def test_requests_take_turns(make_gateway, servers):
    gateway = make_gateway(**{**upstream(servers, "balance round_robin"), "upstream": servers[0].address + " weight 2"})
    seen = names(gateway, 40)
    assert [seen.count(name) for name in "abc"] == [20, 10, 10]


def test_users_stay_with_their_server(make_gateway, servers):
    gateway = make_gateway(**upstream(servers, "balance hash_user"))
    reached = set()
    for number in range(8):
        user = register(gateway, "user%d" % number)
        seen = {ask(gateway, target="/mine", headers=user.headers).body for _ in range(5)}
        assert len(seen) == 1
        reached |= seen
    assert len(reached) > 1
    # Who is not signed in is an address.
    assert len(set(names(gateway, 6))) == 1


def test_backup_serves_while_no_other_does(make_gateway, servers):
    gateway = make_gateway(
        upstream=servers[0].address, upstream_options="server %s backup\npassive 2 in 1m" % servers[1].address)
    assert set(names(gateway, 5)) == {"a"}
    servers[0].kill()
    assert set(names(gateway, 10)) == {"b"}


# Failures.

@pytest.mark.parametrize("balance", ["least_conn", "round_robin", "hash_ip"])
def test_killed_server_fails_no_get(make_gateway, servers, balance):
    gateway = make_gateway(**upstream(servers, "balance " + balance))
    load = Stream(gateway)
    victim = next(s for s in servers if s.name == load.answers[-1])
    victim.kill()
    mark = len(load.answers)
    wait_until(lambda: len(load.answers) > mark + 500, 20, "more load")
    load.stop()
    assert load.failures == []
    assert victim.name not in load.answers[mark + 100:]
    down = wait_until(lambda: process_lines(gateway, "an upstream's server is down"), 5, "the line")
    assert len(down) == 1 and down[0]["server"] == victim.address and down[0]["servers_left"] == 2, down
    # Back: one request tries it, and then it serves again.
    victim.start()
    wait_until(lambda: victim.name in names(gateway, 12) or balance == "hash_ip", 15, "its return", 0.2)
    if balance != "hash_ip":
        up = wait_until(lambda: process_lines(gateway, "an upstream's server is up again"), 5, "the line")
        assert len(up) == 1 and up[0]["down_ms"] >= 9_000, up


def test_flapping_server_fails_no_get(make_gateway, servers):
    gateway = make_gateway(**upstream(servers, "passive 3 in 1s"))
    load = Stream(gateway)
    for _ in range(4):
        servers[1].kill()
        settle(0.3)
        servers[1].start()
        settle(1.2)
    load.stop()
    assert load.failures == []


def test_hanging_server_is_taken_out(make_gateway, servers):
    gateway = make_gateway(**upstream(servers, "response_timeout 300ms\nbalance round_robin\npassive 3 in 2s"))
    names(gateway, 3)
    servers[0].pause()
    try:
        seen = [ask(gateway).status for _ in range(30)]
        # A request that may have been served is not sent again: it fails in time.
        assert seen.count(504) == 3 and set(seen[9:]) == {200}, seen
    finally:
        servers[0].go_on()
    wait_until(lambda: "a" in names(gateway, 6), 10, "its return", 0.2)


def test_all_down_fails_fast_and_recovers_within_a_second(make_gateway, servers):
    gateway = make_gateway(**upstream(servers, "retry 2"))
    names(gateway, 6)
    for server in servers:
        server.kill()
    for _ in range(30):
        start = time.monotonic()
        response = ask(gateway)
        assert response.status in (502, 503) and response.json()["code"] == "upstream_unavailable"
        assert time.monotonic() - start < 1
    for server in servers[:1]:
        server.start()
        start = time.monotonic()
        wait_until(lambda: ask(gateway).status == 200, 5, "recovery", 0.02)
        assert time.monotonic() - start < 1
        assert [ask(gateway).status for _ in range(10)] == [200] * 10


def test_refused_post_goes_to_another_server(make_gateway, servers):
    gateway = make_gateway(**upstream(servers, "balance round_robin\npassive off"))
    servers[1].kill()
    statuses = [ask(gateway, "POST").status for _ in range(9)]
    assert statuses == [200] * 9
    posts = lambda: [line for line in gateway.lines("access") if line.get("method") == "POST"]
    wait_until(lambda: len(posts()) == 9, 5, "nine lines")
    assert [line["tries"] for line in posts()].count(2) == 3


def test_sent_post_is_never_repeated(make_gateway, make_recorder):
    first, second = make_recorder(), make_recorder()

    def close(exchange):
        exchange.read_body()
        exchange.close()

    first.default = second.default = close
    gateway = make_gateway(upstream=first.address, upstream_options="server " + second.address)
    for number in range(6):
        assert ask(gateway, "POST", body=b"x").status == 502
        assert len(first.requests) + len(second.requests) == number + 1


def test_closed_connection_without_an_answer_goes_to_another_server(make_gateway, make_recorder):
    first, second = make_recorder(), make_recorder()
    first.default = lambda exchange: exchange.close()
    gateway = make_gateway(
        upstream=first.address, upstream_options="server %s\nbalance round_robin\npassive off" % second.address)
    assert [ask(gateway).status for _ in range(6)] == [200] * 6
    assert len(first.requests) == 3


def test_retries_are_bounded(make_gateway, make_recorder):
    first, second = make_recorder(), make_recorder()
    first.default = second.default = lambda exchange: exchange.close()
    gateway = make_gateway(
        upstream=first.address, upstream_options="server %s\npassive off\nretry 1" % second.address)
    count = 600
    with gateway.client(20) as client:
        for _ in range(count):
            client.send(request("GET", "/public/storm", {}))
            assert client.read().status == 502
    total = len(first.requests) + len(second.requests)
    # 256 in store, a fifth of the requests, ten a second.
    assert count + 256 <= total <= count + 256 + count / 5 + 200, total


def test_unwell_server_gets_no_requests(make_gateway, servers):
    gateway = make_gateway(
        **upstream(servers, "balance round_robin\nhealth GET /healthz every 200ms timeout 150ms rise 2 fall 2"))
    assert set(names(gateway)) == set("abc")
    open(servers[1].sick, "w").close()
    wait_until(lambda: "failing its checks" in dump(gateway), 10, "the verdict", 0.1)
    assert set(names(gateway)) == set("ac")
    os.unlink(servers[1].sick)
    wait_until(lambda: "b" in names(gateway, 6), 10, "its return", 0.1)
    down = process_lines(gateway, "an upstream's server is down")
    assert [line["server"] for line in down] == [servers[1].address] and "status 503" in down[0]["reason"]
    wait_until(lambda: len(process_lines(gateway, "an upstream's server is up again")) == 1, 5, "the line")


def test_no_server_is_well(make_gateway, servers):
    gateway = make_gateway(
        **upstream(servers, "health GET /healthz every 200ms timeout 150ms rise 1 fall 1"))
    for server in servers:
        open(server.sick, "w").close()
    wait_until(lambda: ask(gateway).status == 503, 10, "no server", 0.1)
    start = time.monotonic()
    response = ask(gateway)
    assert response.status == 503 and response.json()["code"] == "upstream_unavailable"
    assert response.get("retry-after") and time.monotonic() - start < 0.5
    os.unlink(servers[2].sick)
    start = time.monotonic()
    wait_until(lambda: ask(gateway).status == 200, 5, "recovery", 0.02)
    assert time.monotonic() - start < 1


def test_hanging_check_is_a_failure(make_gateway, servers):
    gateway = make_gateway(
        **upstream(servers, "health GET /healthz every 300ms timeout 200ms rise 1 fall 1"))
    servers[0].pause()
    try:
        wait_until(lambda: "failing its checks" in dump(gateway), 10, "the verdict", 0.1)
        assert set(names(gateway, 12)) == set("bc")
    finally:
        servers[0].go_on()
    wait_until(lambda: "failing its checks" not in dump(gateway), 10, "its return", 0.1)


def test_check_is_nobodys_request(make_gateway, recorder_named_checks):
    gateway, recorder = recorder_named_checks
    seen = recorder.wait_for("/healthz?deep=1".split("?")[0], 3)
    for recorded in seen:
        assert recorded.method == "GET" and recorded.target == "/healthz?deep=1"
        assert recorded.names == ["host", "user-agent", "accept", "connection"]
        assert recorded.get("host") == "app.example.org" and recorded.get("user-agent") == "gatehouse-health"


@pytest.fixture
def recorder_named_checks(make_gateway, make_recorder):
    recorder = make_recorder()
    gateway = make_gateway(
        recorder=recorder,
        upstream_options="health GET /healthz?deep=1 every 200ms timeout 100ms host app.example.org")
    user = register(gateway, "somebody")
    ask(gateway, target="/mine", headers=user.headers)
    return gateway, recorder


# Queue.

def test_queue_is_bounded_in_time(make_gateway, make_recorder):
    recorder = make_recorder()
    release = threading.Event()

    def hold(exchange):
        release.wait(20)
        exchange.reply()

    recorder.on("/public/hold", hold)
    gateway = make_gateway(recorder=recorder, upstream_options="max_connections 1")
    with gateway.client(20) as holder:
        holder.send(request("GET", "/public/hold", {}))
        recorder.wait_for("/public/hold")
        start = time.monotonic()
        response = ask(gateway)
        took = time.monotonic() - start
        assert response.status == 503 and response.json()["code"] == "overloaded" and 0.9 < took < 2
        release.set()
        assert holder.read().status == 200
    assert ask(gateway).status == 200


# Names.

def private_names(directory):
    """Files for a process that sees its own /etc/hosts and looks nowhere else; what it has to do before it runs."""
    hosts, switch = os.path.join(str(directory), "hosts"), os.path.join(str(directory), "nsswitch.conf")
    with open(switch, "w") as file:
        file.write("hosts: files\npasswd: files\ngroup: files\n")
    libc = ctypes.CDLL(None, use_errno=True)

    def enter():
        if libc.unshare(0x20000) or libc.mount(b"none", b"/", None, 0x44000, None):
            os._exit(99)
        for source, target in ((hosts, "/etc/hosts"), (switch, "/etc/nsswitch.conf")):
            if libc.mount(source.encode(), target.encode(), None, 0x1000, None):
                os._exit(99)

    def write(*addresses):
        with open(hosts, "w") as file:
            file.write("127.0.0.1 localhost\n" + "".join("%s app.test\n" % address for address in addresses))

    return enter, write


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a private /etc/hosts takes root")


@needs_root
def test_name_that_is_unknown_at_the_start(make_gateway, cleanup, tmp_path):
    enter, write = private_names(tmp_path)
    write()
    server = cleanup.add(Process(tmp_path, "a", "127.0.0.2"))
    gateway = make_gateway(start=False, upstream="app.test:%d" % server.port)
    gateway.start("redis", enter)
    response = ask(gateway)
    assert response.status == 503 and response.json()["code"] == "upstream_unavailable"
    assert "127." not in response.body.decode() and "app.test" not in response.body.decode()
    wait_until(lambda: process_lines(gateway, "cannot look up an upstream's server"), 5, "the line")
    write("127.0.0.2")
    wait_until(lambda: ask(gateway).status == 200, 15, "the name", 0.1)


@needs_root
def test_addresses_of_a_name_are_servers_and_follow_it(make_gateway, cleanup, tmp_path):
    enter, write = private_names(tmp_path)
    port = free_port()
    hosts = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    for host, name in zip(hosts, "abc"):
        cleanup.add(Process(tmp_path, name, host, port))
    write(*hosts[:2])
    gateway = make_gateway(
        start=False, upstream="app.test:%d" % port, upstream_options="balance round_robin")
    gateway.start("redis", enter)
    assert [names(gateway, 20).count(name) for name in "ab"] == [10, 10]
    assert {line["server"] for line in gateway.lines("access")[-20:]} == {"%s:%d" % (h, port) for h in hosts[:2]}
    load = Stream(gateway)
    # Looked up again after 30 s: an empty answer changes nothing, another one everything.
    write()
    wait_until(lambda: process_lines(gateway, "cannot look up an upstream's server"), 40, "a lookup", 0.5)
    assert set(names(gateway, 10)) == set("ab")
    write(*hosts[1:])
    wait_until(lambda: "c" in names(gateway, 4), 40, "the change", 0.5)
    assert set(names(gateway, 20)) == set("bc")
    load.stop()
    assert load.failures == []
    assert process_lines(gateway, "an upstream's server has other addresses")


@needs_root
def test_addresses_of_one_name_stand_in_for_each_other_without_retries(make_gateway, cleanup, tmp_path):
    """As with localhost, which may be ::1 too where the application only listens on 127.0.0.1."""
    enter, write = private_names(tmp_path)
    server = cleanup.add(Process(tmp_path, "a", "127.0.0.2"))
    write("127.0.0.5", "127.0.0.2")
    gateway = make_gateway(
        start=False, upstream="app.test:%d" % server.port, upstream_options="retry off\nbalance round_robin")
    gateway.start("redis", enter)
    assert [ask(gateway, "POST").status for _ in range(12)] == [200] * 12


def test_unreachable_server_is_passed_over(make_gateway, servers):
    gateway = make_gateway(
        upstream="255.255.255.255:9", upstream_options="server %s\nconnect_timeout 200ms\nbalance round_robin" % servers[0].address)
    assert [ask(gateway).status for _ in range(12)] == [200] * 12
    wait_until(lambda: process_lines(gateway, "an upstream's server is down"), 5, "the line")
    assert process_lines(gateway, "an upstream's server is down")[0]["server"] == "255.255.255.255:9"


def test_broken_answers_take_a_server_out(make_gateway, make_recorder):
    first, second = make_recorder(), make_recorder()

    def garbage(exchange):
        exchange.send(b"garbage\r\n\r\n")
        exchange.close()

    first.default = garbage
    gateway = make_gateway(
        upstream=first.address, upstream_options="server %s\nbalance round_robin" % second.address)
    statuses = [ask(gateway).status for _ in range(20)]
    assert statuses.count(502) == 3 and set(statuses[6:]) == {200}, statuses


def test_no_status_takes_a_server_out(make_gateway, make_recorder):
    first, second = make_recorder(), make_recorder()
    first.default = lambda exchange: exchange.reply(503)
    gateway = make_gateway(
        upstream=first.address, upstream_options="server %s\nbalance round_robin" % second.address)
    statuses = [ask(gateway).status for _ in range(20)]
    assert statuses.count(503) == statuses.count(200) == 10


def test_only_server_is_never_taken_out(make_gateway, servers):
    gateway = make_gateway(upstream=servers[0].address)
    servers[0].kill()
    assert {ask(gateway).status for _ in range(20)} == {502}
    wait_until(lambda: len(process_lines(gateway, "an upstream's server is down")) == 1, 5, "the line")
    servers[0].start()
    assert ask(gateway).status == 200
    wait_until(lambda: len(process_lines(gateway, "an upstream's server is up again")) == 1, 5, "the line")


def test_lost_connections_of_a_restarted_server_fail_no_get(make_gateway, servers):
    """Kept-alive connections that all end at once, while the other server is down: the same one is asked again."""
    gateway = make_gateway(**upstream(servers[:2]))
    names(gateway, 4)
    servers[1].kill()
    names(gateway, 10)
    load = Stream(gateway)
    for _ in range(5):
        servers[0].kill()
        servers[0].start()
        wait_until(lambda: ask(gateway).status == 200, 5, "its return")
    load.stop()
    # While nothing listens, a 502 is the truth; a server that listens has to answer.
    assert {response.status for response in load.failures} <= {502}
    mark = len(load.failures)
    assert [ask(gateway).status for _ in range(20)] == [200] * 20 and mark == len(load.failures)
