"""What a machine does to the gateway, and clients do, under load: disks, memory, descriptors, clocks, deaths."""

import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from harness.client import request
from harness.gateway import binary, is_alive, open_files, settle
from harness.load import Load
from harness.machine import Clock, SmallDisk, strays
from harness.redis_server import RedisServer, free_port
from harness.users import JSON, PASSWORD, cookie_of, credentials, log_in, login, register
from harness.wire import Closed, wait_until

pytestmark = pytest.mark.faults


def served(gateway, user):
    """Whether the user's session is good."""
    try:
        return gateway.fetch("GET", "/a", user.headers, timeout=2).status == 200
    except OSError:
        return False


# Disks.

@pytest.fixture
def disk(tmp_path, cleanup):
    return lambda size, name="disk": cleanup.add(SmallDisk(tmp_path / name, size))


def change_password(gateway, user, new):
    return gateway.fetch(
        "POST", "/_auth/password", {**JSON, **user.headers}, b'{"current":"%s","new":"%s"}' % (
            PASSWORD.encode(), new.encode()))


def test_full_disk_keeps_accounts_whole_and_everybody_signed_in(make_gateway, disk):
    small = disk(2 << 20)
    gateway = make_gateway(workers=1, store="sqlite %s/users.db" % small.path)
    user = register(gateway)
    small.fill()
    refused = []
    for number in range(40):
        response = gateway.fetch("POST", "/_auth/register", JSON, credentials("full%d" % number))
        assert response.status in (201, 503), response
        if response.status == 503:
            assert cookie_of(response) is None and response.get("retry-after")
            refused.append("full%d" % number)
    assert len(refused) > 20, "the disk had room for all of them"
    assert change_password(gateway, user, "another password 1").status == 503
    # Nothing of that was done by half, and all that is there goes on.
    assert served(gateway, user)
    assert login(gateway, user.name).status == 200
    for name in refused[:3]:
        assert login(gateway, name).status == 401
    assert gateway.fetch("POST", "/_auth/logout", {**JSON, **log_in(gateway, user.name).headers}).status == 204
    line = gateway.wait_line(lambda e: e.get("msg") == "the user store failed")
    assert "full" in line["reason"].lower() or "space" in line["reason"].lower(), line
    small.free()
    for name in refused[:3]:
        assert gateway.fetch("POST", "/_auth/register", JSON, credentials(name)).status == 201
    assert change_password(gateway, user, "another password 1").status in (200, 204)
    assert login(gateway, user.name).status == 401
    assert login(gateway, user.name, "another password 1").status == 200
    assert len(gateway.workers()) == 1 and gateway.terminate() == 0


@pytest.mark.slow
def test_full_disk_under_the_managed_redis_refuses_logins_alone(make_gateway, disk):
    small = disk(6 << 20, "state")
    gateway = make_gateway(
        redis="managed", state=small.path, session="key_file %s/session.key" % small.path, store="sqlite users.db")
    user = register(gateway)
    settle(1.2)
    pid = gateway.redis_pid()
    small.fill()

    def refused():
        response = login(gateway, user.name)
        assert response.status in (200, 503), response
        return response.status == 503 and not response.all("set-cookie")

    # Redis notices with the first write that does not fit, and says no to the ones after it.
    wait_until(refused, 10, "a login that is refused")
    for _ in range(5):
        assert refused()
        assert served(gateway, user), "who is signed in stays so"
    assert "MISCONF" in gateway.wait_line(lambda e: e.get("msg") == "Redis refuses a command")["reason"]
    small.free()
    wait_until(lambda: login(gateway, user.name).status == 200, 10, "logins", 0.2)
    assert served(gateway, user) and gateway.redis_pid() == pid
    assert gateway.terminate() == 0
    gateway.start()
    assert served(gateway, user)
    assert gateway.terminate() == 0


def test_start_on_a_full_disk_says_so(make_gateway, disk):
    small = disk(1 << 20)
    gateway = make_gateway(start=False, state=small.path + "/state", session="key_file %s/state/session.key" % small.path)
    small.fill()
    result = gateway.command("run", "--config", gateway.path)
    assert result.returncode in (73, 1), result
    assert "space" in result.stderr.lower(), result


# Deaths under load.

def test_worker_killed_under_load_costs_its_own_requests(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    load = Load(gateway, user, 6)
    for _ in range(3):
        wait_until(lambda: len(gateway.workers()) == 2, 10, "two workers")
        victim = gateway.workers()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in gateway.workers() and len(gateway.workers()) == 2, 10, "another worker")
        before = load.count
        wait_until(lambda: load.count > before + 50, 10, "service after it")
    load.stop()
    assert len(load.failures) <= 3 * 6 and set(load.statuses) == {200}, (load.failures, load.statuses)
    assert not strays(gateway.process.pid)


def test_managed_redis_killed_under_load(make_gateway):
    gateway = make_gateway(workers=2, redis="managed")
    user = register(gateway)
    settle(1.3)
    load = Load(gateway, user, 4)
    pid = gateway.redis_pid()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gateway.redis_pid() not in (None, pid), 5, "another redis-server")
    wait_until(lambda: served(gateway, user), 4, "the session")
    before = load.statuses.get(200, 0)
    wait_until(lambda: load.statuses.get(200, 0) > before + 100, 10, "service after it")
    load.stop()
    assert not load.failures and set(load.statuses) <= {200, 503}, (load.failures[:3], load.statuses)


class Origin:
    """The sample API in a process of its own, which can be killed."""

    def __init__(self):
        self.port = free_port()
        self.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def start(self):
        self.process = subprocess.Popen(
            [binary(), "echo", "--quiet", "--listen", self.address], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_until(self.answers, 10, "the sample API")

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.kill()


def test_upstream_killed_under_load_is_a_502_until_it_is_back(make_gateway, cleanup):
    origin = cleanup.add(Origin())
    gateway = make_gateway(workers=2, upstream=origin.address)
    user = register(gateway)
    statuses, failures, stop = [], [], threading.Event()

    def run():
        while not stop.is_set():
            try:
                statuses.append(gateway.fetch("GET", "/a", user.headers).status)
            except (OSError, Closed) as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        wait_until(lambda: statuses[-30:].count(200) == 30, 10, "service")
        origin.kill()
        mark = len(statuses)
        wait_until(lambda: len(statuses) > mark + 30, 10, "answers without it")
        slowest = time.monotonic()
        assert gateway.fetch("GET", "/a", user.headers).status in (502, 503, 504)
        assert time.monotonic() - slowest < 1
        origin.start()
        wait_until(lambda: served(gateway, user), 3, "service as soon as it is back")
    stop.set()
    for thread in threads:
        thread.join()
    # One whose answer had begun is cut; every other gets a status.
    assert len(failures) <= 12 and set(statuses) <= {200, 502, 503, 504}, (failures[:3], set(statuses))
    assert len(gateway.workers()) == 2


def test_master_killed_under_load_lets_running_requests_finish(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    release = threading.Event()
    gateway.recorder.on("/slow", lambda x: (release.wait(10), x.reply(body=b"done")))
    client = gateway.client(10)
    client.send(request("GET", "/slow", user.headers))
    gateway.recorder.wait_for("/slow")
    load = Load(gateway, user)
    everyone = gateway.descendants()
    gateway.process.kill()
    gateway.process.wait()
    wait_until(lambda: not gateway.is_listening(), 3, "the listener's end")
    release.set()
    assert client.read().body == b"done"
    client.close()
    wait_until(lambda: not [p for p in everyone if is_alive(p)], 12, "everybody's end")
    load.stop()
    assert set(load.statuses) == {200}
    gateway.start()
    assert served(gateway, user)


# Clients that leave.

def redis_in_flight(gateway):
    """What each worker says of its calls to Redis that are under way."""
    mark = len(gateway.lines())
    gateway.signal(signal.SIGUSR2)

    def dumped():
        found = [e for e in gateway.lines()[mark:] if e.get("msg") == "state" and "redis_in_flight" in e]
        return len(found) >= len(gateway.workers()) and [e["redis_in_flight"] for e in found]

    return wait_until(dumped, 5, "the workers' state")


def slow_body(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
    exchange.closed_by_peer(5)
    exchange.close()


LEAVING = {
    "at once": lambda user: (b"", None),
    "in the request line": lambda user: (b"GET /a HT", None),
    "in the head": lambda user: (request("GET", "/a", user.headers)[:-4], None),
    "after the head": lambda user: (request("GET", "/a", user.headers), None),
    "in the body": lambda user: (
        request("POST", "/a", [*user.headers.items(), ("Content-Length", "100000")]) + b"x" * 1000, None),
    "in a chunk": lambda user: (
        request("POST", "/a", [*user.headers.items(), ("Transfer-Encoding", "chunked")]) + b"ff\r\nxx", None),
    "waiting for the upstream": lambda user: (request("GET", "/leave/wait", user.headers), "/leave/wait"),
    "in the answer": lambda user: (request("GET", "/leave/body", user.headers), b"HTTP/1.1 200"),
    "in a login": lambda user: (request("POST", "/_auth/login", JSON, credentials(user.name)), None),
    "in a handshake": lambda user: (
        request("GET", "/ws/leave", [*user.headers.items(), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]), "/ws/leave"),
    "in a pipeline": lambda user: (request("GET", "/a", user.headers) * 50, None),
}


@pytest.fixture(scope="module")
def left(make_module_gateway):
    """A gateway that clients leave, with its user."""
    gateway = make_module_gateway(timeouts="header 2s\nbody_idle 1s\nwrite_idle 2s\nkeepalive 2s")
    gateway.recorder.on("/leave/wait", lambda x: (x.closed_by_peer(5), x.close()))
    gateway.recorder.on("/leave/body", slow_body)
    gateway.recorder.on("/ws/leave", lambda x: (x.closed_by_peer(5), x.close()))
    gateway.user = register(gateway)
    for _ in range(20):
        leave(gateway, "after the head", "FIN")
    return gateway


def leave(gateway, phase, how):
    data, until = LEAVING[phase](gateway.user)
    mark = gateway.recorder.mark()
    client = gateway.client()
    client.send(data)
    if isinstance(until, str):
        wait_until(lambda: [r for r in gateway.recorder.since(mark) if r.target == until], 5, "the upstream's turn")
    elif until:
        client.reader.until(until)
    if how == "RST":
        client.reset()
    elif how == "FIN":
        client.close()
    else:
        client.half_close()
        client.socket.settimeout(0.3)
        try:
            while client.socket.recv(65536):
                pass
        except OSError:
            pass
        client.close()


@pytest.mark.parametrize("how", ["FIN", "RST", "half"])
@pytest.mark.parametrize("phase", LEAVING)
def test_clients_that_leave_leave_nothing_behind(left, phase, how):
    [pid] = left.workers()
    wait_until(lambda: not connections(left), 8, "connections before")
    left.recorder.close_connections()
    settle(0.05)
    files = open_files(pid)
    for _ in range(10):
        leave(left, phase, how)
    wait_until(lambda: not connections(left), 8, "the end of all connections")
    left.recorder.close_connections()
    wait_until(lambda: open_files(pid) <= files, 5, "%d descriptors again" % files)
    assert redis_in_flight(left) == [0]
    assert left.workers() == [pid] and served(left, left.user)


def connections(gateway):
    result = gateway.command("status", "--json", "--config", gateway.path)
    return json.loads(result.stdout)["gauges"]["connections"]


@pytest.mark.slow
def test_ten_thousand_connections_that_reset_at_once(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    settle(0.3)
    files, memory = [open_files(p) for p in gateway.workers()], gateway.memory()
    linger = struct.pack("ii", 1, 0)
    load = Load(gateway, user, 2)
    for number in range(10_000):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if number % 2:
            sock.setblocking(False)
            sock.connect_ex(gateway.address)
        else:
            sock.connect(gateway.address)
        sock.close()
    load.stop()
    assert not load.failures and set(load.statuses) == {200}
    wait_until(lambda: [open_files(p) <= f + 4 for p, f in zip(gateway.workers(), files)] == [True] * 2, 10,
        "the descriptors of before")
    assert gateway.memory() < memory + (8 << 20)


def test_one_logout_ends_the_session_on_a_thousand_connections(make_gateway):
    gateway = make_gateway(workers=2, timeouts="header 5s\nkeepalive 60s")
    user = register(gateway)
    data = request("GET", "/a", user.headers)
    clients = [gateway.client(20) for _ in range(1000)]
    try:
        for client in clients:
            client.send(data)
        assert {client.read().status for client in clients} == {200}
        assert gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers}).status == 204
        for client in clients:
            client.send(data)
        assert {client.read().status for client in clients} == {401}
    finally:
        for client in clients:
            client.close()


def test_file_that_cannot_be_read_any_more_keeps_the_configuration_of_before(make_gateway):
    gateway = make_gateway(workers=1)
    user = register(gateway)
    workers = gateway.workers()
    key = os.path.join(gateway.directory, "state", "session.key")
    os.rename(key, key + ".away")
    os.mkdir(key)
    for _ in range(2):
        result = gateway.reload()
        assert result.returncode == 78 and "session.key" in result.stderr, result
    assert served(gateway, user) and gateway.workers() == workers
    # Workers have the key from the master's memory, also the next one.
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: gateway.workers() not in ([], workers), 5, "another worker")
    wait_until(lambda: served(gateway, user), 5, "the session")
    os.rmdir(key)
    os.rename(key + ".away", key)
    assert gateway.reload().returncode == 0
    assert served(gateway, user)


@pytest.mark.slow
def test_clock_of_redis_that_jumps_lets_nobody_stay_longer(make_gateway, tmp_path, cleanup, monkeypatch):
    clock = Clock(tmp_path)
    for name, value in clock.env.items():
        monkeypatch.setenv(name, value)
    redis = cleanup.add(RedisServer(str(tmp_path / "redis")))
    for name in clock.env:
        monkeypatch.delenv(name)
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path, realm="idle 3s\nabsolute 5s")
    user = register(gateway)
    ended = time.monotonic() + 6
    # Redis lives a year ago: its keys would last for a year and three seconds more.
    clock.set(-365 * 86400)
    while served(gateway, user):
        assert time.monotonic() < ended, "a session outlives its absolute end"
        settle(0.1)
    assert gateway.fetch("GET", "/a", user.headers).status == 401
    clock.set(10 * 365 * 86400)
    fresh = log_in(gateway, user.name)
    assert gateway.fetch("GET", "/a", fresh.headers).status in (200, 401)
    clock.set(0)
    assert served(gateway, log_in(gateway, user.name))
