"""Requests that change something, with a session's cookie: from which pages they may come (`csrf`, `origins`)."""

import pytest

from harness.users import register

pytestmark = pytest.mark.identity

ROUTES = """
    route /* app user
    route /open/* app optional
    route /public/* app public
    route /off/* app user { csrf off }
    route /listed/* app user { origins https://app.example.org }
    route /role/* app role admin
"""
UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "PURGE"]


@pytest.fixture(scope="module")
def private(make_module_gateway):
    return make_module_gateway("crosssite", routes=ROUTES)


@pytest.fixture(scope="module")
def user(private):
    return register(private)


def send(gateway, method, path, headers, user=None, body=b"x=1"):
    cookie = user.headers if user else {}
    mark = gateway.recorder.mark()
    response = gateway.fetch(method, path, {**cookie, **headers}, body)
    return response, len(gateway.recorder.since(mark))


FOREIGN = [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://app.test.evil.example"},
    {"Origin": "http://app.test:81"}, {"Origin": "https://app.example.org"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://app.test"},
    {"Sec-Fetch-Site": ""}, {"Origin": ""}, {"Sec-Fetch-Site": "SAME-ORIGIN"},
]


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("headers", FOREIGN)
def test_other_sites_cannot_act_with_a_users_cookie(private, user, method, headers):
    for path in ["/x", "/open/x", "/role/x"]:
        response, arrived = send(private, method, path, headers, user)
        assert (response.status, arrived) == (403, 0), (path, response)
        assert response.json()["code"] == "csrf_failed"


@pytest.mark.parametrize("headers", [
    [("Origin", "http://app.test"), ("Origin", "https://evil.example")],
    [("Origin", "https://evil.example"), ("Origin", "http://app.test")],
    [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-origin")],
    [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-origin")],
])
def test_statement_made_twice_is_none_to_trust(private, user, headers):
    response = private.fetch("POST", "/x", [*user.headers.items(), *headers], b"x=1")
    assert response.status in (400, 403), response


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("headers", [
    {"Origin": "http://app.test"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://elsewhere.example"}, {},
    {"Content-Type": "application/json"}, {"Content-Type": "application/octet-stream"},
])
def test_own_pages_and_programs_can(private, user, method, headers):
    response, arrived = send(private, method, "/x", headers, user)
    assert (response.status, arrived) == (200, 1), response


@pytest.mark.parametrize("kind", [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "TEXT/plain;charset=utf-8",
    " application/x-www-form-urlencoded ;charset=utf-8",
])
def test_form_that_does_not_say_where_it_is_from_is_refused(private, user, kind):
    response, arrived = send(private, "POST", "/x", {"Content-Type": kind}, user)
    assert (response.status, arrived) == (403, 0) and response.json()["code"] == "csrf_failed"
    for path, headers, who, body in [
        ("/x", {"Origin": "http://app.test"}, user, b"x"), ("/x", {}, user, b""), ("/off/x", {}, user, b"x"),
        ("/public/x", {}, user, b"x"), ("/open/x", {}, None, b"x"),
    ]:
        response, arrived = send(private, "POST", path, {"Content-Type": kind, **headers}, who, body)
        assert (response.status, arrived) == (200, 1), (path, headers, response)


@pytest.mark.parametrize("headers", FOREIGN)
def test_what_changes_nothing_or_carries_no_session_is_not_asked(private, user, headers):
    for method in ["GET", "HEAD"]:
        assert send(private, method, "/x", headers, user, None)[0].status == 200
    assert send(private, "POST", "/open/x", headers)[0].status == 200
    assert send(private, "POST", "/public/x", headers, user)[0].status == 200
    assert send(private, "POST", "/x", headers)[0].status == 401
    assert send(private, "POST", "/off/x", headers, user)[0].status == 200


def test_listed_origins_count_as_the_own_one(private, user):
    for site in [{}, {"Sec-Fetch-Site": "cross-site"}]:
        headers = {"Origin": "https://app.example.org", **site}
        assert send(private, "POST", "/listed/x", headers, user)[0].status == 200
        assert send(private, "POST", "/x", headers, user)[0].status == 403
    for origin in ["http://app.example.org", "https://app.example.org.evil.example", "https://x.app.example.org"]:
        assert send(private, "POST", "/listed/x", {"Origin": origin}, user)[0].status == 403


def test_preflight_passes_without_identity(private, user):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site"}
    for path in ["/x", "/listed/x", "/role/x"]:
        response, arrived = send(private, "OPTIONS", path, headers, user, None)
        assert (response.status, arrived) == (200, 1)
        assert "x-user-id" not in private.recorder.since()[-1].names


def test_realm_can_switch_it_off_and_a_route_on_again(make_gateway):
    gateway = make_gateway(realm="csrf off", routes="route /* app user\nroute /on/* app user { csrf same_origin }")
    user = register(gateway)
    headers = {"Origin": "https://evil.example"}
    assert send(gateway, "POST", "/x", headers, user)[0].status == 200
    assert send(gateway, "POST", "/on/x", headers, user)[0].status == 403
    logout = gateway.fetch("POST", "/_auth/logout", {**headers, **user.headers})
    assert logout.status == 403, "the gateway's own endpoints keep the rule"
