"""`limit` on routes: so many requests in a time, over all workers, and 429 with when to come back."""

import threading

import pytest

from harness.users import log_in, register
from harness.wire import wait_until

pytestmark = pytest.mark.limits

ROUTES = """
    route /* app user
    route /user/* app user { limit 3/1h per user }
    route /ip/* app public { limit 3/1h per ip }
    route /session/* app user { limit 2/1h per session }
    route /open/* app optional { limit 2/1h per user }
    route /fast/* app public { limit 20/s burst 5 per ip }
    route /two/* app user {
        limit 100/1h per ip
        limit 2/1h per user
    }
    route /flood/* app public { limit 50/1h per ip }
    route /login/* app user { limit 1/1h per ip }
"""


@pytest.fixture(scope="module")
def private(make_module_gateway):
    return make_module_gateway("limits", routes=ROUTES, workers=2, top="trust_proxy 127.0.0.0/8")


def statuses(gateway, path, count, headers=()):
    return [gateway.fetch("GET", path, dict(headers)).status for _ in range(count)]


def test_user_has_so_many_requests_from_wherever(private):
    user, other = register(private), register(private)
    again = log_in(private, user.name)
    assert statuses(private, "/user/a", 2, user.headers) == [200, 200]
    assert statuses(private, "/user/b", 2, {**again.headers, "X-Forwarded-For": "192.0.2.1"}) == [200, 429]
    assert statuses(private, "/user/a", 1, other.headers) == [200]
    assert statuses(private, "/elsewhere", 3, user.headers) == [200] * 3


def test_refusal_says_when_to_come_back(private):
    headers = {"X-Forwarded-For": "192.0.2.20"}
    assert statuses(private, "/ip/x", 3, headers) == [200] * 3
    mark = private.recorder.mark()
    response = private.fetch("GET", "/ip/x", headers)
    assert response.status == 429 and not private.recorder.since(mark)
    problem = response.json()
    assert problem["code"] == "throttled" and problem["retry_after"] == int(response.get("retry-after"))
    assert 1100 <= int(response.get("retry-after")) <= 1200
    assert response.get("ratelimit-limit") == "3" and response.get("ratelimit-remaining") == "0"
    assert 3500 <= int(response.get("ratelimit-reset")) <= 3600
    page = private.fetch("GET", "/ip/x", {**headers, "Accept": "text/html"})
    assert page.status == 429 and page.get("content-type").startswith("text/html")
    assert statuses(private, "/ip/x", 1, {"X-Forwarded-For": "192.0.2.21"}) == [200]


def test_an_ipv6_client_is_its_64(private):
    assert statuses(private, "/ip/x", 2, {"X-Forwarded-For": "2001:db8:9::1"}) == [200] * 2
    assert statuses(private, "/ip/x", 2, {"X-Forwarded-For": "2001:db8:9::2"}) == [200, 429]
    assert statuses(private, "/ip/x", 1, {"X-Forwarded-For": "2001:db8:9:1::2"}) == [200]


def test_sessions_of_a_user_have_their_own(private):
    user = register(private)
    again = log_in(private, user.name)
    assert statuses(private, "/session/x", 3, user.headers) == [200, 200, 429]
    assert statuses(private, "/session/x", 3, again.headers) == [200, 200, 429]


def test_who_is_not_signed_in_counts_by_address(private):
    user = register(private)
    assert statuses(private, "/open/x", 3, {"X-Forwarded-For": "192.0.2.30"}) == [200, 200, 429]
    assert statuses(private, "/open/x", 2, {"X-Forwarded-For": "192.0.2.31"}) == [200, 200]
    assert statuses(private, "/open/x", 3, {**user.headers, "X-Forwarded-For": "192.0.2.30"}) == [200, 200, 429]


def test_every_limit_of_a_route_counts(private):
    user = register(private)
    assert statuses(private, "/two/x", 3, user.headers) == [200, 200, 429]


def test_bucket_fills_again(private):
    headers = {"X-Forwarded-For": "192.0.2.40"}
    wait_until(lambda: 429 in statuses(private, "/fast/x", 12, headers), 5, "an empty bucket")
    wait_until(lambda: statuses(private, "/fast/x", 1, headers) == [200], 2, "a token", 0.02)


def test_workers_and_connections_share_the_bucket(private):
    found = []

    def run():
        with private.client() as client:
            for _ in range(20):
                found.append(client.exchange(
                    b"GET /flood/x HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: 192.0.2.50\r\n\r\n").status)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 160 and found.count(200) == 50 and found.count(429) == 110


def test_who_may_not_use_the_route_takes_nobodys_tokens(private):
    headers = {"X-Forwarded-For": "192.0.2.60"}
    assert statuses(private, "/login/x", 3, headers) == [401] * 3
    user = register(private)
    assert statuses(private, "/login/x", 2, {**headers, **user.headers}) == [200, 429]


def test_reload_does_not_fill_the_buckets(make_gateway):
    gateway = make_gateway(routes="route /* app public { limit 2/1h per ip }")
    assert statuses(gateway, "/x", 3) == [200, 200, 429]
    assert gateway.reload().returncode == 0
    assert statuses(gateway, "/x", 1) == [429]
    gateway.write(routes="route /* app public { limit 3/1h per ip }")
    assert gateway.reload().returncode == 0
    assert statuses(gateway, "/x", 1) == [200]
