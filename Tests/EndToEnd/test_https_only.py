"""`listen { redirect https }`: everything goes to https, and nobody goes anywhere else."""

import os
import socket
import ssl
import subprocess

import pytest

from harness.client import Client, fetch, request
from harness.redis_server import free_port

pytestmark = pytest.mark.configuration

ROUTES = """
    route /* app user
    route /public/* app public
    route /.well-known/acme-challenge/* app public
"""


def redirecting(make, words="redirect https", host="app.test other.test *.wild.test [::1]", top="", **options):
    """A gateway with one listener that redirects, beside its own."""
    port = free_port()
    gateway = make(host=host, routes=ROUTES, top="listen 127.0.0.1:%d { %s }\n%s" % (port, words, top), **options)
    gateway.plain = ("127.0.0.1", port)
    return gateway


@pytest.fixture(scope="module")
def plain(make_module_gateway):
    return redirecting(make_module_gateway)


def ask(gateway, method="GET", target="/", headers=(), body=None, host="app.test"):
    return fetch(gateway.plain, method, target, [("Host", host)] + list(dict(headers).items()), body)


@pytest.mark.parametrize("target,host,location", [
    ("/", "app.test", "https://app.test/"), ("/a/b?c=d&e", "app.test:8080", "https://app.test/a/b?c=d&e"),
    ("/a", "APP.test.", "https://app.test/a"), ("/a?", "other.test", "https://other.test/a?"),
    ("/public/a", "x.wild.test", "https://x.wild.test/public/a"), ("/_auth/login?return_to=/x", "app.test",
        "https://app.test/_auth/login?return_to=/x"),
    ("/a", "[::1]:80", "https://[::1]/a"), ("/publi%63/a", "app.test", "https://app.test/public/a"),
    ("http://app.test/a?b", "ignored.test", "https://app.test/a?b"),
    ("http://app.test", "app.test", "https://app.test/"),
    ("/.well-known/acme-challenge", "app.test", "https://app.test/.well-known/acme-challenge"),
    ("/.well-known/other", "app.test", "https://app.test/.well-known/other"),
    ("/?u=https://evil.test/", "app.test", "https://app.test/?u=https://evil.test/"),
])
def test_everything_goes_to_its_own_address_on_https(plain, target, host, location):
    for method in ("GET", "HEAD", "POST", "DELETE"):
        response = ask(plain, method, target, host=host)
        assert response.status == 308 and response.all("location") == [location], method
        assert response.get("cache-control") == "no-store"
    assert not plain.recorder.seen(target)


@pytest.mark.parametrize("target,host", [
    ("/", "evil.test"), ("/", "127.0.0.1"), ("/", "app.test.evil.test"), ("/", "wild.test"), ("http://evil.test/", "app.test"),
    ("/", ""), ("/", "app.test@evil.test"), ("/", "app.test/evil"), ("/", "app.test evil.test"), ("//evil.test/..", "app.test"),
    ("/a/../b", "app.test"), ("/a//b", "app.test"),
])
def test_nobody_is_sent_to_a_host_that_is_not_ours(plain, target, host):
    response = ask(plain, "GET", target, host=host)
    assert response.status == 400 and not response.all("location")


def test_request_without_a_host_goes_nowhere(make_gateway):
    gateway = redirecting(make_gateway, host="*")
    assert fetch(gateway.plain, "GET", "/", host="anything.test").get("location") == "https://anything.test/"
    with Client(gateway.plain) as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        response = client.read_head()
    assert response.status == 400 and not response.all("location")


def test_challenges_of_a_certificate_authority_are_served(plain):
    target = "/.well-known/acme-challenge/token"
    response = ask(plain, "GET", target)
    assert response.status == 200 and plain.recorder.seen(target)
    assert ask(plain, "GET", "/.well-known/acme-challenge/../../public/a").status == 400


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_status_can_be_chosen(make_gateway, code):
    gateway = redirecting(make_gateway, "redirect https %d" % code)
    assert ask(gateway, "POST", "/a", body=b"x" * 2000).status == code


def test_bodies_and_pipelines_stay_in_step(plain):
    with Client(plain.plain) as client:
        client.send(request("POST", "/one", body=b"GET /evil HTTP/1.1\r\n\r\n") + request("GET", "/two"))
        for target in ("/one", "/two"):
            response = client.read_head()
            client.read_body(response)
            assert response.status == 308 and response.get("location") == "https://app.test" + target


def test_what_a_trusted_proxy_got_over_https_is_served(make_gateway):
    """It would be sent round and round."""
    gateway = redirecting(make_gateway, top="trust_proxy 127.0.0.1/32")
    assert ask(gateway, "GET", "/public/a", {"X-Forwarded-Proto": "https"}).status == 200
    assert ask(gateway, "GET", "/public/a", {"X-Forwarded-Proto": "http"}).status == 308
    assert ask(gateway, "GET", "/public/a").status == 308


def test_a_strangers_https_is_not_believed(plain):
    assert ask(plain, "GET", "/public/a", {"X-Forwarded-Proto": "https"}).status == 308


def test_port_is_that_of_the_listener_with_tls(make_gateway, tmp_path):
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "30", "-subj", "/CN=app.test", "-addext", "subjectAltName=DNS:app.test", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    os.chmod(key, 0o600)
    port = free_port()
    gateway = redirecting(make_gateway, host="app.test", top="listen 127.0.0.1:%d { tls %s %s }" % (port, cert, key))
    assert ask(gateway, "GET", "/public/a?b").get("location") == "https://app.test:%d/public/a?b" % port
    context = ssl.create_default_context(cafile=cert)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="app.test") as secure:
        secure.sendall(request("GET", "/public/a", {"Connection": "close"}))
        assert secure.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("words,code", [
    ("redirect https\nbacklog 5", "E307"), ("redirect https\nproxy_protocol off", "E307"),
    ("redirect https\nprotocols http/1.1", "E307"), ("redirect http", "E203"), ("redirect https 303", "E203"),
    ("redirect", "E202"), ("redirect https 308 x", "E208"),
])
def test_nothing_else_stands_beside_it(make_gateway, words, code):
    gateway = make_gateway(start=False)
    gateway.write(listen="127.0.0.1:%d {\n%s\n}" % (gateway.port, words))
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and code in done.stdout + done.stderr


def test_plain_http_that_only_redirects_is_no_danger_to_cookies(make_gateway):
    gateway = make_gateway(start=False, host="app.test")
    gateway.write(listen=":%d { redirect https }" % gateway.port)
    done = gateway.command("check", gateway.path)
    assert done.returncode == 0 and "W501" not in done.stdout + done.stderr
