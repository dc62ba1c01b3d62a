"""PROXY headers: from trusted proxies alone, strict, and then the client is the one they name, everywhere."""

import json
import os
import shutil
import socket
import ssl
import struct
import subprocess

import pytest

from harness.client import Client, request
from harness.redis_server import free_port
from harness.users import JSON, credentials
from harness.wire import wait_until

pytestmark = pytest.mark.forwarding

GET = request("GET", "/public/a")
V1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(body=b"", command=0x21, family=0x11, length=None):
    return SIGNATURE + struct.pack(">BBH", command, family, len(body) if length is None else length) + body


FOUR = socket.inet_aton("203.0.113.7") + socket.inet_aton("192.0.2.1") + struct.pack(">HH", 56324, 443)
SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::a") * 2 + struct.pack(">HH", 56324, 443)
UNIX = b"/run/a".ljust(108, b"\0") * 2


def listening(make, mode, listen="", **options):
    gateway = make(start=False, **{"top": "trust_proxy 127.0.0.1/32 10.0.0.0/8", **options})
    gateway.write(listen="127.0.0.1:%d {\n proxy_protocol %s\n%s\n}" % (gateway.port, mode, listen))
    return gateway.start()


@pytest.fixture(scope="module")
def on(make_module_gateway):
    return listening(make_module_gateway, "on")


@pytest.fixture(scope="module")
def required(make_module_gateway):
    return listening(make_module_gateway, "required")


def answered(gateway, *parts, source=None):
    """The answer to what is sent, or None where the gateway closes without one."""
    with gateway.client(source=source) as client:
        client.send(*parts)
        if client.reader.buffer or client.reader.fill():
            response = client.read_head()
            client.read_body(response)
            return response
        return None


def refused(gateway, *parts, source=None):
    with gateway.client(source=source) as client:
        client.send(*parts)
        client.socket.settimeout(4)
        try:
            return client.socket.recv(1) == b""
        except ConnectionResetError:
            return True


@pytest.mark.parametrize("header,client", [
    (V1, "203.0.113.7"), (b"PROXY TCP6 2001:db8::a ::1 1 2\r\n", "2001:db8::a"),
    (b"PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", "203.0.113.7"), (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", "127.0.0.1"),
    (v2(FOUR), "203.0.113.7"), (v2(SIX, family=0x21), "2001:db8::a"), (v2(UNIX, family=0x31), "127.0.0.1"),
    (v2(b"", family=0), "127.0.0.1"), (v2(b"abc", family=0), "127.0.0.1"), (v2(b"", 0x20, 0), "127.0.0.1"),
    (v2(FOUR, 0x20), "127.0.0.1"), (v2(FOUR + b"\x04\0\x02\0\0"), "203.0.113.7"),
    (v2(FOUR + b"\x04\x0f\xd1" + b"\0" * 4049), "203.0.113.7"),
])
@pytest.mark.parametrize("mode", ["on", "required"])
def test_client_is_the_one_that_the_header_names(request, mode, header, client):
    gateway = request.getfixturevalue(mode)
    for parts in ((header + GET,), (header, GET), tuple(bytes([b]) for b in header[:40]) + (header[40:] + GET,)):
        response = answered(gateway, *parts)
        assert response.status == 200
        seen = next(r for r in gateway.recorder.seen("/public/a") if r.number == response.recorded)
        assert seen.all("x-forwarded-for") == [client]
        line = gateway.wait_line(lambda e: e.get("request_id") == response.get("x-request-id"), "access")
        assert (line["client"], line["peer"]) == (client, "127.0.0.1")


BROKEN = [
    b"PROXY TCP4 203.0.113.7 192.0.2.1 56324\r\n", b"PROXY TCP4 203.0.113.7  192.0.2.1 1 2\r\n",
    b"PROXY TCP4 2001:db8::a ::1 1 2\r\n", b"PROXY TCP6 203.0.113.7 192.0.2.1 1 2\r\n", b"PROXY UNKNOWN\n",
    b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n", b"PROXY " + b"x" * 200, b"PROXY TCP4 203.0.113.7 192.0.2.1 1 99999\r\n",
    v2(FOUR, 0x11), v2(FOUR, 0x22), v2(FOUR, family=0x41), v2(FOUR[:-1]), v2(FOUR, family=0x21),
    v2(FOUR + b"\x04\0"), v2(FOUR + b"\x04\xff\xff"), v2(FOUR, length=4081), v2(b"", 0x20, 0, length=0xffff),
    v2(FOUR + b"\x03\0\x04abcd"),
]


@pytest.mark.parametrize("header", BROKEN)
def test_broken_header_ends_the_connection_without_a_word(on, header):
    count = len(on.recorder.requests)
    assert refused(on, header + GET)
    assert len(on.recorder.requests) == count
    assert answered(on, V1 + GET).status == 200


def test_refusals_are_counted_and_told(make_gateway):
    gateway = listening(make_gateway, "required")
    for reason, data, source in (
        ("it is broken", BROKEN[0], None), ("there is none", GET, None),
        ("only peers in trust_proxy may send one", V1 + GET, ("127.0.0.2", 0)), ("it did not come in time", b"", None),
    ):
        assert refused(gateway, data, source=source)
        line = gateway.wait_line(lambda e: e.get("reason") == reason)
        assert line["peer"] == (source or gateway.address)[0] and "PROXY header" in str(line)
    status = json.loads(gateway.command("status", "--json", "--config", gateway.path).stdout)
    assert status["counters"]["connectionsRejected"] == 4


def test_header_is_waited_for_but_not_for_long(on):
    for part in (b"", b"PROXY TCP4 203", SIGNATURE[:7], v2(FOUR)[:20]):
        assert refused(on, part), part


def test_second_header_is_no_request(on):
    assert answered(on, V1 + V1 + GET).status == 400
    assert answered(on, v2(FOUR) + v2(FOUR) + GET).status == 400


def test_header_is_optional_only_where_it_says_so(on, required):
    response = answered(on, GET)
    assert response.status == 200
    assert refused(required, GET)
    # A request that begins as a header would.
    with on.client() as client:
        client.send(b"P", b"R", request("PROPFIND", "/public/a")[2:])
        assert client.read_head().status == 200


def test_strangers_headers_say_nothing(on, required):
    """A peer outside of trust_proxy speaks HTTP, or is turned away."""
    stranger = ("127.0.0.2", 0)
    assert answered(on, V1 + GET, source=stranger).status == 400
    assert answered(on, v2(FOUR) + GET, source=stranger).status == 400
    assert answered(on, GET, source=stranger).status == 200
    for data in (V1 + GET, v2(FOUR) + GET, GET):
        assert refused(required, data, source=stranger)


def test_off_is_plain_http(make_gateway):
    gateway = make_gateway(top="trust_proxy 127.0.0.1/32")
    assert answered(gateway, V1 + GET).status == 400
    assert answered(gateway, v2(FOUR) + GET).status == 400


@pytest.mark.parametrize("header,trusted", [
    (V1, False), (b"PROXY TCP4 10.1.2.3 192.0.2.1 1 2\r\n", True), (b"PROXY UNKNOWN\r\n", False),
    (v2(UNIX, family=0x31), False), (v2(b"", 0x20, 0), True), (b"", True),
])
def test_forwarding_headers_count_only_from_a_named_client_that_is_trusted(on, header, trusted):
    """What is behind the proxy is the client's word, not the proxy's."""
    own = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "https", "X-Request-Id": "front-12345678"}
    response = answered(on, header + request("GET", "/public/a", own))
    seen = next(r for r in on.recorder.seen("/public/a") if r.number == response.recorded)
    assert ("198.51.100.9" in seen.get("x-forwarded-for")) == trusted
    assert seen.all("x-forwarded-proto") == ["https" if trusted else "http"]
    assert (seen.get("x-request-id") == "front-12345678") == trusted


def test_tls_that_the_proxy_ended_is_the_scheme(on):
    body = FOUR + b"\x20\0\x05\x01\0\0\0\0"
    response = answered(on, v2(body) + GET)
    seen = next(r for r in on.recorder.seen("/public/a") if r.number == response.recorded)
    assert seen.all("x-forwarded-proto") == ["https"]


def test_connections_are_counted_by_client(make_gateway):
    gateway = listening(make_gateway, "on", limits="connections 100\nconnections_per_ip 3")
    held = []
    for _ in range(3):
        held.append(gateway.client())
        held[-1].send(V1 + GET)
        assert held[-1].read_head().status == 200
    assert refused(gateway, V1 + GET)
    assert answered(gateway, b"PROXY TCP4 203.0.113.8 192.0.2.1 1 2\r\n" + GET).status == 200
    for client in held:
        client.close()
    wait_until(lambda: answered(gateway, V1 + GET) is not None, 5, "the places' being free again")


def test_half_of_an_ipv6_address_is_one_client(make_gateway):
    gateway = listening(make_gateway, "on", limits="connections 100\nconnections_per_ip 2")
    header = b"PROXY TCP6 2001:db8:0:%x::%x ::1 1 2\r\n"
    held = []
    for host in (1, 2):
        held.append(gateway.client())
        held[-1].send(header % (1, host) + GET)
        assert held[-1].read_head().status == 200
    assert refused(gateway, header % (1, 3) + GET)
    assert answered(gateway, header % (2, 1) + GET).status == 200
    for client in held:
        client.close()


@pytest.mark.parametrize("header", [b"", v2(b"", 0x20, 0), b"PROXY UNKNOWN\r\n", b"PROXY TCP4 10.1.2.3 192.0.2.1 1 2\r\n"])
def test_trusted_proxies_carry_many_clients(make_gateway, header):
    gateway = listening(make_gateway, "on", limits="connections 100\nconnections_per_ip 2")
    held = [gateway.client() for _ in range(5)]
    for client in held:
        client.send(header + GET)
        assert client.read_head().status == 200
        client.close()


def test_connections_without_a_header_yet_take_a_place(make_gateway):
    gateway = listening(make_gateway, "on", limits="connections 3")
    held = [gateway.client() for _ in range(3)]
    assert refused(gateway, V1 + GET)
    held[0].send(V1 + GET)
    assert held[0].read_head().status == 200, "its place is kept for it"
    for client in held:
        client.close()
    wait_until(lambda: answered(gateway, V1 + GET) is not None, 5, "the places' being free again")


def test_logins_are_limited_by_client(make_gateway):
    gateway = listening(make_gateway, "on", realm="login_limit 2/5m per ip")

    def login(client):
        data = request("POST", "/_auth/login", JSON, credentials("nobody", "wrong-wrong-wrong"))
        return answered(gateway, b"PROXY TCP4 %s 192.0.2.1 1 2\r\n" % client + data).status

    assert [login(b"203.0.113.7") for _ in range(3)] == [401, 401, 429]
    assert login(b"203.0.113.8") == 401


def certificate(directory):
    cert, key = os.path.join(str(directory), "cert.pem"), os.path.join(str(directory), "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "30", "-subj", "/CN=app.test", "-addext", "subjectAltName=DNS:app.test", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    os.chmod(key, 0o600)
    return cert, key


def test_header_comes_before_the_handshake(make_gateway, tmp_path):
    cert, key = certificate(tmp_path)
    gateway = listening(make_gateway, "required", "tls %s %s" % (cert, key))
    context = ssl.create_default_context(cafile=cert)
    for header in (V1, v2(FOUR)):
        raw = socket.create_connection(gateway.address)
        raw.sendall(header)
        with context.wrap_socket(raw, server_hostname="app.test") as secure:
            secure.sendall(request("GET", "/public/a", {"Connection": "close"}))
            assert secure.recv(100).startswith(b"HTTP/1.1 200")
        seen = gateway.recorder.wait_for("/public/a")[-1]
        assert seen.all("x-forwarded-for") == ["203.0.113.7"] and seen.all("x-forwarded-proto") == ["https"]


@pytest.mark.parametrize("listen,code", [
    ("{ proxy_protocol on }", "E305"), ("{ proxy_protocol required }", "E305"), ("{ proxy_protocol maybe }", "E203"),
    ("{ proxy_protocol off }", ""),
])
def test_needs_somebody_to_trust(make_gateway, listen, code):
    gateway = make_gateway(start=False)
    gateway.write(listen="127.0.0.1:%d %s" % (gateway.port, listen))
    done = gateway.command("check", gateway.path)
    assert (code in done.stdout + done.stderr) if code else done.returncode == 0


# Real proxies.

def start(cleanup, command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    class Running:
        def stop(self):
            process.terminate()
            process.wait(10)

    cleanup.add(Running())

    def is_up():
        assert process.poll() is None, process.stderr.read()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(is_up, 10, "the proxy's start")


@pytest.mark.parametrize("line", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_haproxy_in_front(required, cleanup, tmp_path, line):
    haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"
    port = free_port()
    path = tmp_path / "haproxy.cfg"
    path.write_text("""defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:%d
    unique-id-format %%[uuid()]
    default_backend gate
backend gate
    server gate 127.0.0.1:%d %s check inter 200
""" % (port, required.port, line))
    start(cleanup, [haproxy, "-db", "-f", str(path)], port)
    with Client(("127.0.0.1", port), source=("127.0.0.5", 0)) as client:
        for _ in range(3):
            response = client.exchange(GET)
            assert response.status == 200
    seen = next(r for r in required.recorder.seen("/public/a") if r.number == response.recorded)
    assert seen.all("x-forwarded-for") == ["127.0.0.5"]


def test_nginx_in_front(required, cleanup, tmp_path):
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"
    if not os.path.exists(nginx) or not os.path.exists(module):
        pytest.skip("no nginx with its stream module")
    path = tmp_path / "nginx.conf"
    path.write_text("""load_module %s;
daemon off; pid %s/pid; error_log stderr;
events {}
stream { server { listen 127.0.0.1:%d; proxy_pass 127.0.0.1:%d; proxy_protocol on; } }
""" % (module, tmp_path, port, required.port))
    start(cleanup, [nginx, "-p", str(tmp_path), "-e", "stderr", "-c", str(path)], port)
    with Client(("127.0.0.1", port), source=("127.0.0.6", 0)) as client:
        response = client.exchange(GET)
    seen = next(r for r in required.recorder.seen("/public/a") if r.number == response.recorded)
    assert response.status == 200 and seen.all("x-forwarded-for") == ["127.0.0.6"]


def test_reload_waits_for_headers_that_are_on_their_way(make_gateway):
    gateway = listening(make_gateway, "required")
    with gateway.client() as client:
        client.send(V1[:10])
        assert gateway.reload().returncode == 0
        client.send(V1[10:] + GET)
        assert client.read_head().status == 200


def test_masked_addresses_are_masked_in_every_place(make_gateway):
    gateway = listening(make_gateway, "on", log="access on\nclient_ip masked")
    response = answered(gateway, V1 + GET)
    line = gateway.wait_line(lambda e: e.get("request_id") == response.get("x-request-id"), "access")
    assert (line["client"], line["peer"]) == ("203.0.113.0", "127.0.0.0")
