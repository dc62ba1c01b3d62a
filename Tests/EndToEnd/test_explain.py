"""`gatehouse routes` and `gatehouse explain` say what the gateway then does."""

import json

import pytest

from harness.users import PASSWORD, fresh_name, log_in

pytestmark = pytest.mark.configuration

ROUTES = """
    route /* app user
    route /public/* app public
    route /optional/* app optional
    route /deny/* - deny
    route /admin/* app role admin boss
    route /admin/{id}/ping app user { methods GET POST }
    route /ws/* app user { websocket on }
    route /old/* - public { redirect /new }
    route /teapot - public { respond 418 }
    route /page/* app user { on_unauth login }
    route /api/* app user { on_unauth 401 }
    route /encoded/* app public { paths encoded }
    route /fixed app public { set_header X-Fixed "a b" }
    route /limited/* app user {
        limit 20/s burst 40 per user
        limit 1000/2h per ip
        body 2g
    }
"""
PAGE = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PROGRAM = {"Accept": "application/json"}
PREFLIGHT = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}


@pytest.fixture(scope="module")
def private(make_module_gateway):
    return make_module_gateway("explain", routes=ROUTES)


@pytest.fixture(scope="module")
def people(private):
    """Somebody without a role, and an admin."""
    found = {}
    for role in ["", "admin"]:
        name = fresh_name("explained")
        words = ["--role", role] if role else []
        assert private.command("user", "add", name, *words, stdin=PASSWORD).returncode == 0
        found[role] = log_in(private, name)
    return found


def explain(gateway, method, path, *words, headers=()):
    given = [word for name, value in dict(headers).items() for word in ("--header", "%s: %s" % (name, value))]
    done = gateway.command("explain", method, path, *words, *given, "--json")
    assert done.returncode in (0, 3), (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    assert document["allowed"] == (done.returncode == 0)
    return document


def status_of(result, recorded):
    """What the client must see, if `result` is true."""
    if result["what"] == "forwarded":
        return 200
    return result["status"] if result["what"] != "gateway" else 200


REQUESTS = [
    ("GET", "/"), ("GET", "/public/x"), ("GET", "/publicity"), ("GET", "/optional"), ("GET", "/deny/x"),
    ("GET", "/admin/1"), ("GET", "/admin/1/ping"), ("DELETE", "/admin/1/ping"), ("HEAD", "/admin/1/ping"),
    ("GET", "/ws/x"), ("GET", "/old/x"), ("GET", "/teapot"), ("GET", "/page/x"), ("GET", "/api/x"), ("POST", "/page/x"),
    ("GET", "/encoded/a%2Fb"), ("GET", "/public/a%2Fb"), ("GET", "/public//x"), ("GET", "/public/../deny"),
    ("GET", "/%61dmin/1"), ("GET", "/_auth/login"), ("TRACE", "/public/x"), ("GET", "/public/x?y=/../z"),
    ("GET", "/.well-known/change-password"),
]


@pytest.mark.parametrize("method, path", REQUESTS)
def test_explanation_for_nobody_comes_true(private, method, path):
    document = explain(private, method, path)
    for kind, headers in [("browser", PAGE), ("program", PROGRAM)]:
        response = private.fetch(method, path, headers)
        result = document["anonymous"][kind]
        assert response.status == status_of(result, private), (kind, result, response)
        if result["what"] == "login":
            assert response.get("location").startswith(result["location"])
        if result["what"] == "answered" and response.status >= 400 and kind == "program" and method != "HEAD" \
                and result["code"] != "respond":
            assert response.json()["code"] == result["code"]


@pytest.mark.parametrize("method, path", REQUESTS)
@pytest.mark.parametrize("role", ["", "admin"])
def test_explanation_for_a_user_comes_true(private, people, role, method, path):
    user = people[role]
    result = explain(private, method, path, "--user", user.name)["result"]
    response = private.fetch(method, path, {**PROGRAM, **user.headers})
    assert response.status == status_of(result, private), (result, response)


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}, {},
])
def test_explanation_knows_the_rule_of_origins(private, people, headers):
    result = explain(private, "POST", "/x", "--user", people[""].name, headers=headers)["result"]
    response = private.fetch("POST", "/x", {**headers, **people[""].headers}, b"")
    assert response.status == status_of(result, private)
    preflight = explain(private, "OPTIONS", "/admin/1/ping", headers=PREFLIGHT)
    assert preflight["allowed"] and private.fetch("OPTIONS", "/admin/1/ping", PREFLIGHT).status == 200


def test_headers_that_the_application_gets_are_told(private, people):
    user = people["admin"]
    told = explain(private, "GET", "/admin/1", "--user", user.name)["headers"]
    assert told == {"X-User-Id": user.id, "X-User-Name": user.name, "X-User-Roles": "admin", "X-User-Realm": "main"}
    assert explain(private, "GET", "/admin/1", "--role", "boss")["allowed"]
    assert not explain(private, "GET", "/admin/1", "--role", "other")["allowed"]
    assert explain(private, "GET", "/public/x", "--user", user.name)["headers"] == {}


def test_fixed_headers_of_a_public_route_are_told(private):
    assert explain(private, "GET", "/fixed")["headers"] == {"X-Fixed": "a b"}


def test_routes_tell_limits_as_the_file_has_them(private):
    line = next(line for line in private.command("routes").stdout.splitlines() if "/limited/*" in line)
    assert line.endswith("limit 20/s burst 40 per user, limit 1000/2h per ip, body 2g"), line


@pytest.mark.parametrize("words, status", [
    (["explain", "GET", "no-slash"], 64), (["explain", "GET"], 64), (["explain", "GET", "/x", "--header", "none"], 64),
    (["explain", "GET", "/x", "--user", "a", "--role", "b"], 64), (["explain", "GET", "/x", "--user", "nobody-at-all"], 1),
    (["explain", "GET", "/x", "--header", "a: b\r\nc: d"], 64),
])
def test_questions_that_make_no_sense_are_refused(private, words, status):
    assert private.command(*words).returncode == status


def test_routes_stand_in_the_order_of_matching(private):
    document = json.loads(private.command("routes", "--json").stdout)
    site = document["sites"][0]
    patterns = [route["pattern"] for route in site["routes"]]
    assert sorted(patterns) == sorted(line.split()[1] for line in ROUTES.split("\n") if "route " in line)
    assert patterns[-1] == "/*" and patterns.index("/admin/{id}/ping") < patterns.index("/admin/*")
    assert site["endpoints"] == [{"prefix": "/_auth", "realm": "main"}]
    table = private.command("routes").stdout.splitlines()
    assert len(table) == 2 + len(patterns) and all(p in line for p, line in zip(patterns, table[2:]))
