"""Register, login, logout and who am I: for browsers and for programs, and the same for friend and foe."""

import base64
import contextlib
import hashlib
import html
import json
import re
import sqlite3
import statistics
import threading
import time
import urllib.parse

import pytest

from harness.cases import exchanged
from harness.client import request
from harness.forms import page_fields
from harness.users import COOKIE, JSON, PASSWORD, cookie_of, credentials, fresh_name, log_in, login, register
from harness.wire import wait_until

pytestmark = pytest.mark.accounts

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

def form(**fields):
    return urllib.parse.urlencode(fields).encode()


def problem(response, status, code):
    assert response.status == status, response
    assert response.get("content-type").split(";")[0] == "application/problem+json"
    document = response.json()
    assert document["status"] == status and document["code"] == code, document
    assert document["type"] and document["title"]
    assert response.get("cache-control") == "no-store"
    return document


# JSON.

def test_register_answers_with_user_and_session(gateway):
    name = fresh_name("Reg.")
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(name))
    assert response.status == 201 and response.get("content-type").startswith("application/json")
    document = response.json()
    assert set(document["user"]) >= {"id", "name", "roles"} and document["user"]["name"] == name.lower()
    assert document["realm"] == "main" and document["user"]["roles"] == []
    assert set(document["session"]) >= {"created", "idle_expires", "absolute_expires", "remember"}
    assert response.get("cache-control") == "no-store" and cookie_of(response)


def test_login_answers_the_same(gateway):
    user = register(gateway)
    response = login(gateway, user.name)
    assert response.status == 200 and cookie_of(response)
    document = response.json()
    assert document["user"] == user.document["user"] and document["realm"] == "main"


def test_login_name_has_no_case_and_password_has(gateway):
    user = register(gateway, fresh_name("Case"))
    assert login(gateway, user.name.upper()).status == 200
    problem(login(gateway, user.name, PASSWORD.upper()), 401, "bad_credentials")
    problem(login(gateway, user.name, PASSWORD + " "), 401, "bad_credentials")


@pytest.mark.parametrize("name", ["taken.name", "TAKEN.name", "Taken.Name"])
def test_taken_name_is_409(gateway, name):
    gateway.fetch("POST", "/_auth/register", JSON, credentials("taken.name"))
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(name))
    problem(response, 409, "name_taken")
    assert cookie_of(response) is None


@pytest.mark.parametrize("name", [
    "\uff41\uff44\uff4d\uff49\uff4e", "\u0430dmin", "adm\u0131n", "ad\u200bmin", "\u212aevin", "e\u0301va", "\u00e9va",
    "ad\u202emin", " admin", "admin ", "ad min", "admin\u00a0", "admin\t", "admin/x", "admin\u0000", "x" * 255, "",
])
def test_name_that_could_pass_for_another_is_no_name(gateway, name):
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(name))
    problem(response, 422, "invalid_field")
    assert cookie_of(response) is None
    assert "register" not in [line["event"] for line in gateway.lines("audit") if line.get("name") == name]


def test_one_of_many_simultaneous_registrations_wins(gateway):
    name, results = fresh_name("race"), []

    def attempt():
        results.append(gateway.fetch("POST", "/_auth/register", JSON, credentials(name), timeout=30))

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(r.status for r in results)
    assert statuses.count(201) == 1 and set(statuses) <= {201, 409, 503}, statuses
    winner = next(r for r in results if r.status == 201)
    assert log_in(gateway, name).id == winner.json()["user"]["id"]


@pytest.mark.parametrize("password,status,code", [
    ("short", 422, "weak_password"), ("x" * 129, 422, "weak_password"), ("password123", 422, "weak_password"),
    ("1234567890", 422, "weak_password"), ("", 422, None), ("123456789", 422, "weak_password"),
])
def test_weak_password_is_refused_and_says_why(gateway, password, status, code):
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(fresh_name(), password))
    assert response.status == status, response
    if code:
        problem(response, status, code)
    assert len(response.json()["detail"]) > 10


@pytest.mark.parametrize("password", [
    "a b c d e f", " leading and trailing ", "\u00e9" * 10, "\U0001f600" * 10, "aaaaaaaaaaaaaaaaab",
    "tab\tin\tthe middle",
    "\"quotes' <&> \\ /", "=&+%25%00 percent",
])
def test_any_characters_make_a_password(gateway, password):
    name = fresh_name()
    assert register(gateway, name, password)
    assert login(gateway, name, password).status == 200
    assert login(gateway, name, password.strip() + "x").status == 401


def test_bcrypt_refuses_what_it_would_cut(make_gateway):
    gateway = make_gateway(hash="bcrypt 4")
    assert register(gateway, "fits", "p" * 72)
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials("long", "p" * 73))
    assert "72" in str(problem(response, 422, "weak_password"))
    assert gateway.fetch("POST", "/_auth/register", JSON, credentials("wide", "\u00e9" * 37)).status == 422
    assert login(gateway, "fits", "p" * 73).status == 401


def test_argon2id_takes_long_passwords_whole(make_gateway):
    gateway = make_gateway(hash="argon2id 8m 1 1")
    assert register(gateway, "long", "p" * 128)
    assert login(gateway, "long", "p" * 127 + "q").status == 401
    assert login(gateway, "long", "p" * 128).status == 200


def test_registration_is_closed_unless_opened(make_gateway):
    gateway = make_gateway(users="")
    problem(gateway.fetch("POST", "/_auth/register", JSON, credentials("closed")), 403, "register_closed")
    page = gateway.fetch("GET", "/_auth/login", BROWSER)
    assert page.status == 200 and b"/_auth/register" not in page.body


# The same for all who may not come in.

def test_wrong_name_and_wrong_password_look_the_same(gateway, alice):
    answers = [
        login(gateway, "alice", "wrong " + PASSWORD), login(gateway, "nobody-of-this-name", PASSWORD),
        login(gateway, "alice", "x"), login(gateway, "nobody", "y"), login(gateway, "alice", "z" * 500),
    ]
    for answer in answers:
        document = problem(answer, 401, "bad_credentials")
        assert "instance" not in document
        assert cookie_of(answer) is None
    assert len({a.body for a in answers}) == 1
    names = [[n for n, _ in a.fields] for a in answers]
    assert names[0] == names[1]


def test_wrong_name_and_wrong_password_look_the_same_on_the_page(gateway, alice):
    def page(name, password):
        response = gateway.fetch("POST", "/_auth/login", FORM, form(username=name, password=password))
        assert response.status == 401, response
        return response.body.replace(name.encode(), b"NAME")

    assert page("alice", "wrong password") == page("alicf", "wrong password")


@pytest.mark.slow
def test_every_failed_login_takes_the_same_time(make_gateway):
    gateway = make_gateway(hash="bcrypt 10", realm="login_limit off\n")
    for name in ("timed", "locked"):
        register(gateway, name)
    assert gateway.command("user", "disable", "locked", "--config", gateway.path).returncode == 0
    kinds = {
        "known": ("timed", "wrong password"), "unknown": ("nobody", "wrong password"), "locked": ("locked", PASSWORD),
        "locked and wrong": ("locked", "wrong password"), "too long": ("timed", "x" * 100), "NUL": ("timed", "a\0b" * 4),
    }
    times = {kind: [] for kind in kinds}
    for _ in range(8):
        for kind, (name, password) in kinds.items():
            started = time.monotonic()
            assert login(gateway, name, password).status == 401
            times[kind].append(time.monotonic() - started)
    medians = {kind: statistics.median(times[kind]) for kind in kinds}
    low, high = min(medians.values()), max(medians.values())
    assert high - low < 0.25 * high + 0.01, medians


@pytest.mark.parametrize("name", ["a b", "caf\u00e9", "x" * 255, ""])
def test_name_that_cannot_exist_is_not_told_apart_at_login(gateway, name):
    response = login(gateway, name)
    assert response.status in (401, 422) and cookie_of(response) is None


# What caches may keep.

OWN_ANSWERS = [
    ("GET", "/x", {}, 401), ("GET", "/x", {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 303),
    ("GET", "/_auth/login", {}, 200), ("GET", "/_auth/register", {}, 200), ("GET", "/_auth/logout", {}, 200),
    ("GET", "/_auth/session", {}, 200), ("GET", "/_auth/session?strict=1", {}, 401), ("GET", "/_auth/sessions", {}, 401),
    ("GET", "/_auth/verify", {}, 401), ("GET", "/_auth/nothing", {}, 404), ("PUT", "/_auth/login", {}, 405),
    ("POST", "/_auth/login", {"Content-Type": "text/plain"}, 415), ("POST", "/_auth/logout", {"Content-Length": "0"}, 204),
    ("POST", "/_auth/login", {"Origin": "https://evil.test", "Content-Type": "application/json"}, 403),
    ("GET", "/a/../x", {}, 400), ("GET", "/.well-known/change-password", {}, 302), ("TRACE", "/x", {}, 405),
]


@pytest.mark.parametrize("method, target, headers, status", OWN_ANSWERS)
def test_nothing_of_ours_is_for_a_cache(gateway, method, target, headers, status):
    body = b"{}" if "Content-Type" in headers else None
    response = gateway.fetch(method, target, headers, body)
    assert response.status == status or (target.startswith("/.well-known") and response.status in (302, 303)), response
    assert response.recorded is None and response.all("cache-control") == ["no-store"], response
    assert response.get("x-content-type-options") == "nosniff"


# Bodies.

@pytest.mark.parametrize("endpoint", ["/_auth/login", "/_auth/register"])
@pytest.mark.parametrize("content,body", [
    ("application/json", b'{"username":"a","username":"b","password":"correct horse"}'),
    ("application/json", b'{"username":"a","password":"correct horse","password":"x"}'),
    ("application/json", b'{"username":"a","user\\u006eame":"b","password":"correct horse"}'),
    ("application/json", b'{"username":{"$ne":1},"password":"correct horse"}'), ("application/json", b'["a"]'),
    ("application/json", b'{"username":"a","password":"correct horse"} x'), ("application/json", b'{'),
    ("application/json", b''),
    ("application/json", b'{"username":"\xff","password":"correct horse"}'),
    ("application/json", b'{"username":"a","password":1}'),
    ("application/json", b'{"username":"\\ud800","password":"correct horse"}'), ("application/json", b'null'),
    ("application/json", b'[' * 4000 + b']' * 4000), ("application/json", b'{"username":"a","password":"x",}'),
    ("application/json", b'{"username":null,"password":"correct horse"}'), ("application/json", b'{"username":"a"}'),
    ("application/x-www-form-urlencoded", b"username=a&username=b&password=correct+horse"),
    ("application/x-www-form-urlencoded", b"username=a&password=correct+horse&p%61ssword=x"),
    ("application/x-www-form-urlencoded", b"username=%ff&password=correct+horse"),
    ("application/x-www-form-urlencoded", b"username=%zz&password=correct+horse"),
    ("application/x-www-form-urlencoded", b"username=a"), ("application/x-www-form-urlencoded", b""),
])
def test_unclear_body_is_refused(gateway, endpoint, content, body):
    headers = {"Content-Type": content, "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    response = gateway.fetch("POST", endpoint, headers, body)
    assert response.status in (400, 422), response
    assert cookie_of(response) is None and response.json()["code"] in ("bad_request", "invalid_field",
        "weak_password")


@pytest.mark.parametrize("content", [
    "text/plain", "multipart/form-data; boundary=x", "text/json", "application/xml", "",
    "application/json; charset=utf-7",
    "application/jsonx", "application/x-www-form-urlencoded2", None,
])
def test_other_content_type_is_415(gateway, content):
    headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    if content is not None:
        headers["Content-Type"] = content
    response = gateway.fetch("POST", "/_auth/login", headers, credentials("alice"))
    assert response.status == 415, response


@pytest.mark.parametrize("content", ["application/json; charset=utf-8", "APPLICATION/JSON",
    "application/json;charset=UTF-8"])
def test_content_type_has_no_case_and_may_say_utf_8(gateway, alice, content):
    headers = {"Accept": "application/json", "Content-Type": content}
    assert gateway.fetch("POST", "/_auth/login", headers, credentials("alice")).status == 200


def test_compressed_body_is_415(gateway):
    response = gateway.fetch("POST", "/_auth/login", {**JSON, "Content-Encoding": "gzip"}, b"\x1f\x8b" + b"x" * 50)
    assert response.status == 415


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_body_is_413(gateway, framing):
    body = credentials("alice", "x" * 9000)
    headers = dict(JSON)
    if framing == "chunked":
        headers["Transfer-Encoding"] = "chunked"
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    response = gateway.fetch("POST", "/_auth/login", headers, body)
    problem(response, 413, "body_too_large")


def test_chunked_login_is_a_login(gateway, alice):
    body = credentials("alice")
    data = b"".join(b"1\r\n%s\r\n" % body[i:i + 1] for i in range(len(body))) + b"0\r\n\r\n"
    response = gateway.fetch("POST", "/_auth/login", {**JSON, "Transfer-Encoding": "chunked"}, data)
    assert response.status == 200


@pytest.mark.parametrize("method,target", [
    ("PUT", "/_auth/login"), ("DELETE", "/_auth/login"), ("PATCH", "/_auth/register"), ("PUT", "/_auth/logout"),
    ("PROPFIND", "/_auth/session"),
])
def test_other_methods_are_405(gateway, method, target):
    response = gateway.fetch(method, target, {"Accept": "application/json"})
    problem(response, 405, "method_not_allowed")
    assert response.get("allow")


@pytest.mark.parametrize("target", ["/_auth/nothing", "/_auth", "/_auth/", "/_auth/login/x", "/_auth/logins",
    "/_AUTH/login"])
def test_prefix_never_reaches_the_upstream(gateway, oracle, alice, target):
    response = exchanged(gateway, oracle, request("GET", target, alice.headers), identities=[alice.id])[0]
    if target == "/_AUTH/login":
        assert response.recorded is not None
    else:
        assert response.status in (302, 303, 404) and response.recorded is None


# Who am I.

def test_who_am_i(gateway, alice):
    assert gateway.fetch("GET", "/_auth/session").json() == {"authenticated": False}
    document = gateway.fetch("GET", "/_auth/session", alice.headers).json()
    assert document["authenticated"] is True and document["user"]["id"] == alice.id and document["realm"] == "main"
    assert gateway.fetch("GET", "/_auth/session?strict=1").status == 401
    assert gateway.fetch("GET", "/_auth/session?strict=1", alice.headers).status == 200
    assert gateway.fetch("GET", "/_auth/session", {"Cookie": COOKIE + "=bad"}).json() == {"authenticated": False}


# Forms.

def test_browser_registers_logs_out_and_logs_in(gateway):
    page = gateway.fetch("GET", "/_auth/register?return_to=/after", BROWSER)
    assert page.status == 200 and page.get("content-type") == "text/html; charset=utf-8"
    fields = page_fields(page.body)
    assert {"username", "password"} <= set(fields)
    name = fresh_name("browser")
    fields.update(username=name, password=PASSWORD)
    made = gateway.fetch("POST", "/_auth/register", FORM, form(**fields))
    assert made.status == 303 and made.get("location") == "/after", made
    cookie = {"Cookie": "%s=%s" % (COOKIE, cookie_of(made))}
    assert gateway.fetch("GET", "/after", {**BROWSER, **cookie}).status == 200
    gone = gateway.fetch("POST", "/_auth/logout", {**FORM, **cookie}, b"")
    assert gone.status == 303
    assert gateway.fetch("GET", "/after", {**BROWSER, **cookie}).status == 303
    fields = page_fields(gateway.fetch("GET", "/_auth/login?return_to=/after%3Fa%3Db", BROWSER).body)
    fields.update(username=name, password=PASSWORD)
    back = gateway.fetch("POST", "/_auth/login", FORM, form(**fields))
    assert back.status == 303 and back.get("location") == "/after?a=b" and cookie_of(back)


def test_form_works_without_any_fetch_metadata(gateway, alice):
    """curl, or a browser that sends neither Sec-Fetch-Site nor Origin: the page's own token is enough."""
    headers = {k: v for k, v in FORM.items() if not k.startswith("Sec")}
    fields = page_fields(gateway.fetch("GET", "/_auth/login", BROWSER).body)
    fields.update(username="alice", password=PASSWORD)
    assert gateway.fetch("POST", "/_auth/login", {**headers, "Origin": "http://app.test"},
        form(**fields)).status == 303


def test_failed_form_shows_the_page_again(gateway):
    typed = "typed\"><script>alert(1)</script>"
    for name in ("typed-name", typed):
        response = gateway.fetch("POST", "/_auth/login", FORM,
            form(username=name, password="wrong password", return_to="/x"))
        assert response.status in (401, 422) and response.get("content-type") == "text/html; charset=utf-8"
        assert b"<title>Error:" in response.body and b'role="alert"' in response.body
        assert html.escape(name).encode() in response.body or html.escape(name).replace("&#x27;",
            "&#39;").encode() in response.body
        assert b"<script" not in response.body and b"wrong password" not in response.body
        assert page_fields(response.body).get("return_to") == "/x"


def test_pages_are_what_they_should_be(gateway, alice):
    for target, token in (("/_auth/login", b"current-password"), ("/_auth/register", b"new-password"),
            ("/_auth/logout", b"<button")):
        response = gateway.fetch("GET", target, {**BROWSER, **(alice.headers if "logout" in target else {})})
        assert response.status == 200 and response.get("content-type") == "text/html; charset=utf-8"
        body = response.body
        assert body.startswith(b"<!doctype html>") or body.startswith(b"<!DOCTYPE html>")
        assert b"<html lang=" in body and b'name="viewport"' in body and token in body
        assert b"<script" not in body and b"http://" not in body.replace(b"http://www.w3.org",
            b"") and b"https://" not in body
        csp = response.get("content-security-policy")
        for part in ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
                "style-src 'sha256-"):
            assert part in csp, csp
        assert response.get("referrer-policy") == "same-origin"
        assert response.get("x-content-type-options") == "nosniff"
        assert response.get("cache-control") == "no-store" and "noindex" in response.get("x-robots-tag")
        assert response.get("cross-origin-opener-policy") == "same-origin"


def test_style_hash_of_the_policy_is_the_pages(gateway):
    response = gateway.fetch("GET", "/_auth/login", BROWSER)
    styles = re.findall(rb"<style>(.*?)</style>", response.body, re.S)
    assert styles and b"style=" not in response.body
    for style in styles:
        digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
        assert "'sha256-%s'" % digest in response.get("content-security-policy")


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html;q=0", "image/png"])
@pytest.mark.parametrize("target", ["/_auth/login", "/_auth/register", "/_auth/logout"])
def test_get_of_a_page_is_the_page_whatever_is_accepted(gateway, target, accept):
    response = gateway.fetch("GET", target, {"Accept": accept} if accept else {})
    assert response.status == 200 and response.get("content-type").startswith("text/html")


def test_head_of_a_page_has_no_body(gateway):
    with gateway.client() as client:
        response = client.exchange(request("HEAD", "/_auth/login"), "HEAD")
        assert response.status == 200 and client.exchange(request("GET", "/public/a")).status == 200


@pytest.mark.parametrize("accept,is_page", [
    (None, False), ("*/*", False), ("application/json", False), ("text/html", True), ("text/html;q=0, */*", False),
    ("application/json;q=0.5, text/html", True), ("text/html;q=0.2, application/json;q=0.9", False),
    ("text/*", False),
    ("application/json, text/html;q=0.9", False), ("text/html, application/json;q=0.9", True), ("TEXT/HTML", True),
    ("text/html;q=abc", None), ("garbage,,;;", False), ("text/html;level=1", None),
])
def test_answers_to_post_follow_accept(gateway, accept, is_page):
    headers = {"Content-Type": "application/json", **({"Accept": accept} if accept else {})}
    response = gateway.fetch("POST", "/_auth/login", headers, credentials("nobody", "wrong password"))
    kind = response.get("content-type").split(";")[0]
    assert response.status == 401 and kind in ("text/html", "application/problem+json")
    if is_page is not None:
        assert (kind == "text/html") == is_page, kind


# Where to go after login.

TARGETS_BAD = [
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "https:evil.test",
    "https://evil.test", "http:/evil.test", "javascript:alert(1)", "/..//evil.test", "/../..//evil.test",
    "\0//evil.test",
    "/a\r\nLocation: //evil.test", "evil.test", "", " /a", "/\n/evil.test", "/\x7f", "/\u00e9",
    "/./evil.test/..//evil.test", "/_auth/login",
    "/_auth", "/_auth/logout", "/" + "a" * 2100, "/\t/evil.test", "@evil.test", ":evil.test",
    "/;@evil.test/..//evil.test",
    "data:text/html,x", "/.//evil.test", "/%2e//evil.test", "#//evil.test", "http:///evil.test",
    "HTTPS://evil.test", "//evil.test@app.test", "//app.test", "http://app.test/a", "/\\/evil.test",
    "/\x0b/evil.test", "\u3002evil.test",
]
TARGETS_GOOD = [
    "/", "/a", "/a/b?c=d&e=f", "/a?next=//evil.test", "/a?x=https://evil.test/", "/a%20b", "/a.b/c~d", "/_authx",
    "/:x@y", "/a?b=%0d%0a",
]


@pytest.mark.parametrize("target", TARGETS_BAD)
def test_return_target_elsewhere_becomes_the_start(gateway, alice, target):
    fields = dict(username="alice", password=PASSWORD, return_to=target)
    for response in (
        gateway.fetch("POST", "/_auth/login", FORM, form(**fields)),
        gateway.fetch("POST", "/_auth/login", {**JSON, "Accept": "text/html"}, json.dumps(fields).encode()),
    ):
        assert response.status == 303 and response.get("location") == "/", response.fields
    page = gateway.fetch("GET", "/_auth/login?" + form(return_to=target).decode(), BROWSER)
    if page.status == 200:
        assert page_fields(page.body).get("return_to", "/") in ("/", "")


@pytest.mark.parametrize("target", ["%zz", "/a%", "/%ff", "%c0%ae%c0%ae/", "/\xff"])
@pytest.mark.parametrize("page", ["login", "register"])
def test_return_target_that_is_no_text_becomes_the_start(gateway, page, target):
    response = gateway.fetch("GET", "/_auth/%s?return_to=%s" % (page, target), BROWSER)
    if "\xff" in target:
        assert response.status == 400, "not even a request line"
    else:
        assert response.status == 200 and page_fields(response.body).get("return_to", "/") == "/"


@pytest.mark.parametrize("target", TARGETS_GOOD)
def test_return_target_on_this_host_is_kept(gateway, alice, target):
    fields = dict(username="alice", password=PASSWORD, return_to=target)
    response = gateway.fetch("POST", "/_auth/login", FORM, form(**fields))
    assert response.status == 303 and response.get("location") == target
    page = gateway.fetch("GET", "/_auth/login?" + form(return_to=target).decode(), BROWSER)
    assert page_fields(page.body).get("return_to", "/") == target


@pytest.mark.parametrize("host", ["evil.test", "app.test", "127.0.0.1:1"])
def test_location_never_names_a_host(gateway, host):
    response = gateway.fetch("GET", "/a?b=c", BROWSER, host=host)
    assert response.status == 303 and response.get("location").startswith("/_auth/login?return_to=")
    assert host not in response.get("location")


# Whose request is it.

def post_with(gateway, headers, target="/_auth/login", content="application/json", body=None, cookie=None):
    headers = {"Content-Type": content, "Accept": "application/json", **headers, **(cookie or {})}
    return gateway.fetch("POST", target, headers, credentials("alice") if body is None else body)


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://app.test:81"}, {"Origin": "http://app.test.evil.test"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://app.test"},
    {"Origin": "http://evil.test", "X-Forwarded-Host": "evil.test"}, {"Origin": "app.test"}, {"Origin": ""},
    {"Sec-Fetch-Site": "bogus"},
    {"Origin": "http://app.test evil"}, {"Origin": "http://app.test/path"}, {"Origin": "file://"},
])
@pytest.mark.parametrize("target", ["/_auth/login", "/_auth/register", "/_auth/logout"])
def test_post_from_another_origin_is_403(gateway, alice, headers, target):
    response = post_with(gateway, headers, target, cookie=alice.headers)
    assert response.status == 403 and response.json()["code"] in ("csrf_failed", "origin_not_allowed"), response
    assert cookie_of(response) is None
    assert gateway.fetch("GET", "/a", alice.headers).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"username":"a","username":"b"}'])
@pytest.mark.parametrize("target", [
    "/_auth/login", "/_auth/register", "/_auth/logout", "/_auth/session", "/_auth/password", "/_auth/account",
])
def test_other_origins_body_is_not_even_read(gateway, alice, target, body):
    response = gateway.fetch(
        "POST", target, {**JSON, **alice.headers, "Origin": "http://evil.test"}, body)
    assert response.status == 403 and response.json()["code"] == "csrf_failed", response


@pytest.mark.parametrize("body,field", [
    (b'{"username":"a"}', "password"), (b'{"password":"correct horse"}', "username"), (b"{}", "username"),
])
@pytest.mark.parametrize("target", ["/_auth/login", "/_auth/register"])
def test_missing_field_is_named(gateway, target, body, field):
    response = gateway.fetch("POST", target, JSON, body)
    problem(response, 422, "invalid_field")
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("headers", [
    {}, {"Origin": "http://app.test"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
    {"Origin": "HTTP://APP.test"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://app.test"},
])
def test_post_from_the_own_origin_or_a_program_is_taken(gateway, alice, headers):
    assert post_with(gateway, headers).status == 200


def test_form_without_origin_needs_the_pages_token(gateway, alice):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    response = gateway.fetch("POST", "/_auth/login", headers, form(username="alice", password=PASSWORD))
    assert response.status == 403 and response.json()["code"] == "csrf_failed"


@pytest.mark.parametrize("method,headers,status", [
    ("POST", {"Origin": "http://evil.test"}, 403), ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("DELETE", {"Origin": "null"}, 403),
    ("POST", {}, 200), ("POST", {"Origin": "http://app.test"}, 200), ("GET", {"Origin": "http://evil.test"}, 200),
    ("HEAD", {"Sec-Fetch-Site": "cross-site"}, 200), ("PUT", {"Sec-Fetch-Site": "same-origin"}, 200),
])
def test_api_with_a_cookie_is_for_the_own_origin(gateway, oracle, alice, method, headers, status):
    response = exchanged(gateway, oracle, request(method, "/a", {**headers, **alice.headers}), [method],
        [alice.id])[0]
    assert response.status == status, response
    if status == 403:
        assert response.json()["code"] in ("csrf_failed", "origin_not_allowed")


# 401 or 303.

NAVIGATION = {"Accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize("method,headers,status", [
    ("GET", NAVIGATION, 303), ("HEAD", NAVIGATION, 303), ("POST", NAVIGATION, 401), ("PUT", NAVIGATION, 401),
    ("DELETE", NAVIGATION, 401),
    ("GET", {}, 401), ("GET", {"Accept": "*/*"}, 401), ("GET", {"Accept": "application/json"}, 401),
    ("GET", {"Accept": "text/*"}, 401),
    ("GET", {**NAVIGATION, "Authorization": "Bearer x"}, 401),
    ("GET", {**NAVIGATION, "X-Requested-With": "XMLHttpRequest"}, 401),
    ("GET", {**NAVIGATION, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 303),
    ("GET", {**NAVIGATION, "Sec-Fetch-Mode": "cors"}, 401), ("GET", {**NAVIGATION, "Sec-Fetch-Mode": "no-cors"}, 401),
    ("GET", {**NAVIGATION, "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}, 401),
    ("GET", {**NAVIGATION, "Sec-Fetch-Dest": "empty"}, 401),
    ("GET", {"Accept": "text/html;q=0"}, 401), ("OPTIONS", NAVIGATION, 401),
])
def test_what_the_unauthenticated_get(gateway, oracle, method, headers, status):
    response = exchanged(gateway, oracle, request(method, "/private?a=b", headers), [method])[0]
    assert response.status == status, response
    assert response.get("cache-control") == "no-store" and cookie_of(response) is None
    if status == 303:
        assert response.get("location") == "/_auth/login?return_to=%2Fprivate%3Fa%3Db" or urllib.parse.unquote(
            response.get("location")) == "/_auth/login?return_to=/private?a=b"
        return
    challenges = ", ".join(response.all("www-authenticate"))
    assert challenges.startswith("Cookie ") and 'form-action="/_auth/login"' in challenges
    assert 'cookie-name="%s"' % COOKIE in challenges and "realm=" in challenges
    if method != "HEAD" and "text/html" not in headers.get("Accept", ""):
        document = problem(response, 401, "login_required")
        assert document["login_url"].startswith("/_auth/login")


def test_missing_invalid_and_expired_look_the_same(gateway, redis):
    expired = register(gateway)
    redis("DEL", expired.key())
    answers = [gateway.fetch("GET", "/a", h) for h in ({}, {"Cookie": COOKIE + "=bad"}, expired.headers)]
    documents = []
    for answer in answers:
        document = answer.json()
        document.pop("instance", None)
        documents.append((answer.status, document, sorted(n for n, _ in answer.fields)))
    assert documents[0] == documents[1] == documents[2]


@pytest.mark.parametrize("headers,status", [
    ({"Origin": "http://x.test", "Access-Control-Request-Method": "PUT"}, 200), ({"Origin": "http://x.test"}, 401),
    ({"Access-Control-Request-Method": "PUT"}, 401), ({}, 401),
])
def test_only_a_preflight_passes_without_a_session(gateway, oracle, headers, status):
    assert exchanged(gateway, oracle, request("OPTIONS", "/a", headers), ["OPTIONS"])[0].status == status


def test_basic_and_query_are_no_way_in(gateway, oracle, alice):
    for target, headers in (
        ("/a?access_token=" + alice.ticket, {}), ("/a",
        {"Authorization": "Basic YWxpY2U6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5"}),
        ("/a", {"X-Session": alice.ticket}), ("/a?%s=%s" % (COOKIE, alice.ticket), {}),
    ):
        assert exchanged(gateway, oracle, request("GET", target, headers))[0].status == 401


# A cookie that does not come back.

def test_lost_cookie_is_explained_instead_of_a_loop(gateway, alice):
    response = gateway.fetch("POST", "/_auth/login", FORM, form(username="alice", password=PASSWORD, return_to="/a"))
    check = [line for line in response.all("set-cookie") if line.startswith("gatehouse-check=")]
    assert response.status == 303 and len(check) == 1 and "secure" not in check[0].lower()
    pair = check[0].split(";")[0]
    page = gateway.fetch("GET", "/a", {**NAVIGATION, "Cookie": pair})
    assert page.status != 303 and b"cookie" in page.body.lower() and page.get("content-type").startswith("text/html")
    whole = gateway.fetch("GET", "/a", {**NAVIGATION, "Cookie": "%s; %s=%s" % (pair, COOKIE, cookie_of(response))})
    assert whole.status == 200
    seen = gateway.recorder.wait_for("/a")[-1]
    assert "gatehouse-check" not in (seen.get("cookie") or "")


def test_login_page_warns_where_the_cookie_will_be_lost(gateway):
    local = gateway.fetch("GET", "/_auth/login", BROWSER, host="127.0.0.1:8080").body
    remote = gateway.fetch("GET", "/_auth/login", BROWSER, host="app.test").body
    assert len(remote) > len(local) and b"https" in remote.lower()


# Hashing is work for helpers, and they are few.

def test_logins_do_not_hold_up_requests(make_gateway, recorder):
    gateway = make_gateway(hash="bcrypt 12", limits="hash_queue 4\nconnections_per_ip 20000")
    user = register(gateway)
    results = []

    def attempt():
        results.append(login(gateway, user.name, "wrong password").status)

    threads = [threading.Thread(target=attempt) for _ in range(24)]
    for thread in threads:
        thread.start()
    waits = []
    while any(t.is_alive() for t in threads):
        started = time.monotonic()
        assert gateway.fetch("GET", "/a", user.headers).status == 200
        waits.append(time.monotonic() - started)
    for thread in threads:
        thread.join()
    assert 503 in results and 401 in results and set(results) == {401, 503}, results
    assert statistics.median(waits) < 0.1, statistics.median(waits)
    assert login(gateway, user.name).status == 200


def test_full_queue_says_when_to_come_back(make_gateway):
    gateway = make_gateway(hash="bcrypt 13", limits="hash_queue 1\nconnections_per_ip 20000")
    clients = [gateway.client(30) for _ in range(8)]
    data = request("POST", "/_auth/login", JSON, credentials("nobody"))
    for client in clients:
        client.send(data)
    answers = [client.read() for client in clients]
    refused = [a for a in answers if a.status == 503]
    assert refused and all(a.get("retry-after") and a.json()["code"] == "overloaded" for a in refused)
    for client in clients:
        client.close()


def test_old_kinds_of_hashes_are_upgraded_at_login(make_gateway):
    gateway = make_gateway(hash="bcrypt 4")
    user = register(gateway)
    assert gateway.terminate() == 0
    before = stored_hash(gateway, user.name)
    assert before.startswith("$2")
    gateway.write(hash="argon2id 8m 1 1")
    gateway.start()
    assert login(gateway, user.name).status == 200
    after = wait_until(lambda: (h := stored_hash(gateway, user.name)) != before and h, 5, "the upgrade")
    assert after.startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    assert login(gateway, user.name).status == 200 and login(gateway, user.name, "wrong password").status == 401


def stored_hash(gateway, name):
    """The hash in the gateway's SQLite file, whatever its columns are called."""
    connection = sqlite3.connect("file:%s/state/users.db?mode=ro" % gateway.directory, uri=True)
    try:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute('select * from "%s"' % table):
                words = [w.decode("latin-1") if isinstance(w, bytes) else str(w) for w in row]
                if name.lower() in words:
                    return next(w for w in words if w.startswith("$"))
    finally:
        connection.close()
    raise AssertionError("no hash of %s in %s" % (name, tables))


def test_same_password_has_another_hash(make_gateway):
    gateway = make_gateway()
    register(gateway, "one")
    register(gateway, "two")
    assert stored_hash(gateway, "one") != stored_hash(gateway, "two")


def test_accounts_survive_a_restart(make_gateway):
    gateway = make_gateway()
    user = register(gateway)
    assert gateway.terminate() == 0
    gateway.start()
    assert log_in(gateway, user.name).id == user.id


def test_audit_names_who_but_never_the_password(gateway):
    name = fresh_name("audited")
    user = register(gateway, name)
    login(gateway, name, "secret of the wrong kind")
    login(gateway, "typed-password-as-name", "x" * 12)
    log_in(gateway, name)
    gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers})
    gateway.wait_line(lambda e: "logout" in json.dumps(e) and user.id in json.dumps(e), "audit")
    text = gateway.log()
    assert "secret of the wrong kind" not in text and "typed-password-as-name" not in text
    lines = [json.dumps(e) for e in gateway.lines("audit")]
    kinds = " ".join(line for line in lines if user.id in line or name in line)
    for kind in ("register", "login", "login_failed", "logout"):
        assert kind in kinds, kind


def test_hash_that_is_no_use_is_said_in_the_log(gateway):
    user = register(gateway)
    with contextlib.closing(sqlite3.connect(gateway.directory + "/state/users.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE users SET hash = '$1$salt$md5' WHERE name = ?", (user.name,))
    response = login(gateway, user.name)
    assert response.status == 401 and response.json()["code"] == "bad_credentials"
    line = gateway.wait_line(lambda entry: entry.get("user") == user.id and "hash" in entry.get("msg", ""), "process")
    assert line["level"] == "error" and line["store"] == "people" and "md5" not in line["reason"]
