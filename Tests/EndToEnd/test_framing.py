"""Request framing, byte by byte: what is ambiguous is refused, and no byte of a body ever becomes a request."""

import itertools
import time

import pytest

from harness.cases import closed_whatever, exchanged, forwarded, refused
from harness.client import request

pytestmark = pytest.mark.framing

CHUNKED = b"Transfer-Encoding: chunked\r\n"


cases = itertools.count(1)


class Place:
    """Where a case is sent: a public route, or one that needs a session, with one; its number tells whose it is."""

    def __init__(self, user=None):
        self.case = next(cases)
        self.target = (b"/a" if user else b"/public/a") + b"?case=%d" % self.case
        self.cookie = b"Cookie: %s\r\n" % user.cookie.encode() if user else b""
        self.identities = [user.id] if user else []

    def line(self, method=b"POST", version=b"HTTP/1.1"):
        return method + b" " + self.target + b" " + version + b"\r\nHost: a\r\n" + self.cookie

    def smuggled(self):
        return b"GET /smuggled HTTP/1.1\r\nHost: a\r\n" + self.cookie + b"\r\n"


@pytest.fixture(params=["public", "user"])
def place(request, alice):
    return Place(alice if request.param == "user" else None)


def refuse(gateway, oracle, place, rest, statuses=(400,), partial=0, method=b"POST", version=b"HTTP/1.1"):
    data = place.line(method, version) + rest
    return refused(gateway, oracle, data, statuses, place.identities, partial, place.case)


# Two lengths at once, or one that is none.

@pytest.mark.parametrize("rest", [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: 5\r\nX: y\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n",
])
def test_length_with_chunked_is_refused(gateway, oracle, place, rest):
    refuse(gateway, oracle, place, rest + place.smuggled())


@pytest.mark.parametrize("lengths", [
    ["5", "5"], ["5", "6"], ["5, 5"], ["5,6"], ["", "5"], ["5", ""], ["0", "5"], ["5", "0"], ["5,"], [",5"],
])
def test_repeated_length_is_refused(gateway, oracle, place, lengths):
    lines = b"".join(b"Content-Length: %s\r\n" % value.encode() for value in lengths)
    refuse(gateway, oracle, place, lines + b"\r\nhello" + place.smuggled())


@pytest.mark.parametrize("length", [
    b"+5", b"-0", b"-1", b"0x5", b"5_0", b"5e0", b"5.0", b" ", b"", b"5 5", b"\xd9\xa5", b"5\xa0", b"\xa05", b"5;",
    b"18446744073709551621", b"9223372036854775808", b"99999999999999999999999999999999", b"five", b"5\x0b", b"\"5\"",
])
def test_length_that_is_no_number_is_refused(gateway, oracle, place, length):
    refuse(gateway, oracle, place, b"Content-Length: " + length + b"\r\n\r\nhello" + place.smuggled(), (400, 413))


def test_length_with_leading_zeros_is_never_forwarded_so(gateway, oracle, place):
    with gateway.client() as client:
        response = client.exchange(place.line() + b"Content-Length: 005\r\n\r\nhello")
    seen = oracle.check([response], place.identities)
    assert response.status == 400 or seen[0].all("content-length") == ["5"]


@pytest.mark.parametrize("value", [
    b"xchunked", b"chunked, chunked", b",chunked", b"chunked,", b"\"chunked\"", b"\x0bchunked", b"\xa0chunked",
    b"chunked\x85", b"identity", b"gzip, chunked", b"chunked, gzip", b"", b"chunked;a=b", b"chunked\x0c", b"chunk ed",
    b"identity, chunked", b"chunked identity", b"\xef\xbb\xbfchunked", b"'chunked'", b"gzip", b"chunked\x00",
    b"CHUNKE\xcb\x84",
])
def test_unknown_transfer_encoding_is_refused(gateway, oracle, place, value):
    rest = b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n"
    refuse(gateway, oracle, place, rest + place.smuggled(), (400, 501))


@pytest.mark.parametrize("lines", [
    CHUNKED + CHUNKED, CHUNKED + b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: identity\r\n" + CHUNKED,
    b"Transfer-Encoding : chunked\r\n", b"Transfer_Encoding: chunked\r\n", b"Transfer-Encoding:\r\n chunked\r\n",
    b"Transfer-Encoding\r\n: chunked\r\n", b" Transfer-Encoding: chunked\r\n",
    b"X: y\r\n Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"X: y\rTransfer-Encoding: chunked\r\n",
    b"X: y\nTransfer-Encoding: chunked\r\n",
    b"Transfer\xc2\xadEncoding: chunked\r\n", b"\xe2\x80\x8bTransfer-Encoding: chunked\r\n",
])
def test_disguised_transfer_encoding_is_refused(gateway, oracle, place, lines):
    refuse(gateway, oracle, place, lines + b"\r\n0\r\n\r\n" + place.smuggled(), (400, 501))


@pytest.mark.parametrize("value", [b"chunked", b"Chunked", b"CHUNKED", b"  chunked\t"])
def test_chunked_is_one_token_in_any_case(gateway, oracle, place, value):
    data = place.line() + b"Transfer-Encoding:" + value + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert forwarded(gateway, oracle, data, identities=place.identities)[0].body == b"hello"


@pytest.mark.parametrize("rest", [b"", b"Connection: keep-alive\r\n"])
def test_chunked_in_http_1_0_is_refused(gateway, oracle, place, rest):
    refuse(gateway, oracle, place, rest + CHUNKED + b"\r\n0\r\n\r\n" + place.smuggled(), version=b"HTTP/1.0")


# Chunks.

@pytest.mark.parametrize("chunks", [
    b"0x5\r\nhello", b"+5\r\nhello", b"-0\r\n\r\n", b"-5\r\nhello", b"5_0\r\nhello", b" 5\r\nhello", b"5 \r\nhello",
    b"\r\nhello", b"FFFFFFFFFFFFFFFF\r\nhello", b"10000000000000005\r\nhello", b"\xef\xbc\xa1\r\nhello",
    b"0" * 1000 + b"5\r\nhello", b"5\nhello", b"5\rhello", b"5\r\nhelloXX0\r\n\r\n", b"5;a\nb\r\nhello",
    b"5;a\rb\r\nhello",
    b"5\r\r;ABC\r\nhello", b"5;\0x\r\nhello", b"5;\r\nhello", b"5;a=\"\r\n\"\r\nhello", b"5;=b\r\nhello",
    b"5;a=\r\nhello",
    b"5;" + b"a" * 20_000 + b"\r\nhello", b"5\t\r\nhello", b"g\r\nhello", b"5,\r\nhello", b"\"5\"\r\nhello",
    b"5\0\r\nhello",
    b"5\r\nhello0\r\n", b"5\r\nhello\n0\r\n", b"5\r\nhello\r0\r\n", b"4\r\nhello\r\n", b"6\r\nhello\r\n0\r\n\r\n",
])
def test_wrong_chunk_is_refused(gateway, oracle, place, chunks):
    rest = CHUNKED + b"\r\n" + chunks + b"\r\n0\r\n\r\n"
    refuse(gateway, oracle, place, rest + place.smuggled(), (400, 413), partial=1)


@pytest.mark.parametrize("end", [
    b"0\r\n\n", b"0\n\r\n", b"0\r\r\n", b"0\r\nX: a\rb\r\n\r\n", b"0\r\nX: a\nb\r\n\r\n",
    b"0\r\nX: a\0b\r\n\r\n",
    b"0\r\nNoColon\r\n\r\n", b"0\r\n X: y\r\n\r\n", b"0\r\nX : y\r\n\r\n", b"0\r\n: y\r\n\r\n",
    b"0\r\nX: y\r\n z\r\n\r\n",
    b"0\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n", b"0\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
])
def test_wrong_end_of_chunks_is_refused(gateway, oracle, place, end):
    rest = CHUNKED + b"\r\n5\r\nhello\r\n" + end
    refuse(gateway, oracle, place, rest + place.smuggled(), (400, 413, 431), partial=1)


@pytest.mark.parametrize("chunks,body", [
    (b"5\r\nhello\r\n0\r\n\r\n", b"hello"), (b"5;foo=bar\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"5;a\r\nhello\r\n0;b=\"c d\"\r\n\r\n", b"hello"), (b"0\r\n\r\n", b""),
    (b"005\r\nhello\r\n000\r\n\r\n", b"hello"),
    (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", b"01234567890123456789"),
    (b"5\r\nhello\r\n0\r\nX-T: 1\r\nY: \r\n\r\n", b"hello"), (b"1\r\n\n\r\n2\r\n\r\n\r\n0\r\n\r\n", b"\n\r\n"),
])
def test_chunked_body_is_decoded_and_framed_anew(gateway, oracle, place, chunks, body):
    data = place.line() + CHUNKED + b"\r\n" + chunks
    seen = forwarded(gateway, oracle, data, identities=place.identities)[0]
    assert seen.body == body and seen.complete


def test_chunked_body_in_single_bytes(gateway, oracle, place):
    data = place.line() + CHUNKED + b"\r\n3;a=\"b\"\r\nabc\r\n11\r\n0123456789abcdefg\r\n0\r\nX-T: 1\r\n\r\n"
    parts = tuple(data[i:i + 1] for i in range(len(data)))
    assert forwarded(gateway, oracle, parts, identities=place.identities)[0].body == b"abc0123456789abcdefg"


def test_chunk_overhead_has_a_limit(gateway, oracle, place):
    chunk = b"1;" + b"x" * 200 + b"\r\na\r\n"
    refuse(gateway, oracle, place, CHUNKED + b"\r\n" + chunk * 20_000 + b"0\r\n\r\n", (400, 413), partial=1)


# Grammar of lines and names.

@pytest.mark.parametrize("data", [
    b"GET /public/a HTTP/1.1\nHost: a\n\n", b"GET /public/a HTTP/1.1\r\nHost: a\n\r\n",
    b"GET /public/a HTTP/1.1\nHost: a\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: b\rX-User-Id: 1\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n",
    b"\r\n\rZ", b"GET /public/a HTTP/1.1\r\r\nHost: a\r\n\r\n", b"GET /public/a HTTP/1.1\rHost: a\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: b\r\r\n\r\n", b"GET /public/a HTTP/1.1\r\nHost: a\r\n\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n", b"\nGET /public/a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: b\nX-User-Id: 1\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: \x01\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: \x7f\r\n\r\n",
    b"GET /public/a HTTP/1.1\r\nHost: a\r\nA: \x1b[0m\r\n\r\n",
    b"\0GET /public/a HTTP/1.1\r\nHost: a\r\n\r\n",
])
def test_bare_control_byte_is_refused(gateway, oracle, data):
    refused(gateway, oracle, data)


@pytest.mark.parametrize("lines", [
    b"X: y\r\n folded\r\n", b"X: y\r\n\tfolded\r\n", b"X:\r\n y\r\n", b"X: y\r\n \r\n",
    b"Content-Length:\r\n 5\r\n", b"X: y\r\n Content-Length: 5\r\n",
])
def test_folded_line_is_refused(gateway, oracle, place, lines):
    refuse(gateway, oracle, place, lines + b"\r\n", method=b"GET")


@pytest.mark.parametrize("start", [b" X: y\r\n", b"\tX: y\r\n", b" Host: a\r\n", b" \r\n"])
def test_whitespace_before_the_first_field_is_refused(gateway, oracle, start):
    refused(gateway, oracle, b"GET /public/a HTTP/1.1\r\n" + start + b"Host: a\r\n\r\n")


@pytest.mark.parametrize("line", [
    b": v", b"Content-Length : 5", b"Content-Length\t: 5", b"Content-Length\0: 5", b"Content-Length\x85: 5",
    b"X[]: v",
    b"NoColon", b"Content-Length 5", b"Content-\r\r\nLength: 5", b"X Y: v", b"X(: v", b"\x7f: v", b"\xc3\xa9: v",
    b"\"X\": v",
    b"X@Y: v", b"X/Y: v", b"{X}: v", b" : v", b"=X-User-Id : v", b"X,Y: v", b"X;Y: v", b"X\\Y: v",
])
def test_wrong_field_name_is_refused(gateway, oracle, place, line):
    refuse(gateway, oracle, place, line + b"\r\n\r\n", method=b"GET")


@pytest.mark.parametrize("length", [255, 256, 257, 4096, 65535, 65536, 65537, 65792])
def test_long_field_name_never_wraps(gateway, oracle, place, length):
    inner = b"content-length: 40"
    line = b"a" * (length - 14) + inner + b"\r\n"
    data = place.line(b"GET") + line + b"\r\n" + place.smuggled()
    with gateway.client() as client:
        client.send(data + request("GET", "/public/a", {"Connection": "close"}))
        responses = client.read_until_closed()
    oracle.check(responses, place.identities)
    assert len(responses) in (1, 3) and all(r.status in (200, 400, 401, 431) for r in responses), responses


@pytest.mark.parametrize("name", ["X", "x-y", "X9", "X-Y-Z-1"])
def test_unknown_field_is_forwarded_byte_for_byte(gateway, oracle, name):
    value = "v \t\"q\\\"\" \x80\xff;,=()<>@"
    seen = forwarded(gateway, oracle, request("GET", "/public/a", [(name, value), (name, ""), (name, "last")]))[0]
    assert seen.all(name) == [value, "", "last"]


@pytest.mark.parametrize("name", ["X!", "X#", "X$", "X%", "X&", "X'", "X*", "X+", "X^", "X`", "X|", "X~"])
def test_rare_token_in_a_name_is_forwarded_or_refused_never_changed(gateway, oracle, name):
    with gateway.client() as client:
        response = client.exchange(request("GET", "/public/a", {name: "v"}))
    oracle.check([response])
    assert response.status in (200, 400)


# Bodies on methods that seldom have one, and bodies nobody reads.

@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"PROPFIND"])
@pytest.mark.parametrize("chunked", [False, True])
def test_body_of_any_method_is_a_body(gateway, oracle, place, method, chunked):
    smuggled = place.smuggled()
    if chunked:
        rest = CHUNKED + b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(smuggled), smuggled)
    else:
        rest = b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled
    responses = exchanged(gateway, oracle, place.line(method) + rest, [method.decode()], place.identities)
    assert responses[0].status in (200, 400), responses
    for seen in oracle.last:
        assert seen.target != "/smuggled"
        assert seen.framing is None or seen.body == smuggled


@pytest.mark.parametrize("target,headers,status", [
    ("/a", {}, 401), ("/deny/a", {}, 403), ("/small/a", {}, 413),
    ("/_auth/login", {"Content-Type": "application/json"}, 413),
    ("/_auth/nothing", {}, 404), ("/_auth/login", {"Content-Type": "text/xml"}, 415), ("/_auth/session", {}, 401),
])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_unread_body_is_never_a_request(gateway, oracle, alice, target, headers, status, framing):
    smuggled = request("GET", "/smuggled", alice.headers)
    body = smuggled * (100_000 // len(smuggled) + 1)
    if framing == "chunked":
        headers = {**headers, "Transfer-Encoding": "chunked"}
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with gateway.client() as client:
        client.send(request("POST", target, headers, body))
        client.half_close()
        responses = client.read_until_closed()
    seen = oracle.check(responses, [alice.id], partial=1)
    assert len(responses) == 1 and responses[0].status in (status, 413, 415, 405), responses
    assert not [r for r in seen if r.target == "/smuggled"]


def test_small_unread_body_keeps_the_connection(gateway, oracle):
    data = request("POST", "/a", {"Content-Type": "text/plain"}, b"x" * 2000)
    assert exchanged(gateway, oracle, data, ["POST"])[0].status == 401


# Expect.

def test_continue_comes_once_authorised(gateway, oracle, alice):
    headers = {"Expect": "100-continue", "Content-Length": "5", "Cookie": alice.cookie}
    with gateway.client() as client:
        client.send(request("POST", "/a", headers))
        assert client.reader.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        client.send(b"hello")
        response = client.read("POST")
    seen = oracle.check([response], [alice.id])
    assert seen[0].body == b"hello" and not seen[0].all("expect")


@pytest.mark.parametrize("target,status", [("/a", 401), ("/deny/a", 403), ("/small/a", 413)])
def test_refused_before_the_body_means_no_continue(gateway, oracle, target, status):
    headers = {"Expect": "100-continue", "Content-Length": "5000"}
    with gateway.client() as client:
        client.send(request("POST", target, headers))
        response = client.read("POST")
    assert response.status == status and not response.informational
    oracle.check([response])


def test_body_sent_without_waiting_is_taken(gateway, oracle, place):
    data = place.line() + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello"
    assert forwarded(gateway, oracle, data, identities=place.identities)[0].body == b"hello"


def test_continue_for_a_request_without_body(gateway, oracle, place):
    responses = exchanged(gateway, oracle, place.line(b"GET") + b"Expect: 100-continue\r\n\r\n",
        identities=place.identities)
    assert responses[0].status == 200
    responses = exchanged(
        gateway, oracle, place.line(b"HEAD") + b"Expect: 100-continue\r\n\r\n", ["HEAD"], place.identities)
    assert responses[0].status == 200


@pytest.mark.parametrize("value", [b"y 100-continue", b"meow", b"100-continue, x", b"100", b"\"100-continue\"",
    b"100-continue=1"])
def test_other_expectation_fails(gateway, oracle, place, value):
    with gateway.client() as client:
        client.send(place.line() + b"Expect: " + value + b"\r\nContent-Length: 5\r\n\r\nhello")
        response = client.read("POST")
    oracle.check([response], place.identities)
    assert response.status == 417 and response.recorded is None


def test_expectation_of_http_1_0_is_ignored(gateway, oracle, place):
    with gateway.client() as client:
        client.send(place.line(version=b"HTTP/1.0") + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        response = client.read("POST")
    seen = oracle.check([response], place.identities)
    assert response.status == 200 and not response.informational and not seen[0].all("expect")


def test_continue_from_upstream_is_not_a_second_one(gateway, oracle, recorder, alice):
    def twice(exchange):
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        exchange.read_body()
        exchange.reply()

    recorder.on("/continue-twice", twice)
    headers = {"Expect": "100-continue", "Content-Length": "5", "Cookie": alice.cookie}
    with gateway.client() as client:
        client.send(request("POST", "/continue-twice", headers), b"hello")
        response = client.read("POST")
    assert response.status == 200
    oracle.check([response], [alice.id])


# The request line.

@pytest.mark.parametrize("line", [
    b"GET  /public/a HTTP/1.1", b"GET /public/a  HTTP/1.1", b"GET\t/public/a HTTP/1.1", b"GET /public/a\tHTTP/1.1",
    b"GET /public/a", b"GET /public/a HTTP/1.32", b"GET /public/a HTTP/01.1", b"GET /public/a http/1.1",
    b"GET /public/a HTTP/1.1 ", b"GET /public/a HTTP/1.", b"GET /public/a HTTP/.1", b"GET /public/a HTTP/11",
    b"G=\" /public/a HTTP/1.1", b" /public/a HTTP/1.1", b"GET", b"GET  HTTP/1.1", b" GET /public/a HTTP/1.1",
    b"GET /public/a HTTP/1,1", b"GET /public/a HTTP/-1.1", b"GET /public/a HTTP/1.+1", b"GET /public/a HTTPS/1.1",
    b"GET /public/a FOO", b"G@T /public/a HTTP/1.1", b"G\0T /public/a HTTP/1.1", b"GET:/public/a HTTP/1.1",
    b"\xc3\x89 /public/a HTTP/1.1",
    b"GET /public/a\x0bHTTP/1.1", b"GET\xa0/public/a HTTP/1.1", b"GET /public/a HTTP/1.1\0",
    b"GET /public/a HTTP 1.1",
])
def test_wrong_request_line_is_refused(gateway, oracle, line):
    refused(gateway, oracle, line + b"\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/3.0", b"HTTP/0.9", b"HTTP/9.9"])
def test_other_major_version_is_505(gateway, oracle, version):
    refused(gateway, oracle, b"GET /public/a " + version + b"\r\nHost: a\r\n\r\n", (505,))


def test_long_version_is_refused(gateway, oracle):
    refused(gateway, oracle, b"GET /public/a HTTP/4294967297.1\r\nHost: a\r\n\r\n", (400, 505))


def test_later_minor_version_is_taken_as_1_1(gateway, oracle):
    seen = forwarded(gateway, oracle, b"GET /public/a HTTP/1.2\r\nHost: a\r\n\r\n")[0]
    assert seen.version == "HTTP/1.1"


def test_one_empty_line_before_a_request_is_tolerated(gateway, oracle):
    forwarded(gateway, oracle, b"\r\n" + request("GET", "/public/a"))


def test_many_empty_lines_are_not(gateway, oracle):
    refused(gateway, oracle, b"\r\n" * 10_000 + request("GET", "/public/a"))


@pytest.mark.parametrize("method", ["FOO", "M-SEARCH", "get", "X" * 40])
def test_unknown_method_is_forwarded_as_it_is_or_refused(gateway, oracle, method):
    with gateway.client() as client:
        response = client.exchange(request(method, "/public/a"), method)
    seen = oracle.check([response])
    assert response.status in (400, 405, 501) or [r.method for r in seen] == [method]


def test_very_long_method_is_refused(gateway, oracle):
    refused(gateway, oracle, b"X" * 70_000 + b" /public/a HTTP/1.1\r\nHost: a\r\n\r\n", (400, 414, 431, 501))


# After the end.

def test_nothing_is_read_after_close(gateway, oracle, place):
    data = place.line(b"GET") + b"Connection: close\r\n\r\n" + place.smuggled()
    with gateway.client() as client:
        client.send(data)
        responses = client.read_until_closed()
    seen = oracle.check(responses, place.identities)
    assert [r.status for r in responses] == [200] and len(seen) == 1


def test_nothing_is_read_after_http_1_0(gateway, oracle, place):
    with gateway.client() as client:
        client.send(place.line(b"GET", b"HTTP/1.0") + b"\r\n" + place.smuggled())
        responses = client.read_until_closed()
    seen = oracle.check(responses, place.identities)
    assert [r.status for r in responses] == [200] and len(seen) == 1


def test_nothing_is_read_after_a_body_that_paused(gateway, oracle, alice):
    with gateway.client(8) as client:
        started = time.monotonic()
        client.send(request("POST", "/public/a", {"Content-Length": "500"}))
        response = client.read("POST")
        assert response.status == 408 and response.recorded is None
        assert 1 < time.monotonic() - started < 6
        client.send(request("GET", "/smuggled", alice.headers) * 5)
        assert client.at_end()
    seen = oracle.check([response], [alice.id], partial=1)
    assert not [r for r in seen if r.target == "/smuggled"]


def test_nothing_is_read_after_a_refusal_that_paused(gateway, oracle, alice):
    with gateway.client(8) as client:
        client.send(request("POST", "/a", {"Content-Length": "500"}))
        response = client.read("POST")
        assert response.status == 401
        # The rest of the body is awaited for a while, then the connection ends.
        assert client.at_end()
        client.send(request("GET", "/smuggled", alice.headers) * 5)
    oracle.check([response], [alice.id])


@pytest.mark.parametrize("start", [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", b"PROXY UNKNOWN\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\0" * 12, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
    b"SSH-2.0-x\r\n\r\n",
])
def test_other_protocol_is_closed(gateway, oracle, start):
    closed_whatever(gateway, oracle, start + request("GET", "/public/a"), (400, 505))


# Many at once.

def test_pipelined_requests_are_answered_in_order(gateway, oracle, recorder, alice):
    def slow(exchange):
        number = int(exchange.request.target.rsplit("=", 1)[1])
        time.sleep((20 - number) / 1000)
        exchange.reply(body=b"%d" % number)

    recorder.on("/pipelined", slow)
    data = b"".join(request("GET", "/pipelined?n=%d" % n, alice.headers) for n in range(20))
    responses = exchanged(gateway, oracle, data, ["GET"] * 20, [alice.id])
    assert [r.body for r in responses] == [b"%d" % n for n in range(20)]


def test_pipelined_requests_of_all_kinds(gateway, oracle, alice):
    parts = [
        ("POST", request("POST", "/a", alice.headers, b"x" * 300)), ("GET", request("GET", "/nobody")),
        ("HEAD", request("HEAD", "/public/a")), ("GET", request("GET", "/_auth/session", alice.headers)),
        ("POST", request("POST", "/public/b", {"Transfer-Encoding": "chunked"}, b"3\r\nabc\r\n0\r\n\r\n")),
        ("GET", request("GET", "/optional/a", alice.headers)),
    ]
    responses = exchanged(gateway, oracle, b"".join(d for _, d in parts), [m for m, _ in parts], [alice.id])
    assert [r.status for r in responses] == [200, 401, 200, 200, 200, 200]


def test_ten_thousand_pipelined_requests_without_reading(gateway, oracle, alice):
    count = 10_000
    data = request("GET", "/_auth/nothing", alice.headers) * count
    before = gateway.memory()
    with gateway.client(30) as client:
        client.socket.setblocking(False)
        sent = 0
        deadline = time.monotonic() + 2
        while sent < len(data) and time.monotonic() < deadline:
            try:
                sent += client.socket.send(data[sent:sent + 65536])
            except BlockingIOError:
                # The gateway has stopped reading: that is the point.
                break
        grown = gateway.memory() - before
        client.socket.setblocking(True)
        assert grown < 16 << 20, "memory grew by %d bytes" % grown
    oracle.check([])


def test_request_in_single_bytes(gateway, oracle, place):
    data = place.line() + b"Content-Length: 5\r\nX-Y: z\r\n\r\nhello"
    parts = tuple(data[i:i + 1] for i in range(len(data)))
    assert forwarded(gateway, oracle, parts, identities=place.identities)[0].body == b"hello"


def test_nothing_is_forwarded_before_the_head_is_whole(gateway, oracle, alice):
    with gateway.client() as client:
        client.send(request("GET", "/a", alice.headers)[:-2])
        client.half_close()
        responses = client.read_until_closed()
    assert len(responses) <= 1 and all(r.status in (400, 408) for r in responses)
    assert not oracle.check(responses)
