"""The admin listener and /metrics: each number after what should move it."""

import json
import os
import signal
import socket
import time

import pytest

from harness.client import request
from harness.gateway import binary, settle
from harness.metrics import OPEN_METRICS, ask, promtool, scrape
from harness.redis_server import free_port
from harness.users import JSON, credentials, fresh_name, log_in, login, register
from harness.websocket import echo_tunnel, handshake
from harness.wire import wait_until

pytestmark = pytest.mark.processes

ROUTES = """
    route /* app user
    route /public/* app public
    route /staff/* app role staff
    route /deny/* - deny
    route /ws/* app user { websocket on }
    route /limited/* app public { limit 1/1m burst 1 per ip }
    route /small/* app public { body 1k }
    route /items/{id} app public
"""


@pytest.fixture(scope="module")
def gateway(make_module_gateway):
    """A gateway that nobody else asks anything, with an admin address."""
    port = free_port()
    gateway = make_module_gateway(workers=2, routes=ROUTES, top="admin 127.0.0.1:%d" % port)
    gateway.admin = ("127.0.0.1", port)
    return gateway


class Grown:
    """What samples grow by inside the block. Some numbers are told once a second."""

    def __init__(self, gateway, *expected):
        self.gateway, self.expected = gateway, expected

    def __enter__(self):
        self.before = scrape(self.gateway)

    def growth(self):
        now = scrape(self.gateway)
        return [now.get(name, **labels) - self.before.get(name, **labels) for name, labels, _ in self.expected]

    def __exit__(self, kind, *rest):
        if kind is not None:
            return
        wanted = [amount for _, _, amount in self.expected]
        try:
            wait_until(lambda: self.growth() == wanted, 4, "growth")
        except AssertionError:
            raise AssertionError("%s instead of %s of %s" % (self.growth(), wanted, self.expected)) from None


# The listener


@pytest.mark.parametrize("path,status,type", [
    ("/healthz", 200, "text/plain"), ("/readyz", 200, "text/plain"), ("/readyz?require=redis", 200, "text/plain"),
    ("/startupz", 200, "text/plain"), ("/status", 200, "application/json"), ("/metrics", 200, "text/plain; version=0.0.4"),
    ("/reload", 405, "text/plain"), ("/audit", 405, "text/plain"), ("/", 404, "text/plain"),
])
def test_admin_address_answers(gateway, path, status, type):
    response = ask(gateway, path, address=gateway.admin)
    assert response.status == status and response.getheader("Content-Type").startswith(type)


@pytest.mark.parametrize("path", ["/reload", "/audit", "/status", "/metrics", "/healthz", "/none"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_admin_address_changes_nothing(gateway, path, method):
    before = json.loads(ask(gateway, "/status").text)["generation"]
    response = ask(gateway, path, method=method, address=gateway.admin)
    assert response.status == 405 and response.getheader("Allow") == "GET, HEAD"
    assert json.loads(ask(gateway, "/status").text)["generation"] == before


def test_slow_and_many_clients_do_not_hurt(gateway):
    """More connections than there is room for, some of them in the middle of a request or of an answer."""
    clients = []
    try:
        for number in range(150):
            client = socket.create_connection(gateway.admin, timeout=5)
            if number % 3 == 1:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            if number % 3 == 2:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
            clients.append(client)
        began = time.monotonic()
        assert ask(gateway, "/healthz", address=gateway.admin).status == 200
        assert ask(gateway, "/healthz").status == 200
        assert time.monotonic() - began < 2
    finally:
        for client in clients:
            client.close()


def test_large_heads_are_refused(gateway):
    with socket.create_connection(gateway.admin, timeout=5) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 9000 + b"\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 431 ")


# The formats


def test_both_formats_say_the_same(gateway):
    register(gateway)
    settle(1.2)
    plain, open_metrics = scrape(gateway), scrape(gateway, OPEN_METRICS)
    assert plain.names() == open_metrics.names()
    changing = ("process_", "gatehouse_loop_")
    for key, value in plain.values.items():
        if not key[0].startswith(changing) and "le" not in dict(key[1]):
            assert open_metrics.values[key] == value, key


def test_promtool_has_nothing_to_say(gateway):
    register(gateway)
    finished = promtool("check", "metrics", text=ask(gateway, "/metrics").text)
    if finished is None:
        pytest.skip("promtool is not installed; the strict reader above has read it")
    assert finished.returncode == 0 and not finished.stderr + finished.stdout, finished.stderr


# What is counted


def test_requests(gateway):
    user = register(gateway)
    row = {"site": "*", "route": "/items/{id}"}
    with Grown(
            gateway,
            ("gatehouse_http_requests_total", {**row, "method": "GET", "code": "200"}, 3),
            ("gatehouse_http_requests_total", {**row, "method": "OTHER", "code": "200"}, 1),
            ("gatehouse_http_request_duration_seconds_count", row, 4),
            ("gatehouse_http_request_bytes_total", row, 5),
            ("gatehouse_auth_decisions_total", {**row, "decision": "allow"}, 4),
            ("gatehouse_overhead_seconds_count", {}, 4),
            ("gatehouse_upstream_responses_total", {"upstream": "app", "code": "200"}, 4),
            ("gatehouse_upstream_first_byte_duration_seconds_count", {"upstream": "app"}, 4)):
        for number in range(3):
            assert gateway.fetch("GET", "/items/%d" % number, user.headers).status == 200
        assert gateway.fetch("BREW", "/items/pot", user.headers, b"water").status == 200


def test_connections(gateway):
    listener = {"listener": "127.0.0.1:%d" % gateway.port}
    before = scrape(gateway).get("gatehouse_connections_open", **listener)
    with Grown(
            gateway,
            ("gatehouse_connections_total", {**listener, "proto": "http/1.1"}, 2),
            ("gatehouse_connections_open", listener, 0)):
        with gateway.client() as one, gateway.client() as other:
            for client in (one, other):
                assert client.exchange(request("GET", "/public/a")).status == 200
            assert scrape(gateway).get("gatehouse_connections_open", **listener) == before + 2


def test_what_is_not_for_a_route(gateway):
    with Grown(
            gateway,
            ("gatehouse_http_requests_total", {"site": "*", "route": "/_auth/*", "method": "GET", "code": "200"}, 1),
            ("gatehouse_http_requests_total", {"site": "_", "route": "_", "code": "400"}, 1),
            ("gatehouse_http_bad_requests_total", {"reason": "path"}, 1),
            ("gatehouse_http_bad_requests_total", {"reason": "framing"}, 1),
            ("gatehouse_http_bad_requests_total", {"reason": "too_large"}, 2),
            ("gatehouse_http_bad_requests_total", {"reason": "header"}, 1),
            ("gatehouse_http_bad_requests_total", {"reason": "target"}, 0)):
        assert gateway.fetch("GET", "/_auth/login").status == 200
        assert gateway.fetch("GET", "/a/../b").status == 400
        assert gateway.fetch("POST", "/x", [("Content-Length", "1"), ("Transfer-Encoding", "chunked")]).status == 400
        assert gateway.fetch("GET", "/public/" + "a" * 9000).status == 414
        assert gateway.fetch("POST", "/small/x", body=b"a" * 2000).status == 413
        assert gateway.fetch("GET", "/public/x", [("X_User_Id", "1")]).status == 400


def test_decisions(gateway):
    user = register(gateway)
    with Grown(
            gateway,
            ("gatehouse_auth_decisions_total", {"route": "/*", "decision": "401"}, 1),
            ("gatehouse_auth_decisions_total", {"route": "/*", "decision": "login_redirect"}, 1),
            ("gatehouse_auth_decisions_total", {"route": "/*", "decision": "csrf"}, 1),
            ("gatehouse_auth_decisions_total", {"route": "/staff/*", "decision": "403"}, 1),
            ("gatehouse_auth_decisions_total", {"route": "/limited/*", "decision": "429"}, 1),
            ("gatehouse_auth_decisions_total", {"route": "/limited/*", "decision": "allow"}, 1),
            ("gatehouse_rate_limited_total", {"route": "/limited/*", "scope": "ip"}, 1),
            ("gatehouse_session_checks_total", {"realm": "main", "result": "none"}, 2),
            ("gatehouse_session_checks_total", {"realm": "main", "result": "bad_signature"}, 1),
            ("gatehouse_session_checks_total", {"realm": "main", "result": "ok"}, 2),
            ("gatehouse_session_check_duration_seconds_count", {}, 2)):
        assert gateway.fetch("GET", "/a").status == 401
        assert gateway.fetch("GET", "/a", [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")]).status == 303
        assert gateway.fetch("POST", "/a", {**user.headers, "Sec-Fetch-Site": "cross-site"}, b"x").status == 403
        assert gateway.fetch("GET", "/staff/a", user.headers).status == 403
        broken = {"Cookie": user.headers["Cookie"][:-8] + "AAAAAAAA"}
        assert gateway.fetch("GET", "/deny/a", broken).status == 403
        assert gateway.fetch("GET", "/staff/a", broken).status == 401
        assert [gateway.fetch("GET", "/limited/a").status for _ in range(2)] == [200, 429]


def test_logins_and_sessions(gateway):
    user = register(gateway)
    with Grown(
            gateway,
            ("gatehouse_registrations_total", {"realm": "main", "result": "ok"}, 1),
            ("gatehouse_registrations_total", {"realm": "main", "result": "refused"}, 1),
            ("gatehouse_logins_total", {"realm": "main", "result": "ok"}, 1),
            ("gatehouse_logins_total", {"realm": "main", "result": "bad_credentials"}, 2),
            ("gatehouse_sessions_created_total", {"realm": "main"}, 2),
            ("gatehouse_sessions_ended_total", {"realm": "main", "reason": "logout"}, 1)):
        other = register(gateway)
        assert gateway.fetch("POST", "/_auth/register", JSON, credentials(other.name)).status == 409
        assert login(gateway, user.name).status == 200
        assert login(gateway, user.name, "not the password").status == 401
        assert login(gateway, "nobody@example.org", "not the password").status == 401
        assert gateway.fetch("POST", "/_auth/logout", {**user.headers, **JSON}, b"{}").status in (200, 204)


def ended(reason, amount, realm="main"):
    return ("gatehouse_sessions_ended_total", {"realm": realm, "reason": reason}, amount)


def test_sessions_that_operators_end(gateway):
    """Commands work on Redis by themselves, and tell the gateway."""
    names = [fresh_name("ended") for _ in range(4)]
    for name in names:
        register(gateway, name)
        log_in(gateway, name)

    def command(*words, stdin=None):
        assert gateway.command(*words, "--config", gateway.path, stdin=stdin).returncode == 0

    with Grown(gateway, ended("revoked", 2), ended("user_disabled", 4), ended("password", 2), ended("logout", 0)):
        command("session", "kill", "--user", names[0])
        command("user", "disable", names[1])
        command("user", "delete", "--yes", names[2])
        command("user", "passwd", names[3], stdin="another password\n")
    with Grown(gateway, ended("revoked", 0)):
        assert ask(gateway, "/audit?event=session_revoked&text.realm=other&number.sessions=3", "POST").status == 200
        assert ask(gateway, "/audit?event=session_revoked&text.realm=main&number.sessions=-3", "POST").status == 200


def test_sessions_that_users_end_elsewhere(gateway):
    user = register(gateway)
    others = [log_in(gateway, user.name) for _ in range(3)]
    with Grown(gateway, ended("revoked", 3), ended("logout", 0)):
        assert gateway.fetch("DELETE", "/_auth/sessions", {**user.headers, **JSON}).status == 204
        assert gateway.fetch("GET", "/a", others[0].headers).status == 401
    log_in(gateway, user.name)
    with Grown(gateway, ended("revoked", 0), ended("logout", 2)):
        assert gateway.fetch("POST", "/_auth/logout", {**user.headers, **JSON}, b'{"everywhere":true}').status == 204


def test_expired_sessions_are_counted_at_the_next_login(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    user = register(gateway)
    second = log_in(gateway, user.name)
    with Grown(gateway, ended("expired", 2), ended("evicted", 0)):
        for session in (user, second):
            assert redis("PEXPIRE", session.key(), "1") == 1
        wait_until(lambda: redis("EXISTS", user.key(), second.key()) == 0, 2, "their end")
        assert gateway.fetch("GET", "/a", user.headers).status == 401
        assert gateway.command("session", "list", "--json", "--config", gateway.path).returncode == 0
        log_in(gateway, user.name)
        log_in(gateway, user.name)


def test_what_a_check_says(make_gateway, make_redis):
    """Also what the access log calls it."""
    redis = make_redis()
    gateway = make_gateway(
        redis="unix://%s?db=0" % redis.path, realm="bearer on\n",
        extra="realm staff {\n    users people\n    endpoints /_staff\n    bearer on\n}",
        routes="realm main\nroute /* app user\nroute /staff/* app user { realm staff }")
    user = register(gateway)

    def check(realm, result):
        return ("gatehouse_session_checks_total", {"realm": realm, "result": result}, 1)

    def said(target, headers):
        status = gateway.fetch("GET", target, headers).status
        return status, gateway.wait_line(lambda e: e.get("path") == target, "access")["auth"]

    with Grown(gateway, check("staff", "wrong_realm"), ("gatehouse_session_checks_total", {"realm": "staff"}, 1)):
        assert said("/staff/token", {"Authorization": "Bearer " + user.ticket}) == (401, "wrong_realm")
    with Grown(gateway, check("staff", "wrong_realm")):
        assert said("/staff/cookie", {"Cookie": "__Host-staff=" + user.ticket}) == (401, "wrong_realm")
    with Grown(gateway, check("staff", "bad_signature")):
        assert said("/staff/made-up", {"Cookie": "__Host-staff=" + user.ticket[:-4] + "AAAA"}) == (401, "bad_signature")
    renewed = gateway.fetch("POST", "/_auth/session", {**user.headers, **JSON}, b"{}")
    assert renewed.status == 200
    with Grown(gateway, check("main", "grace")):
        assert said("/renewed", user.headers) == (200, "grace")
    # Redis keeps the record, but its own end has passed.
    record = json.loads(redis("GET", user.key()))
    record["g"] = 1
    assert redis("SET", user.key(), json.dumps(record, separators=(",", ":"))) == b"OK"
    with Grown(gateway, check("main", "expired")):
        assert said("/expired", user.headers) == (401, "expired")
    redis("DEL", user.key())
    with Grown(gateway, check("main", "absent")):
        assert said("/gone", user.headers) == (401, "absent")


def test_websockets(gateway):
    user = register(gateway)
    with Grown(
            gateway,
            ("gatehouse_websockets_open", {"route": "/ws/*"}, 0),
            ("gatehouse_websockets_closed_total", {"reason": "client"}, 1),
            ("gatehouse_http_requests_total", {"route": "/ws/*", "code": "101"}, 1),
            ("gatehouse_http_requests_in_flight", {"site": "*"}, 0)):
        before = scrape(gateway)
        gateway.recorder.on("/ws/metrics", echo_tunnel)
        with handshake(gateway, "/ws/metrics", user.headers):
            now = scrape(gateway)
            assert now.get("gatehouse_websockets_open", route="/ws/*") == before.get("gatehouse_websockets_open", route="/ws/*") + 1
            assert now.get("gatehouse_http_requests_in_flight", site="*") == before.get("gatehouse_http_requests_in_flight", site="*") + 1


def test_status_tells_people_how_servers_and_redis_are(make_gateway, make_redis):
    redis = make_redis()
    gone = "127.0.0.1:%d" % free_port()
    gateway = make_gateway(
        redis="unix://%s?db=0" % redis.path, upstream=gone, workers=2,
        upstream_options="server 127.0.0.1:%d\nhealth GET / every 200ms timeout 150ms rise 1 fall 1" % free_port())

    def status():
        return gateway.command("status", "--config", gateway.path).stdout.splitlines()

    lines = wait_until(lambda: [li for li in status() if li.startswith("upstream ") and "DOWN" in li], 10, "its state")
    assert lines[0] == "upstream       app %s DOWN, connections active 0, idle 0" % gone
    assert len([li for li in status() if li.startswith("upstream ")]) == 2
    assert "redis          reached by every worker" in status()
    redis.stop()
    wait_until(lambda: "redis          not reached by every worker" in status(), 5, "the outage")


def test_build_is_told_alike(gateway):
    told = json.loads(gateway.command("version", "--json").stdout)
    assert scrape(gateway).labels("gatehouse_build_info") == [
        {"version": told["gatehouse"], "swift": told["swift"], "commit": told["commit"]}]


def test_upstream_errors(make_gateway):
    gateway = make_gateway(upstream="127.0.0.1:%d" % free_port())
    user = register(gateway)
    with Grown(
            gateway,
            ("gatehouse_upstream_errors_total", {"upstream": "app", "kind": "connect"}, 2),
            ("gatehouse_http_requests_total", {"route": "/public/*", "code": "502"}, 2)):
        for _ in range(2):
            assert gateway.fetch("GET", "/public/a", user.headers).status == 502


def test_redis_that_goes_and_comes_back(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    assert scrape(gateway).get("gatehouse_redis_up") == 1
    reconnects = scrape(gateway).get("gatehouse_redis_reconnects_total")
    redis.stop()
    wait_until(lambda: scrape(gateway).get("gatehouse_redis_up") == 0, 5, "redis_up 0")
    assert ask(gateway, "/readyz").status == 200
    assert ask(gateway, "/readyz?require=redis").status == 503
    redis.start()
    wait_until(lambda: scrape(gateway).get("gatehouse_redis_up") == 1, 10, "redis_up 1")
    wait_until(lambda: scrape(gateway).get("gatehouse_redis_reconnects_total") > reconnects, 5, "a reconnect")
    assert scrape(gateway).get("gatehouse_redis_errors_total", kind="closed") >= 1


# What stays


def test_counters_never_go_down(make_gateway):
    """Over the death of a worker, and over reloads with other routes."""
    gateway = make_gateway(workers=2)
    name, row = "gatehouse_http_requests_total", {"route": "/public/*", "code": "200"}
    seen = [0.0]

    def check():
        seen.append(scrape(gateway).get(name, **row))
        assert seen[-1] >= seen[-2], seen

    for turn in range(3):
        for _ in range(10):
            assert gateway.fetch("GET", "/public/a").status == 200
        wait_until(lambda: scrape(gateway).get(name, **row) == 10 * (turn + 1), 3, "the requests")
        check()
        if turn == 0:
            victim = gateway.workers()[0]
            os.kill(victim, signal.SIGKILL)
            for _ in range(20):
                check()
                settle(0.02)
            wait_until(lambda: scrape(gateway).get("gatehouse_workers") == 2, 10, "a new worker")
        if turn == 1:
            gateway.write(routes="    route /public/* app public\n    route /new/* app public\n")
            assert gateway.reload().returncode == 0
        check()
    assert scrape(gateway).get("gatehouse_config_reloads_total", result="success") == 1
    gateway.write(routes="    route /public/* app publik\n")
    assert gateway.reload().returncode == 78
    metrics = scrape(gateway)
    assert metrics.get("gatehouse_config_reloads_total", result="rejected") == 1
    assert metrics.get("gatehouse_config_last_reload_successful") == 0


def test_no_client_chooses_a_label(gateway):
    before = scrape(gateway)
    for number in range(30):
        gateway.fetch("M%d" % number, "/public/%d" % number, [("User-Agent", "agent-%d" % number)])
        gateway.fetch("GET", "/public/x", host="host-%d.example.org" % number)
        login(gateway, "name-%d" % number, "wrong password")
    after = scrape(gateway)
    fresh = set(after.values) - set(before.values)
    assert not [labels for name, labels in fresh if any("%d" % 7 in value and key not in ("le", "code") for key, value in labels)]
    assert {labels["method"] for labels in after.labels("gatehouse_http_requests_total")} <= {
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "OTHER"}


def test_counters_go_on_over_an_upgrade(make_gateway):
    gateway = make_gateway()
    name, row = "gatehouse_http_requests_total", {"route": "/public/*", "code": "200"}
    for _ in range(5):
        assert gateway.fetch("GET", "/public/a").status == 200
    wait_until(lambda: scrape(gateway).get(name, **row) == 5, 3, "the requests")
    started = scrape(gateway).get("gatehouse_start_time_seconds")
    old = set(gateway.workers())
    finished = gateway.command("upgrade", "--config", gateway.path, binary())
    assert finished.returncode == 0, finished.stderr
    assert scrape(gateway).get(name, **row) == 5
    wait_until(lambda: not old & set(gateway.workers()), 10, "the end of the old workers")
    assert scrape(gateway).get(name, **row) == 5
    assert gateway.fetch("GET", "/public/a").status == 200
    wait_until(lambda: scrape(gateway).get(name, **row) == 6, 3, "one more")
    assert abs(scrape(gateway).get("gatehouse_start_time_seconds") - started) <= 1
