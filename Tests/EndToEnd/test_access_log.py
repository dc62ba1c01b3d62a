"""The access log: how each exchange ended and what took how long; and a log that cannot be written hurts nobody."""

import glob
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from harness.client import request
from harness.gateway import settle
from harness.metrics import scrape
from harness.redis_server import free_port
from harness.users import register
from harness.websocket import echo_tunnel, handshake
from harness.wire import wait_until

pytestmark = pytest.mark.processes

ROUTES = """
    route /* app user
    route /public/* app public
    route /ws/* app user { websocket on }
    route /small/* app public { body 1k }
    route /limited/* app public { limit 1/1m burst 1 per ip }
"""


@pytest.fixture(scope="module")
def gateway(make_module_gateway):
    return make_module_gateway(
        routes=ROUTES, timeouts="header 1s\nbody_idle 1s\nwrite_idle 1s\nkeepalive 5s",
        upstream_options="response_timeout 1s")


def lines(gateway):
    found = []
    for line in gateway.log().splitlines():
        if line.startswith("{") and '"log":"access"' in line:
            found.append(json.loads(line))
    return found


def line_of(gateway, path, count=1, **wanted):
    """The access line about `path`, once it is there."""
    def find():
        return [line for line in lines(gateway) if line.get("path") == path
                and all(line.get(key) == value for key, value in wanted.items())]
    wait_until(lambda: len(find()) >= count, 6, "the line about %s" % path)
    return find()[-1]


# How it ended


def test_ok_with_the_time_of_each_phase(gateway):
    user = register(gateway)

    def slow(exchange):
        settle(0.1)
        exchange.reply(200, b"late")

    gateway.recorder.on("/a/timed", slow)
    assert gateway.fetch("GET", "/a/timed", user.headers).status == 200
    line = line_of(gateway, "/a/timed")
    took = line["t"]
    assert line["end"] == "ok" and line["peer"] == "127.0.0.1"
    assert set(took) == {"total", "read", "auth", "connect", "first_byte", "own"}
    assert took["first_byte"] >= 99 and took["own"] < 50 and took["auth"] < 50
    assert took["total"] >= took["read"] + took["auth"] + took["connect"] + took["first_byte"]
    assert took["own"] <= took["total"] - took["first_byte"] + 1


def test_a_slow_head_is_time_to_read(gateway):
    with gateway.client() as client:
        client.send(b"GET /public/slow-head HTTP/1.1\r\n")
        settle(0.2)
        client.send(b"Host: app.test\r\n\r\n")
        assert client.read().status == 200
    took = line_of(gateway, "/public/slow-head")["t"]
    assert 190 <= took["read"] <= took["total"] and took["own"] < 100


def test_client_abort(gateway):
    gate = threading.Event()
    gateway.recorder.on("/public/abort", lambda exchange: gate.wait(5))
    client = gateway.client()
    client.send(request("GET", "/public/abort"))
    gateway.recorder.wait_for("/public/abort")
    client.reset()
    line = line_of(gateway, "/public/abort")
    gate.set()
    assert line["end"] == "client_abort" and line["status"] == 499


def test_upstream_abort(gateway):
    def cut(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        exchange.close()

    gateway.recorder.on("/public/cut", cut)
    gateway.recorder.on("/public/none", lambda exchange: exchange.close())
    with gateway.client() as client:
        client.send(request("GET", "/public/cut"))
        client.read_head()
    assert line_of(gateway, "/public/cut")["end"] == "upstream_abort"
    assert gateway.fetch("POST", "/public/none", body=b"x").status == 502
    assert line_of(gateway, "/public/none")["end"] == "upstream_abort"


def test_upstream_timeout(gateway):
    gate = threading.Event()
    gateway.recorder.on("/public/never", lambda exchange: gate.wait(5))
    assert gateway.fetch("GET", "/public/never").status == 504
    gate.set()
    line = line_of(gateway, "/public/never")
    assert line["end"] == "upstream_timeout" and line["t"]["own"] < 500 <= line["t"]["total"]


def test_client_timeout(gateway):
    with gateway.client() as client:
        client.send(b"POST /public/slow-body HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nab")
        assert client.read().status == 408
    assert line_of(gateway, "/public/slow-body")["end"] == "client_timeout"
    before = len([line for line in lines(gateway) if line["end"] == "client_timeout"])
    with gateway.client() as client:
        client.send(b"GET /public/never-whole HTTP/1.1\r\n")
        assert client.read().status == 408
    wait_until(lambda: len([line for line in lines(gateway) if line["end"] == "client_timeout"]) > before, 3, "the line")


def test_limit(gateway):
    assert [gateway.fetch("GET", "/limited/a").status for _ in range(2)] == [200, 429]
    assert line_of(gateway, "/limited/a", status=429)["end"] == "limit"
    assert gateway.fetch("POST", "/small/a", body=b"a" * 2000).status == 413
    assert line_of(gateway, "/small/a")["end"] == "limit"


def test_bad_request(gateway):
    assert gateway.fetch("GET", "/public/../x").status == 400
    with gateway.client() as client:
        client.send(b"POST /public/bad-chunk HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert client.read().status == 400
    assert line_of(gateway, "/public/bad-chunk")["end"] == "bad_request"


def test_revoked(gateway):
    user = register(gateway)
    gateway.recorder.on("/ws/revoked", echo_tunnel)
    with handshake(gateway, "/ws/revoked", user.headers) as tunnel:
        assert tunnel.response.status == 101
        opened = line_of(gateway, "/ws/revoked")
        assert opened["status"] == 101 and opened["end"] == "upgrade"
        tunnel.send(b"\x81\x80abcd" * 3)
        assert gateway.fetch("POST", "/_auth/logout", {**user.headers, "Content-Type": "application/json"}, b"{}").status in (200, 204)
        ended = line_of(gateway, "/ws/revoked", end="revoked")
    assert ended["bytes_in"] >= 18 and ended["t"]["total"] >= opened["t"]["total"]
    assert len([line for line in lines(gateway) if line.get("path") == "/ws/revoked"]) == 2


def test_expired(make_gateway):
    gateway = make_gateway(routes=ROUTES, realm="idle 5s\nabsolute 7s", session="key_file state/session.key\ntouch 1s")
    user = register(gateway)
    gateway.recorder.on("/ws/expired", echo_tunnel)
    with handshake(gateway, "/ws/expired", user.headers) as tunnel:
        assert tunnel.response.status == 101

        def find():
            return [line for line in lines(gateway) if line.get("path") == "/ws/expired" and line["end"] != "upgrade"]

        wait_until(find, 15, "the end of the tunnel")
        assert find()[-1]["end"] == "expired"


def test_drain(make_gateway):
    gateway = make_gateway(routes=ROUTES, shutdown="grace 1s")
    user = register(gateway)
    gate = threading.Event()
    gateway.recorder.on("/ws/drain", echo_tunnel)
    gateway.recorder.on("/public/drain", lambda exchange: gate.wait(8))
    tunnel = handshake(gateway, "/ws/drain", user.headers)
    client = gateway.client()
    client.send(request("GET", "/public/drain"))
    gateway.recorder.wait_for("/public/drain")
    gateway.terminate()
    gate.set()
    tunnel.client.close()
    client.close()
    assert line_of(gateway, "/ws/drain", status=101, end="drain")
    assert line_of(gateway, "/public/drain")["end"] == "drain"


# Files


class Load:
    """Numbered requests from several threads until told to stop; each is answered, or a failure."""

    def __init__(self, gateway, threads=4):
        self.gateway, self.count, self.failures = gateway, 0, []
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        with self.gateway.client() as client:
            while not self.stopping.is_set():
                with self.lock:
                    self.count += 1
                    number = self.count
                try:
                    status = client.exchange(request("GET", "/public/n%d" % number)).status
                    if status != 200:
                        self.failures.append(status)
                except Exception as error:
                    self.failures.append(repr(error))
                    return

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(10)
        assert not self.failures, self.failures[:5]
        return self.count


def test_files_moved_away_under_load_lose_and_double_no_line(make_gateway):
    gateway = make_gateway(workers=2, log="access ./access.log", routes=ROUTES)
    path = gateway.directory + "/access.log"
    load = Load(gateway)
    for turn in range(8):
        settle(0.1)
        os.rename(path, path + ".%d" % turn)
        gateway.signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(path), 5, "a new file")
    count = load.stop()
    gateway.terminate()
    seen = []
    for name in glob.glob(path + "*"):
        with open(name) as file:
            found = [json.loads(line) for line in file]
        seen += [line["path"] for line in found if line["log"] == "access"]
    assert sorted(seen) == sorted("/public/n%d" % (number + 1) for number in range(count))


def test_full_disk(make_gateway, tmp_path):
    """A log on a file system of 64 KB: requests go on, lines are dropped and counted, and logged again once there is room."""
    disk = str(tmp_path / "disk")
    os.mkdir(disk)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        gateway = make_gateway(log="access %s/access.log" % disk, routes=ROUTES)
        with open(disk + "/other", "wb") as other:
            other.write(b"a" * 16384)
        load = Load(gateway, threads=2)
        wait_until(lambda: scrape(gateway).get("gatehouse_log_dropped_total") > 0, 20, "dropped lines")
        load.stop()
        with open(disk + "/access.log") as file:
            whole = [line for line in file.read().split("\n")[:-1]]
        for line in whole[:-1]:
            json.loads(line)
        os.truncate(disk + "/access.log", 0)
        os.remove(disk + "/other")
        assert gateway.fetch("GET", "/public/room").status == 200

        def has_line():
            with open(disk + "/access.log") as file:
                return '"path":"/public/room"' in file.read()

        wait_until(has_line, 5, "a line once there is room")
        assert gateway.terminate() == 0
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("reader", ["stops", "goes"])
def test_a_pipe_whose_reader(make_gateway, reader):
    """Access lines go to standard output; whoever reads it there stops reading, or is gone."""
    gateway = make_gateway(start=False, log="access on", routes=ROUTES)
    read_end, write_end = os.pipe()
    log = open(gateway.log_path, "ab")
    gateway.log_start = 0
    from harness.gateway import binary
    gateway.process = subprocess.Popen(
        [binary(), "run", "--config", gateway.path], stdout=write_end, stderr=log, cwd=gateway.directory,
        env=gateway.env, start_new_session=True)
    os.close(write_end)
    log.close()
    wait_until(gateway.is_serving, 20, "the gateway's start")
    if reader == "goes":
        os.close(read_end)
    load = Load(gateway, threads=2)
    wait_until(lambda: scrape(gateway).get("gatehouse_log_dropped_total") > 0, 60, "dropped lines")
    load.stop()
    began = time.monotonic()
    assert gateway.fetch("GET", "/public/x").status == 200
    assert time.monotonic() - began < 2
    if reader == "stops":
        # Reading again, whole lines come.
        chunks = []

        def read():
            while True:
                data = os.read(read_end, 65536)
                if not data:
                    return
                chunks.append(data)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()

        def has_again():
            # The first of these may come while there is still no room for its line.
            assert gateway.fetch("GET", "/public/again").status == 200
            return b'"path":"/public/again"' in b"".join(chunks)

        wait_until(has_again, 20, "lines again")
        for line in b"".join(chunks).split(b"\n")[:-1]:
            json.loads(line)
    assert gateway.terminate() == 0
