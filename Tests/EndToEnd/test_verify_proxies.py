"""Real proxies in front that ask the gateway about every request, with the files in deploy/examples as they are."""

import os
import shutil
import socket
import subprocess

import pytest

from harness.client import Client, fetch
from harness.gateway import ROOT
from harness.redis_server import free_port
from harness.users import COOKIE, JSON, credentials, register
from harness.websocket import echo_tunnel, handshake
from harness.wire import wait_until

pytestmark = pytest.mark.identity

EXAMPLES = os.path.join(ROOT, "deploy", "examples")


def example(name, **addresses):
    """An example's text with the addresses of this test."""
    with open(os.path.join(EXAMPLES, name)) as file:
        text = file.read()
    for old, new in addresses.items():
        assert ADDRESSES[old] in text, old
        text = text.replace(ADDRESSES[old], new)
    return text


ADDRESSES = {
    "gateway": "127.0.0.1:8080", "origin": "127.0.0.1:3000", "nginx": "listen 80;", "haproxy": "bind :80",
    "caddy": "example.org {", "lua": "/etc/haproxy/gatehouse.lua", "host": "server_name example.org;",
}


@pytest.fixture(scope="module")
def behind(make_module_gateway):
    gateway = make_module_gateway(start=False)
    gateway.write_text(example("gateway.conf", gateway="127.0.0.1:%d" % gateway.port))
    return gateway.start()


@pytest.fixture(scope="module")
def user(behind):
    return register(behind)


class Proxy:
    """A proxy with an example's configuration, in front of an origin and a gateway."""

    def __init__(self, kind, directory, gateway, origin):
        self.port = free_port()
        self.directory, self.gateway, self.origin = directory, "127.0.0.1:%d" % gateway.port, origin
        command = getattr(self, kind)()
        self.log = open(os.path.join(directory, "log"), "wb")
        environment = {**os.environ, "HOME": directory, "XDG_DATA_HOME": directory, "XDG_CONFIG_HOME": directory}
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=directory, env=environment)
        wait_until(self.is_listening, 15, kind + "'s start")

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def nginx(self):
        self.file("gatehouse-forwarded.conf", example("nginx/gatehouse-forwarded.conf"))
        server = self.file("gatehouse.conf", example("nginx/gatehouse.conf", gateway=self.gateway, origin=self.origin,
            nginx="listen 127.0.0.1:%d;" % self.port))
        path = self.file("nginx.conf", """daemon off; master_process off; pid %s/pid; error_log stderr;
events { worker_connections 64; }
http {
    access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
    scgi_temp_path s; include %s;
}
""" % (self.directory, server))
        return ["nginx", "-p", self.directory, "-e", "stderr", "-c", path]

    def caddy(self):
        text = example("caddy/Caddyfile", gateway=self.gateway, origin=self.origin,
            caddy="http://:%d {\n\tbind 127.0.0.1" % self.port)
        return ["caddy", "run", "--adapter", "caddyfile", "--config",
            self.file("Caddyfile", "{\n\tadmin off\n}\n" + text)]

    def haproxy(self):
        lua = self.file("gatehouse.lua", example("haproxy/gatehouse.lua"))
        text = example("haproxy/haproxy.cfg", gateway=self.gateway, origin=self.origin, lua=lua,
            haproxy="bind 127.0.0.1:%d" % self.port)
        return ["haproxy", "-db", "-f", self.file("haproxy.cfg", text)]

    def is_listening(self):
        assert self.process.poll() is None, self.output()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def output(self):
        with open(self.log.name) as file:
            return file.read()

    def client(self, timeout=5.0):
        return Client(("127.0.0.1", self.port), timeout)

    def fetch(self, *words, **more):
        return fetch(("127.0.0.1", self.port), *words, **more)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


def program(name):
    mark = pytest.mark.skipif(not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin"), reason="no " + name)
    return pytest.param(name, marks=mark)


@pytest.fixture(scope="module", params=[program("nginx"), program("caddy"), program("haproxy")])
def proxy(request, behind, tmp_path_factory):
    running = Proxy(request.param, str(tmp_path_factory.mktemp(request.param)), behind, behind.recorder.address)
    running.kind = request.param
    yield running
    running.stop()


def passed(proxy, behind, method, target, headers=(), body=None):
    """The request as the application got it."""
    mark = behind.recorder.mark()
    response = proxy.fetch(method, target, headers, body)
    assert response.status == 200 and response.recorded is not None, (response, proxy.output())
    assert len(behind.recorder.since(mark)) == 1
    return behind.recorder.since(mark)[0]


def test_identity_reaches_the_application(proxy, behind, user):
    for method, body in (("GET", None), ("POST", b"some=body"), ("DELETE", None)):
        seen = passed(proxy, behind, method, "/a/b?c=d&e", user.headers, body)
        assert (seen.method, seen.target) == (method, "/a/b?c=d&e") and (seen.body or b"") == (body or b"")
        assert seen.all("x-user-id") == [user.id] and seen.all("x-user-name") == [user.name]
        assert seen.all("x-user-realm") == ["main"] and seen.all("host") == ["app.test"]
        assert seen.get("x-forwarded-for") == "127.0.0.1" and not seen.all("x-user-roles")


SPOOFS = [("X-User-Id", "root"), ("x-user-id", "root"), ("X-User-Roles", "admin"), ("X-User-Name", "root"),
    ("X-User-Realm", "root"), ("X_User_Id", "root"), ("X-User_Id", "root"),
    ("x_user_id", "root"), ("x.user.id", "root"), ("X_User-Roles", "admin")]


def test_nobody_chooses_an_identity(proxy, behind, user):
    for name, value in SPOOFS:
        for target, headers in (("/public/a", {}), ("/a", user.headers)):
            seen = passed(proxy, behind, "GET", target, [*dict(headers).items(), (name, value)])
            assert not [v for _, v in seen.fields if v in (b"root", b"admin")], (name, target)
            for absent in ("roles",) if headers else ("id", "name", "roles", "realm"):
                assert not seen.all("x-user-" + absent), (name, target, absent)
            assert seen.all("x-user-id") == ([user.id] if headers else [])


@pytest.mark.parametrize("method,target,known,status", [
    ("GET", "/a", False, 401), ("POST", "/a", False, 401), ("GET", "/admin/a", False, 401), ("GET", "/admin/a", True, 403),
    ("GET", "/internal/a", False, 403), ("GET", "/internal/a", True, 403), ("GET", "/public%2fa", True, 400),
    ("GET", "/a?x=/public/a", False, 401), ("PUT", "/admin/a", True, 403),
])
def test_refused_requests_do_not_reach_the_application(proxy, behind, user, method, target, known, status):
    mark = behind.recorder.mark()
    body = b"body" if method in ("POST", "PUT") else None
    response = proxy.fetch(method, target, {"Accept": "application/json", **(user.headers if known else {})}, body)
    assert response.status == status and behind.recorder.since(mark) == [], response
    if status == 401:
        assert response.get("www-authenticate").startswith("Cookie") and response.json()["code"] == "login_required"


def test_forged_cookie_and_question_pass_nobody(proxy, behind, user):
    mark = behind.recorder.mark()
    for headers in (
        {"Cookie": COOKIE + "=forged"}, {"X-Forwarded-Uri": "/public/a"}, {"X-Forwarded-Method": "OPTIONS"},
        {"X-Original-URL": "/public/a"}, {"X_Forwarded_Uri": "/public/a"},
    ):
        assert proxy.fetch("GET", "/a", headers).status in (400, 401), headers
        assert proxy.fetch("GET", "/admin/a", {**user.headers, **headers}).status in (400, 401, 403), headers
    assert behind.recorder.since(mark) == []


def test_other_sites_pages_do_not_act_with_the_cookie(proxy, behind, user):
    for headers, status in (({"Origin": "https://evil.test"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin"}, 200)):
        assert proxy.fetch("POST", "/a", {**user.headers, **headers}, b"x").status == status, headers


def test_websockets_pass_for_pages_of_their_own_site(proxy, behind, user):
    behind.recorder.on("/ws", echo_tunnel)
    mark = behind.recorder.mark()
    for headers in ({}, {**user.headers, "Origin": "http://evil.test"}):
        with handshake(proxy, "/ws", headers) as tunnel:
            assert tunnel.response.status != 101, headers
    assert behind.recorder.since(mark) == []
    with handshake(proxy, "/ws", {**user.headers, "Origin": "http://app.test"}) as tunnel:
        assert tunnel.response.status == 101, (tunnel.response, proxy.output())
        tunnel.send(b"hello")
        assert tunnel.exactly(5) == b"hello"
    assert behind.recorder.since(mark)[0].all("x-user-id") == [user.id]


def test_people_are_sent_to_the_login_page_and_back(proxy, behind, user):
    page = {"Accept": "text/html"}
    response = proxy.fetch("GET", "/a?b=c", page)
    assert response.status == 303 and response.get("location") == "/_auth/login?return_to=/a%3Fb%3Dc"
    assert b"<form" in proxy.fetch("GET", response.get("location"), page).body
    login = proxy.fetch("POST", "/_auth/login", {**JSON, "Origin": "http://app.test"}, credentials(user.name))
    assert login.status == 200
    cookie = login.get("set-cookie").split(";")[0]
    assert passed(proxy, behind, "GET", "/a?b=c", {"Cookie": cookie}).all("x-user-id") == [user.id]
    assert proxy.fetch("POST", "/_auth/logout", {"Cookie": cookie, "Origin": "http://app.test", **JSON}).status == 204
    assert proxy.fetch("GET", "/a", {"Cookie": cookie}).status == 401


def test_unsure_is_no(proxy, behind, user, cleanup):
    """While the gateway's Redis does not answer, nobody passes."""
    pid = behind.redis_pid()
    os.kill(pid, 19)
    try:
        mark = behind.recorder.mark()
        response = proxy.fetch("GET", "/a", user.headers)
        assert response.status == 503 and response.get("retry-after") and behind.recorder.since(mark) == []
    finally:
        os.kill(pid, 18)
    wait_until(lambda: proxy.fetch("GET", "/a", user.headers).status == 200, 10, "the session's counting again")


def test_gateway_that_is_away_lets_nobody_through(behind, user, tmp_path, proxy):
    class Away:
        port = free_port()

    alone = Proxy(proxy.kind, str(tmp_path), Away, behind.recorder.address)
    try:
        mark = behind.recorder.mark()
        for target in ("/a", "/public/a"):
            assert alone.fetch("GET", target, user.headers).status in (502, 503), target
        assert behind.recorder.since(mark) == []
    finally:
        alone.stop()
