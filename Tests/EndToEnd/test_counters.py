"""What `status` counts: each number seen from outside, after what should move it and nothing else."""

import json
import signal

import pytest

from harness.client import request
from harness.redis_server import free_port
from harness.users import JSON, credentials, login, register
from harness.wire import wait_until

pytestmark = pytest.mark.processes

NONE = {"logins": 0, "loginFailures": 0, "loginsThrottled": 0, "rateLimited": 0, "sessionsUnavailable": 0, "badRequests": 0, "ownFailures": 0,
        "upstreamErrors": 0, "connectionsRejected": 0, "logLinesDropped": 0}


@pytest.fixture(scope="module")
def gateway(make_module_gateway):
    """A gateway that nobody else asks anything."""
    return make_module_gateway()


def counters(gateway):
    finished = gateway.command("status", "--json", "--config", gateway.path)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)["counters"]


class Counted:
    """What the counters grow by inside the block; the last request of it may be counted a moment after its answer."""

    def __init__(self, gateway, **expected):
        self.gateway, self.expected = gateway, {**NONE, **expected}

    def __enter__(self):
        self.before = counters(self.gateway)

    def growth(self):
        now = counters(self.gateway)
        return {name: now[name] - self.before[name] for name in self.expected}

    def __exit__(self, kind, *rest):
        if kind is None:
            wait_until(lambda: self.growth() == self.expected, 3, "growth by %s" % self.expected)


def test_requests_and_connections(gateway):
    user = register(gateway)
    with Counted(gateway, requests=5, connections=1, sessionChecks=3):
        with gateway.client() as client:
            for _ in range(3):
                assert client.exchange(request("GET", "/a", user.headers)).status == 200
            for _ in range(2):
                assert client.exchange(request("GET", "/public/a", user.headers)).status == 200


def test_logins(gateway):
    user = register(gateway)
    with Counted(gateway, requests=2, logins=1, loginFailures=1):
        assert login(gateway, user.name).status == 200
        assert login(gateway, user.name, "something else").status == 401
    with Counted(gateway, requests=1):
        assert gateway.fetch("POST", "/_auth/register", JSON, credentials("counted")).status == 201


@pytest.mark.parametrize("head, status", [
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), (b"GET /%2e%2e%2f HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nx: " + b"y" * 100_000, 431),
])
def test_bad_requests(gateway, head, status):
    with Counted(gateway, requests=1, connections=1, badRequests=1):
        with gateway.client() as client:
            client.send(head)
            assert client.read().status == status


def test_client_that_leaves_is_no_bad_request(gateway):
    with Counted(gateway, requests=1, connections=1):
        with gateway.client() as client:
            client.send(b"POST /public/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            client.reset()


def test_outage_of_redis(make_gateway, faulty):
    gateway = make_gateway(redis=faulty.url + " { timeout 250ms }")
    user = register(gateway)
    faulty.set_mode("refuse")
    with Counted(gateway, requests=2, sessionChecks=1, sessionsUnavailable=1, ownFailures=1):
        assert gateway.fetch("GET", "/a", user.headers).status == 503
        assert gateway.fetch("GET", "/public/a").status == 200


def test_upstream_errors(make_gateway):
    gateway = make_gateway(upstream="127.0.0.1:%d" % free_port())
    with Counted(gateway, requests=1, ownFailures=1, upstreamErrors=1):
        assert gateway.fetch("GET", "/public/a").status == 502


def test_counts_outlive_their_workers(make_gateway):
    gateway = make_gateway(workers=2)
    with Counted(gateway, requests=20):
        for _ in range(10):
            assert gateway.fetch("GET", "/public/a").status == 200
        old = gateway.workers()
        assert gateway.reload().returncode == 0
        wait_until(lambda: not set(old) & set(gateway.workers()), 10, "the end of the old workers")
        for _ in range(10):
            assert gateway.fetch("GET", "/public/a").status == 200


def test_dump_has_the_same_numbers(gateway):
    gateway.fetch("GET", "/public/a")
    wait_until(lambda: counters(gateway)["requests"] > 0, 3, "the count")
    gateway.signal(signal.SIGUSR2)
    line = gateway.wait_line(lambda entry: entry.get("msg") == "state" and entry["process"] == "master")
    assert line["state"]["counters"]["requests"] == counters(gateway)["requests"]
