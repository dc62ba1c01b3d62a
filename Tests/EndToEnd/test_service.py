"""Under a service manager: what it is told, the watchdog, sockets that it opened, the units of deploy/."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

from harness.gateway import ROOT, Gateway, binary, is_alive
from harness.redis_server import free_port
from harness.wire import wait_until

pytestmark = pytest.mark.processes


class Manager:
    """A notification socket as systemd has one; remembers each message with the pid that sent it."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        self.messages = []

    def receive(self, timeout=0.0):
        """The next message, as a dict; None if there is none in time."""
        self.socket.settimeout(timeout or 0.001)
        try:
            data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
        except (TimeoutError, BlockingIOError):
            return None
        state = dict(line.split("=", 1) for line in data.decode().split("\n"))
        state["pid"] = next(struct.unpack("3i", value)[0] for _, kind, value in ancillary
                            if kind == socket.SCM_CREDENTIALS)
        self.messages.append(state)
        return state

    def wait(self, name, timeout=15):
        """Goes through the messages until one has the state `name`."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            state = self.receive(0.1)
            if state and name in state:
                return state
        raise AssertionError("no %s in %d s, but %r" % (name, timeout, self.messages[-5:]))

    def names(self):
        """What came so far, without the signs of life."""
        while self.receive():
            pass
        return [next(iter(m)) for m in self.messages if "WATCHDOG" not in m]

    def stop(self):
        self.socket.close()


class Service(Gateway):
    """A gateway that is started as systemd starts one: with sockets from descriptor 3 on, and its own pid named."""

    def serve(self, manager=None, sockets=(), watchdog=None):
        """`sockets`: pairs of name and listening socket. `watchdog`: seconds."""
        words, env = [], dict(self.env)
        if manager:
            env["NOTIFY_SOCKET"] = manager.name
        if watchdog:
            env["WATCHDOG_USEC"] = "%d" % (watchdog * 1e6)
            words.append("WATCHDOG_PID=$$")
        if sockets:
            env |= {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(name for name, _ in sockets)}
            words.append("LISTEN_PID=$$")
        # By way of numbers that are surely free, in case that one of ours is 3 or 4.
        passed = [(s.fileno(), 200 + i, 3 + i) for i, (_, s) in enumerate(sockets)]

        def place():
            for ours, middle, _ in passed:
                os.dup2(ours, middle)
            for _, middle, last in passed:
                os.dup2(middle, last, inheritable=True)
                os.close(middle)

        command = "%s exec '%s' run --config '%s'" % (" ".join(words), binary(), self.path)
        with open(self.log_path, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(["bash", "-c", command], stdout=log, stderr=log, cwd=self.directory, env=env,
                                            start_new_session=True, preexec_fn=place, close_fds=not sockets)
        return self


@pytest.fixture
def manager(tmp_path, cleanup):
    return cleanup.add(Manager(str(tmp_path / "notify")))


@pytest.fixture
def make_service(make_recorder, redis, tmp_path, cleanup):
    def make(**options):
        options.setdefault("redis", "unix://%s?db=0 { prefix service }" % redis.path)
        return cleanup.add(Service(tmp_path / "service", upstream=make_recorder().address, **options))
    return make


@pytest.fixture
def listening(cleanup):
    """A listening socket of ours, as systemd would hold one."""
    opened = socket.create_server(("127.0.0.1", 0))
    yield opened
    opened.close()


# What it is told.

def test_ready_is_said_when_all_workers_serve_and_by_the_master(make_service, manager):
    service = make_service(workers=2).serve(manager)

    state = manager.wait("READY")

    assert service.fetch(target="/public/x").status == 200
    assert len(service.workers()) == 2
    assert state["pid"] == service.process.pid
    assert state["STATUS"] == "Serving with 2 worker(s) on 127.0.0.1:%d" % service.port
    assert manager.names() == ["READY"]


def test_an_abstract_socket_is_told_too(make_service, cleanup):
    manager = cleanup.add(Manager("@gatehouse-test-%d" % os.getpid()))
    make_service().serve(manager)

    assert manager.wait("READY")["READY"] == "1"


def test_reload_is_told_from_its_beginning_to_its_end(make_service, manager):
    service = make_service().serve(manager)
    manager.wait("READY")
    before = time.monotonic_ns() // 1000

    assert service.reload().returncode == 0

    begun = manager.wait("RELOADING")
    assert before <= int(begun["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    manager.wait("READY")
    assert manager.names() == ["READY", "RELOADING", "READY"]


def test_a_failed_reload_ends_ready_and_says_so(make_service, manager):
    service = make_service().serve(manager)
    manager.wait("READY")
    service.write_text(service.text() + "nonsense\n")

    assert service.reload().returncode == 78

    manager.wait("RELOADING")
    assert "the last reload failed: " in manager.wait("READY")["STATUS"]
    assert service.fetch(target="/public/x").status == 200


def test_the_end_is_told_with_the_time_that_it_may_take(make_service, manager):
    service = make_service(shutdown="grace 40s").serve(manager)
    manager.wait("READY")

    assert service.terminate() == 0

    state = manager.wait("STOPPING")
    assert 40e6 < int(state["EXTEND_TIMEOUT_USEC"]) < 70e6
    assert manager.names() == ["READY", "STOPPING"]


def test_a_start_that_fails_is_never_ready(make_service, manager, listening):
    service = make_service(listen="127.0.0.1:%d" % listening.getsockname()[1]).serve(manager)

    assert service.process.wait(10) == 73
    assert "READY" not in manager.names()


def test_a_manager_that_does_not_read_holds_nothing_up(make_service, manager):
    service = make_service().serve(manager, watchdog=0.02)
    wait_until(service.is_serving, 15, "the start")
    # Far more than the receive queue of a unix datagram socket holds.
    for _ in range(3):
        assert service.reload().returncode == 0
    assert service.fetch(target="/public/x").status == 200
    assert service.terminate() == 0


def test_children_are_not_told_of_the_manager(make_service, manager):
    service = make_service(redis="managed").serve(manager, watchdog=10)
    manager.wait("READY")

    for pid in service.workers() + [service.redis_pid()]:
        with open("/proc/%d/environ" % pid, "rb") as file:
            assert not re.search(rb"(^|\0)(NOTIFY_SOCKET|WATCHDOG_\w+|LISTEN_\w+)=", file.read())


# The watchdog.

def test_signs_of_life_come_often_enough_and_stop_with_the_master(make_service, manager):
    service = make_service().serve(manager, watchdog=0.4)
    manager.wait("READY")
    for _ in range(10):
        assert manager.wait("WATCHDOG", 0.4)["pid"] == service.process.pid

    service.signal(signal.SIGSTOP)
    while manager.receive():
        pass
    assert manager.receive(0.8) is None

    service.signal(signal.SIGCONT)
    manager.wait("WATCHDOG", 5)


def test_no_sign_of_life_while_no_worker_lives(make_service, manager):
    service = make_service(workers=1).serve(manager, watchdog=0.2)
    manager.wait("READY")
    # Each successor is held back longer than the one before; from 0.8 s on, silence can be told from chance.
    while not held_back(service):
        for pid in service.workers():
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    while manager.receive():
        pass

    assert manager.receive(0.3) is None

    manager.wait("WATCHDOG", 20)


def held_back(service):
    return any(e.get("restart_ms", 0) >= 800 for e in service.lines("process"))


@pytest.mark.slow
def test_a_worker_whose_loop_stands_still_is_replaced(make_service, manager):
    service = make_service(workers=2).serve(manager, watchdog=2)
    manager.wait("READY")
    stuck, other = service.workers()

    os.kill(stuck, signal.SIGSTOP)
    wait_until(lambda: not is_alive(stuck) and len(service.workers()) == 2, 25, "the replacement")

    assert other in service.workers()
    assert "it has not answered for" in service.log()
    manager.wait("WATCHDOG", 3)


# Sockets that the service manager opened.

def test_what_connects_before_the_start_is_served(make_service, manager, listening):
    early = socket.create_connection(listening.getsockname())
    early.sendall(b"GET /public/early HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
    service = make_service(listen="fd:http", workers=2).serve(manager, [("http", listening)])

    assert manager.wait("READY")["STATUS"].endswith(" on fd:http")
    early.settimeout(5)
    assert early.recv(100).startswith(b"HTTP/1.1 200 ")
    early.close()
    service.terminate()


def test_several_sockets_are_told_apart_by_name(make_service, manager, listening, tmp_path):
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "web"))
    unix.listen()
    service = make_service(listen="fd:web", top="listen fd:http").serve(manager, [("http", listening), ("web", unix)])
    manager.wait("READY")

    for address, family in ((listening.getsockname(), socket.AF_INET), (str(tmp_path / "web"), socket.AF_UNIX)):
        with socket.socket(family) as client:
            client.settimeout(5)
            client.connect(address)
            client.sendall(b"GET /public/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert service.terminate() == 0
    assert os.path.exists(tmp_path / "web"), "the name belongs to the service manager"
    unix.close()


def test_a_restart_refuses_nobody(make_service, manager, listening):
    service = make_service(listen="fd:http").serve(manager, [("http", listening)])
    manager.wait("READY")
    assert service.terminate() == 0

    between = socket.create_connection(listening.getsockname(), 2)
    between.sendall(b"GET /public/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
    service.serve(manager, [("http", listening)])

    between.settimeout(15)
    assert between.recv(100).startswith(b"HTTP/1.1 200 ")
    between.close()


def test_a_listener_can_be_dropped_and_taken_up_again(make_service, manager, listening):
    service = make_service(listen="fd:http").serve(manager, [("http", listening)])
    manager.wait("READY")
    other = "127.0.0.1:%d" % free_port()
    for listen in (other, "fd:http"):
        service.write(listen=listen)
        assert service.reload().returncode == 0

    with socket.create_connection(listening.getsockname(), 5) as client:
        client.sendall(b"GET /public/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("name, passed, words", [
    ("wbe", ["web"], "passed no such socket; it passed: web"),
    ("web", ["web", "web"], "passed several sockets of that name"),
    ("datagrams", ["web", "datagrams"], "passed no listening stream socket"),
])
def test_a_socket_that_cannot_serve_is_an_error(make_service, listening, name, passed, words):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        sockets = [(n, datagrams if n == "datagrams" else listening) for n in passed]
        service = make_service(listen="fd:" + name).serve(None, sockets)
        assert service.process.wait(10) == 73
    assert words in service.log()


def test_a_socket_that_no_listener_takes_is_told(make_service, manager, listening):
    service = make_service().serve(manager, [("http", listening)])
    manager.wait("READY")

    assert service.wait_line(lambda e: e.get("socket") == "fd:http")["level"] == "warning"


def test_an_upgrade_keeps_sockets_and_signs_of_life_and_is_told_as_a_reload(make_service, manager, listening, tmp_path):
    service = make_service(listen="fd:http").serve(manager, [("http", listening)], watchdog=1)
    manager.wait("READY")
    pid = service.process.pid
    copy = str(tmp_path / "gatehouse")
    shutil.copy(binary(), copy)

    for _ in range(2):
        assert service.command("upgrade", copy, "--config", service.path).returncode == 0

    assert manager.names() == ["READY", "RELOADING", "READY", "RELOADING", "READY"]
    assert {message["pid"] for message in manager.messages} == {pid}
    assert manager.wait("WATCHDOG", 2)["pid"] == pid
    # Dropped and taken up again: the manager's own socket came along, too.
    for listen in ("127.0.0.1:%d" % free_port(), "fd:http"):
        service.write(listen=listen)
        assert service.reload().returncode == 0
    with socket.create_connection(listening.getsockname(), 5) as client:
        client.sendall(b"GET /public/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert service.terminate() == 0


def test_an_upgrade_that_comes_back_ends_ready(make_service, manager):
    service = make_service().serve(manager)
    manager.wait("READY")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service.write_text(service.text(top="listen 127.0.0.1:%d" % taken.getsockname()[1]))
        assert service.command("upgrade", binary(), "--config", service.path).returncode == 1

    manager.wait("RELOADING")
    assert manager.wait("READY")["STATUS"].startswith("Serving with 1 worker")
    assert service.fetch(target="/public/x").status == 200


def test_started_by_the_first_connection(make_service, cleanup):
    program = shutil.which("systemd-socket-activate")
    if not program:
        pytest.skip("there is no systemd-socket-activate")
    port = free_port()
    service = make_service(listen="fd:http")
    with open(service.log_path, "ab") as log:
        service.process = subprocess.Popen(
            [program, "--listen=127.0.0.1:%d" % port, "--fdname=http", binary(), "run", "--config", service.path],
            stdout=log, stderr=log, cwd=service.directory, start_new_session=True)
    wait_until(lambda: "Listening on" in service.log(), 10, "the socket")
    assert not service.workers()

    with socket.create_connection(("127.0.0.1", port), 15) as client:
        client.sendall(b"GET /public/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert service.terminate() == 0


# The units.

@pytest.fixture
def units(tmp_path):
    """The directory of the units, in which the program is where this test has it."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    for name in os.listdir(ROOT + "/deploy"):
        if name.endswith((".service", ".socket")):
            with open(os.path.join(ROOT, "deploy", name)) as file:
                (tmp_path / name).write_text(file.read().replace("/usr/bin/gatehouse", binary()))
    return tmp_path


def test_units_are_well_formed(units):
    names = sorted(str(path) for path in units.iterdir() if path.suffix in (".service", ".socket"))

    result = subprocess.run(["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True)

    told = [line for line in result.stderr.splitlines() if str(units) in line or "gatehouse" in line]
    assert (result.returncode, told) == (0, [])


def test_the_service_is_exposed_little(units):
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(units / "gatehouse.service")],
        capture_output=True, text=True)

    assert result.returncode == 0, result.stdout[-600:]
    assert float(re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)[1]) <= 2.0
