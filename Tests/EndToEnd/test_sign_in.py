"""Signing in under odd conditions: many at once, with enormous or ambiguous input, on a fresh installation."""

import base64
import itertools
import os
import threading
import urllib.parse

import pytest

from harness.client import request
from harness.gateway import settle
from harness.users import (
    COOKIE, JSON, PASSWORD, cookie_of, credentials, encode64, fresh_name, log_in, login, register)
from harness.wire import wait_until

pytestmark = pytest.mark.accounts

BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def at_once(calls):
    """Runs all calls at the same moment; gives their results in order."""
    results, gate = [None] * len(calls), threading.Barrier(len(calls))

    def run(index):
        gate.wait()
        results[index] = calls[index]()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# Many at once


def test_logins_at_one_moment_are_judged_each_by_its_own_password(make_gateway):
    """No two are taken for one: neither the same name with two passwords, nor names that run together."""
    gateway = make_gateway(limits="hash_queue 1000\nconnections_per_ip 20000")
    people = [register(gateway, name, password) for name, password in (
        ("ab", "c of the password"), ("a", "bc of the password"), ("abc", " of the password"))]
    tries = list(itertools.product(people, people)) * 6
    results = at_once([lambda who=who, whose=whose: login(gateway, who.name, whose.password) for who, whose in tries])
    tickets = []
    for (who, whose), response in zip(tries, results):
        assert response.status == (200 if who is whose else 401), (who.name, whose.password)
        if who is whose:
            assert response.json()["user"]["id"] == who.id
            ticket = cookie_of(response)
            tickets.append(ticket)
            seen = gateway.fetch("GET", "/a", {"Cookie": "%s=%s" % (COOKIE, ticket)})
            assert seen.json()["user"] == [who.id]
    assert len(set(tickets)) == len(tickets) == 18


def test_logout_at_the_moment_of_many_requests_is_final(gateway):
    for _ in range(5):
        user = register(gateway)
        others = [lambda: gateway.fetch("GET", "/a", user.headers).status for _ in range(12)]
        logout = lambda: gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers}).status  # noqa: E731
        *statuses, ended, _ = at_once([*others, logout, logout])
        assert set(statuses) <= {200, 401} and ended == 204
        assert [gateway.fetch("GET", "/a", user.headers).status for _ in range(3)] == [401] * 3
        assert not gateway.redis.keys("gw:main:?:*" + user.id)


# Input


@pytest.mark.parametrize("hash", ["bcrypt 4", "argon2id 8m 1 1"])
def test_password_counts_beyond_its_nul(make_gateway, hash):
    gateway = make_gateway(hash=hash)
    name, password = fresh_name(), "password before\0 and after"
    made = gateway.fetch("POST", "/_auth/register", JSON, credentials(name, password))
    if made.status == 201:
        assert login(gateway, name, password).status == 200
    else:
        assert made.status == 422 and made.json()["code"] == "weak_password"
        register(gateway, name, "password before")
    for other in ("password before\0 and before", "password before\0", "password before\0 and after\0"):
        assert login(gateway, name, other).status == 401, other
    if made.status == 201:
        assert login(gateway, name, "password before").status == 401


@pytest.mark.parametrize("endpoint", ["/_auth/login", "/_auth/register"])
@pytest.mark.parametrize("framing", ["length", "chunked", "length that never comes"])
def test_a_hundred_megabytes_of_password_cost_nothing(gateway, endpoint, framing):
    before = gateway.memory()
    with gateway.client() as client:
        if framing == "chunked":
            head = [*JSON.items(), ("Transfer-Encoding", "chunked")]
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        else:
            head, piece = [*JSON.items(), ("Content-Length", str(100 << 20))], b"x" * 65536
        client.send(request("POST", endpoint, head))
        sent = 0
        if framing != "length that never comes":
            while sent < 100 << 20 and client.send(piece):
                sent += len(piece)
        response = client.read()
        assert response.status == 413, response
        assert sent < 64 << 20, "it was all read"
        assert gateway.memory() - before < 4 << 20


@pytest.mark.parametrize("fields", [
    "username=alice&password=%(p)s&return_to=/a&return_to=//evil.test", "username=alice&password=%(p)s&return_to=/a;x=//evil",
    "username=alice&user%%6eame=bob&password=%(p)s", "username=alice&password=%(p)s&%%72eturn_to=//evil.test&return_to=/a",
])
def test_field_given_twice_in_any_spelling_is_refused_or_harmless(gateway, alice, fields):
    body = (fields % {"p": urllib.parse.quote_plus(PASSWORD)}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Origin": "http://app.test"}
    response = gateway.fetch("POST", "/_auth/login", headers, body)
    if response.status == 303:
        assert response.get("location").startswith("/a") and "evil.test" not in response.get("location")
    else:
        assert response.status in (400, 422) and cookie_of(response) is None


@pytest.mark.parametrize("query", ["return_to=/a&return_to=//evil.test", "return_to=//evil.test&return_to=/a",
    "return_to=/a&%72eturn_to=//evil.test", "return_to=/a;return_to=//evil.test", "return_to%3d=//evil.test"])
def test_return_target_given_twice_leads_nowhere_else(gateway, query):
    page = gateway.fetch("GET", "/_auth/login?" + query, BROWSER)
    assert page.status in (200, 400) and b'value="//evil.test"' not in page.body


# Every form of leaving the host that browsers are known to read: where they begin, what stands between, the host.
STARTS = ["", "/", "//", "///", "\\", "\\\\", "/\\", "\\/", "/\t/", "/\n/", "/\r/", "\t//", "/%09/", "/%5c", "/%2f",
    "/%2F%2F", "/.", "/..", "/./", "/../", "/.//", "/..//", "/%2e/", "/%2e%2e//", "/;//", "/?//", "/#//", "http:",
    "https:", "http:/", "https://", "HtTp://", "javascript:", "data:", "//a@", "/\u200b/", "/\u3002/", "/\u2044/",
    "\x00//", "\x01//", "\x0b//", "\x0c//", "\x1f//", "\x7f//", "\xa0//", "%20//", " //", "+//", "@", ":", ":80/", "?", "#", "&",
    "/\\/\\", "/\\\t\\", "\\\\\\", "////", "/ /", "//;@", "//[::1]@", "//\uff0f", "\uff0f\uff0f", "/\uff0f"]
HOSTS = ["evil.test", "evil.test/..", "evil%00.test", "evil\u3002test", "app.test@evil.test", "evil.test:80",
    "[::ffff:7f00:1]", "2130706433", "%65vil.test", "evil.test\\app.test"]


def leads(base, location):
    """Host that a browser goes to, by the steps of the URL standard that have led people astray."""
    text = "".join(c for c in location.strip("".join(map(chr, range(33)))) if c not in "\t\n\r").replace("\\", "/")
    return urllib.parse.urlsplit(urllib.parse.urljoin(base, "/" + text.lstrip("/") if text.startswith("/") and not
        text.startswith("//") else text)).hostname


@pytest.mark.parametrize("start", STARTS, ids=ascii)
def test_no_return_target_leaves_the_host(gateway, start):
    with gateway.client() as client:
        for host in HOSTS:
            target = start + host
            response = client.exchange(request(
                "GET", "/_auth/login?return_to=" + urllib.parse.quote(target, safe=""), BROWSER))
            assert response.status in (200, 400)
            for shown in hidden_targets(response.body):
                assert shown.startswith("/") and leads("http://app.test/_auth/login", shown) == "app.test", (target, shown)
                assert shown in (target, "/"), "changed on the way"


def hidden_targets(body):
    import html
    import re
    found = re.findall(rb'<input type="hidden" name="return_to" value="([^"]*)"', body)
    return [html.unescape(value.decode()) for value in found]


def test_that_oracle_knows_a_way_out_when_it_sees_one():
    base = "http://app.test/_auth/login"
    for location in ("//evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "http://evil.test", "\x01//evil.test"):
        assert leads(base, location) == "evil.test", location
    for location in ("/a", "/a//evil.test", "/?x=//evil.test"):
        assert leads(base, location) == "app.test", location


# What tells of a session


def test_no_answer_says_a_ticket_but_the_one_that_sets_it(gateway, alice):
    secrets = alice.ticket.split(".")[1:]
    odd = {**alice.headers, "Accept": "text/html", "X-Forwarded-Uri": "/a"}
    for method, target, headers in (
        ("GET", "/_auth/session", odd), ("GET", "/_auth/sessions", odd), ("GET", "/_auth/account", odd),
        ("GET", "/_auth/verify", odd), ("GET", "/_auth/login", odd), ("GET", "/_auth/logout", odd),
        ("GET", "/_auth/nothing", odd), ("GET", "/deny/a", odd), ("GET", "/a/../b", odd), ("PUT", "/_auth/login", odd),
        ("POST", "/_auth/login", {**odd, "Content-Type": "text/plain", "Content-Length": "0"}),
        ("POST", "/a", {**odd, "Origin": "http://evil.test", "Content-Length": "0"}), ("TRACE", "/a", odd),
        ("GET", "/a", {**odd, "Cookie": alice.cookie + "; " + alice.cookie}),
        ("GET", "/a", {**odd, "Cookie": alice.cookie + "x"}), ("GET", "/a", {**odd, "Connection": "X-User-Id"}),
    ):
        response = gateway.fetch(method, target, headers)
        assert response.recorded is None, target
        text = str(response.fields) + response.body.decode("latin-1")
        assert not [part for part in secrets if part in text], (method, target)
    assert gateway.fetch("GET", "/a", alice.headers).status == 200
    lines = gateway.log()
    assert not [part for part in secrets if part in lines]


# A fresh installation


@pytest.mark.parametrize("name, password", [
    ("admin", "admin"), ("admin", "password"), ("root", "root"), ("gatehouse", "gatehouse"), ("admin", ""), ("test", "test"),
])
def test_fresh_installation_knows_nobody(fresh, name, password):
    response = login(fresh, name, password)
    assert response.status in (401, 422) and cookie_of(response) is None


@pytest.fixture(scope="module")
def fresh(make_module_gateway):
    gateway = make_module_gateway("fresh")
    listed = gateway.command("user", "list", "--json", "--config", gateway.path)
    assert listed.returncode == 0 and '"users":[]' in listed.stdout.replace(" ", ""), listed
    return gateway


# Keys


def key_of(gateway):
    return os.path.join(gateway.directory, "session.secret")


@pytest.mark.parametrize("damage", ["empty", "short", "gone", "unreadable text"])
def test_damaged_key_is_refused_and_the_old_one_goes_on(make_gateway, damage):
    gateway = make_gateway(start=False, session="key ${file:session.secret}")
    write_key(gateway, base64.b64encode(os.urandom(32)).decode())
    gateway.start()
    user = register(gateway)
    if damage == "gone":
        os.unlink(key_of(gateway))
    else:
        write_key(gateway, {"empty": "", "short": "abc", "unreadable text": "\n\n \n"}[damage])
    assert gateway.reload().returncode != 0
    settle(0.1)
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    assert gateway.fetch("GET", "/a", {"Cookie": user.cookie[:-1] + ("A" if user.cookie[-1] != "A" else "E")}).status == 401
    forged = "%s=%s.%s.%s" % (COOKIE, user.ticket.split(".")[0], encode64(os.urandom(32)), encode64(b"\0" * 32))
    assert gateway.fetch("GET", "/a", {"Cookie": forged}).status == 401
    assert gateway.terminate() == 0
    started = gateway.command("run", "--config", gateway.path, timeout=20)
    assert started.returncode != 0 and started.stderr, "no key, no start"


def write_key(gateway, text):
    with open(key_of(gateway), "w") as file:
        file.write(text)
    os.chmod(key_of(gateway), 0o600)


def test_key_that_comes_back_opens_its_sessions_again(make_gateway):
    gateway = make_gateway(start=False, session="key ${file:session.secret}")
    first, second = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    write_key(gateway, first)
    gateway.start()
    user = register(gateway)
    write_key(gateway, second)
    assert gateway.reload().returncode == 0
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 401, 5, "the new key")
    other = log_in(gateway, user.name)
    write_key(gateway, first)
    assert gateway.reload().returncode == 0
    wait_until(lambda: gateway.fetch("GET", "/a", other.headers).status == 401, 5, "the old key")
    assert gateway.fetch("GET", "/a", user.headers).status == 200


# Hosts


@pytest.fixture(scope="module")
def named(make_module_gateway):
    return make_module_gateway("named", host="app.test", routes="route /* app user\nroute /public/* app public")


@pytest.mark.parametrize("host", ["evil.test", "app.test.evil.test", "xapp.test", "127.0.0.1", "localhost", "app.test..", "app"])
@pytest.mark.parametrize("form", ["host", "target"])
def test_host_that_is_nobodys_gets_nothing(named, host, form):
    for method, target in (("GET", "/_auth/login"), ("POST", "/_auth/login"), ("GET", "/public/a"), ("GET", "/a"),
            ("GET", "/.well-known/change-password")):
        headers, body = {**JSON, "X-Forwarded-Host": "app.test"}, credentials("anybody") if method == "POST" else None
        if form == "target":
            target = "http://%s%s" % (host, target)
        response = named.fetch(method, target, headers, body, host=host)
        assert response.status == 400 and response.recorded is None, response
        assert not response.all("set-cookie") and not response.all("location") and not response.all("x-user-id")


@pytest.mark.parametrize("headers", [
    {"X-Forwarded-Host": "evil.test"}, {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"},
    {"Forwarded": "host=evil.test;proto=https"}, {"X-Host": "evil.test"}, {"X-Original-Host": "evil.test"},
    {"X-Forwarded-Server": "evil.test"}, {"X-Forwarded-Prefix": "//evil.test"}, {"Origin": "http://app.test", "X-Forwarded-Port": "1"},
])
def test_headers_about_the_host_reach_no_answer_of_ours(named, headers):
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    name = fresh_name()
    register(named, name)
    body = urllib.parse.urlencode({"username": name, "password": PASSWORD, "return_to": "/a"}).encode()
    for method, target, extra, sent in (("GET", "/a", BROWSER, None), ("GET", "/_auth/login", BROWSER, None),
            ("POST", "/_auth/login", form, body), ("GET", "/.well-known/change-password", BROWSER, None)):
        response = named.fetch(method, target, {**extra, **headers}, sent)
        assert response.status in (200, 302, 303), response
        assert "evil.test" not in str(response.fields) + response.body.decode("latin-1")
        assert response.get("location", "/").startswith("/") and not response.get("location", "/").startswith("//")
        assert "domain" not in str(response.all("set-cookie")).lower()


# Lifetimes


@pytest.mark.parametrize("line", ["absolute 401d", "remember 401d", "idle 401d", "absolute 0s", "idle 0s", "absolute -1s"])
def test_life_that_no_browser_keeps_is_refused(make_gateway, line):
    gateway = make_gateway(start=False, realm=line)
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and line.split()[0] in done.stdout + done.stderr


def test_longest_life_is_one_that_browsers_keep(make_gateway, redis):
    gateway = make_gateway(realm="idle 400d\nabsolute 400d")
    user = register(gateway)
    response = login(gateway, user.name)
    age, = [int(part.split("=")[1]) for part in response.all("set-cookie")[0].lower().replace(" ", "").split(";")
        if part.startswith("max-age=")]
    assert 400 * 86400 - 5 <= age <= 400 * 86400
    assert redis("TTL", user.key(gateway.prefix)) <= 400 * 86400
