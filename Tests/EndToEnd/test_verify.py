"""`/_auth/verify`, by which another proxy asks whether a request may pass."""


import pytest

from harness.client import request
from harness.gateway import settle
from harness.users import COOKIE, JSON, credentials, register, session_key
from harness.wire import wait_until

pytestmark = pytest.mark.identity

ROUTES = """
    route /* app user
    route /public/* app public
    route /optional/* app optional
    route /deny/* - deny
    route /role/* app role admin
    route /fresh/* app user { fresh 1s }
    route /read app user { methods GET }
    route /encoded/* app user { paths encoded }
"""


@pytest.fixture(scope="module")
def behind(make_module_gateway):
    """A gateway that believes the proxy that asks it."""
    return make_module_gateway(top="trust_proxy 127.0.0.1/32", routes=ROUTES, realm="bearer on\n")


@pytest.fixture(scope="module")
def user(behind):
    return register(behind)


def ask(gateway, uri=None, method=None, headers=(), **more):
    named = {} if uri is None else {"X-Forwarded-Uri": uri}
    named |= {} if method is None else {"X-Forwarded-Method": method}
    return gateway.fetch("GET", "/_auth/verify", {"Accept": "text/html", **named, **dict(headers)}, **more)


def test_session_is_enough_and_its_identity_is_told(gateway):
    user = register(gateway)
    response = ask(gateway, headers=user.headers)
    assert response.status == 200 and response.body == b""
    assert response.all("x-user-id") == [user.id] and response.all("x-user-name") == [user.name]
    assert response.all("x-user-realm") == ["main"] and response.get("cache-control") == "no-store"
    for headers in ({}, {"Cookie": COOKIE + "=bad"}, {"Cookie": "%s; %s" % (user.cookie, user.cookie)}):
        refused = ask(gateway, headers=headers)
        assert refused.status == 401 and not refused.all("x-user-id"), headers
        assert refused.get("www-authenticate"), "a challenge, and no redirect, whatever Accept says"


def test_strangers_are_not_told_about_routes(gateway):
    """Without trust_proxy the headers are a client's, and say nothing."""
    user = register(gateway)
    assert ask(gateway, "/public/a").status == 401
    assert ask(gateway, "/deny/a", headers=user.headers).status == 200


@pytest.mark.parametrize("uri,anonymous,known", [
    ("/a", 401, 200), ("/", 401, 200), ("/public/a?b=c", 200, 200), ("/optional/a", 200, 200), ("/deny/a", 403, 403),
    ("/role/a", 401, 403), ("/role", 401, 403), ("/_auth/login", 200, 200), ("/.well-known/change-password", 200, 200),
    ("/public/../a", 400, 400), ("/public%2fa", 400, 400), ("/a//b", 400, 400), ("/publi%63/a", 200, 200),
    ("/a;b", 400, 400), ("/encoded/a%2Fb", 401, 200), ("a", 400, 400), ("", 400, 400), ("*", 400, 400),
    ("http://evil.test/public/a", 400, 400), ("/a\xff", 400, 400),
])
def test_route_table_decides_for_a_trusted_proxy(behind, user, uri, anonymous, known):
    assert ask(behind, uri).status == anonymous
    response = ask(behind, uri, headers=user.headers)
    assert response.status == known
    told = known == 200 and not uri.startswith(("/publi", "/_auth", "/.well"))
    assert response.all("x-user-id") == ([user.id] if told else []), "nobody is told where nobody was asked for"


@pytest.mark.parametrize("uri,method,status", [
    ("/read", None, 200), ("/read", "GET", 200), ("/read", "HEAD", 200), ("/read", "POST", 403), ("/read", "get", 403),
    ("/a", "DELETE", 200), ("/a", "PROPFIND", 200), ("/a", "CONNECT", 403), ("/a", "TRACE", 403), ("/a", "", 400),
])
def test_method_is_the_one_that_is_forwarded(behind, user, uri, method, status):
    assert ask(behind, uri, method, user.headers).status == status


def test_named_twice_is_not_named(behind, user):
    with behind.client() as client:
        for extra in (b"X-Forwarded-Uri: /public/a\r\nX-Forwarded-Uri: /a\r\n",
                b"X-Forwarded-Uri: /a\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Method: POST\r\n"):
            data = b"GET /_auth/verify HTTP/1.1\r\nHost: app.test\r\n" + extra + b"\r\n"
            assert client.exchange(data).status == 400
            client.close()
            client = behind.client()


def test_other_sites_pages_do_not_act_with_the_cookie(behind, user):
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "https://shop.test", "X-Forwarded-Host": "shop.test"}, 200),
        ({"Origin": "https://app.test", "X-Forwarded-Host": "shop.test"}, 403), ({"Sec-Fetch-Site": "same-origin"}, 200),
    ):
        assert ask(behind, "/a", "POST", {**user.headers, **headers}).status == status, headers
        assert ask(behind, "/a", "GET", {**user.headers, **headers}).status == 200, headers


@pytest.mark.parametrize("origin,status", [
    ("https://evil.test", 403), ("null", 403), ("https://app.test.evil.test", 403), ("https://shop.test", 200), (None, 200),
    ("http://app.test", 403),
])
def test_other_sites_pages_open_no_websocket_with_the_cookie(behind, user, origin, status):
    """Which is a GET as any other, and may be sent by any page."""
    headers = {**user.headers, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "X-Forwarded-Host": "shop.test"}
    assert ask(behind, "/a", "GET", {**headers, **({"Origin": origin} if origin else {})}).status == status


def test_question_may_be_a_whole_handshake(behind, user):
    """As Caddy asks."""
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    with behind.client() as client:
        for headers, status in (({}, 401), (user.headers, 200), ({}, 401)):
            data = {**handshake, **headers, "X-Forwarded-Uri": "/a"}
            assert client.exchange(request("GET", "/_auth/verify", data)).status == status


def test_preflights_pass_and_bearer_counts(behind, user):
    preflight = {"Origin": "https://shop.test", "Access-Control-Request-Method": "GET"}
    assert ask(behind, "/a", "OPTIONS", preflight).status == 200
    assert ask(behind, "/read", "OPTIONS", preflight).status == 200
    assert ask(behind, "/deny/a", "OPTIONS", preflight).status == 403
    assert ask(behind, "/a", "OPTIONS").status == 401
    token = behind.fetch("POST", "/_auth/token", JSON, credentials(user.name)).json()["access_token"]
    response = ask(behind, "/a", "POST", {"Authorization": "Bearer " + token, "Sec-Fetch-Site": "cross-site"})
    assert response.status == 200 and response.get("x-user-id") == user.id


def test_old_login_is_not_fresh(behind):
    user = register(behind)
    assert ask(behind, "/fresh/a", headers=user.headers).status == 200
    wait_until(lambda: ask(behind, "/fresh/a", headers=user.headers).status == 401, 5, "the login's growing old")
    document = ask(behind, "/fresh/a", headers={**user.headers, "Accept": "application/json"}).json()
    assert document["code"] == "reauth_required"


def test_asking_keeps_the_session_alive(make_gateway, redis):
    """It stands for a request of the user's, unlike who-am-I."""
    gateway = make_gateway(session="key_file state/session.key\ntouch 1s")
    user = register(gateway)
    key = session_key(user.ticket, gateway.prefix)
    redis("PEXPIRE", key, 100_000)
    settle(1.1)
    gateway.fetch("GET", "/_auth/session", user.headers)
    assert ask(gateway, headers=user.headers).status == 200
    wait_until(lambda: redis("PTTL", key) > 7_000_000, 3, "the session's longer life")


def test_unsure_is_503(make_gateway, faulty):
    gateway = make_gateway(redis=faulty.url + " { timeout 300ms }")
    user = register(gateway)
    faulty.backend.pause()
    try:
        assert ask(gateway, headers=user.headers).status == 503
    finally:
        faulty.backend.resume()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_do_not_ask(gateway, method):
    response = gateway.fetch(method, "/_auth/verify", {"Accept": "application/json"}, b"")
    assert response.status == 405 and response.get("allow") == "GET, HEAD"
