"""A client that sends exactly the bytes it is told to and reads answers strictly."""

import json
import socket

from . import wire
from .wire import Closed, Reader, Truncated, WireError, abort


class Response:
    """One answer: final head and body, and the informational heads before it."""

    def __init__(self, status, reason, fields, informational):
        self.status, self.reason, self.fields = status, reason, fields
        self.informational = informational
        self.body = b""
        self.framing = None
        self.complete = True
        self.chunks = []

    def all(self, name):
        return [v.decode("latin-1") for v in wire.values(self.fields, name.encode())]

    def get(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    def json(self):
        return json.loads(self.body)

    @property
    def recorded(self):
        """Number of the recorded request that this answers; None if the gateway answered itself."""
        number = self.get("x-recorder")
        return int(number) if number is not None else None

    def __repr__(self):
        return "<%d %s %r>" % (self.status, self.fields, self.body[:300])


def request(method, target, headers=(), body=None, host="app.test", version="HTTP/1.1"):
    """The bytes of a request; a body gets a Content-Length unless the headers frame it."""
    lines = ["%s %s %s" % (method, target, version)]
    headers = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {n.lower() for n, _ in headers}
    if host is not None and "host" not in names:
        lines.append("Host: " + host)
    lines += ["%s: %s" % pair for pair in headers]
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


class Client:
    """One connection to the gateway."""

    def __init__(self, address, timeout=5.0, source=None, tls=None, name="app.test", session=None):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout, source_address=source)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name, session=session)
        self.reader = Reader(self.socket, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *parts):
        """Sends each part on its own; a peer that no longer listens is not this end's error."""
        self.socket.settimeout(self.reader.timeout)
        for part in parts:
            try:
                self.socket.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                return False
        return True

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        abort(self.socket)

    def close(self):
        self.socket.close()

    def read_head(self, method="GET"):
        """The final head and the informational ones before it; no body read yet (101 is final)."""
        informational = []
        while True:
            head = self.reader.until(b"\r\n\r\n")
            line, _, block = head[:-2].partition(b"\r\n")
            match = wire.STATUS_LINE.match(line)
            if not match:
                raise WireError("status line %r" % line[:200])
            status, fields = int(match.group(2)), wire.parse_fields(block)
            response = Response(status, match.group(3).decode("latin-1"), fields, informational)
            kind, length = wire.framing(fields)
            if status < 200 and status != 101:
                if kind:
                    raise WireError("framing header in a %d" % status)
                informational.append(response)
                continue
            if status in (101, 204):
                if kind:
                    raise WireError("framing header in a %d" % status)
                kind, length = "none", 0
            elif status == 304 or method == "HEAD":
                kind, length = "none", 0
            response.framing, response.length = kind or "close", length
            return response

    def read_body(self, response, keep=True):
        """Reads the body of an answer whose head was read."""
        try:
            if response.framing == "length":
                response.body = self.reader.exactly(response.length)
            elif response.framing == "chunked":
                for chunk in wire.chunks(self.reader):
                    response.chunks.append(chunk if keep else b"")
                response.body = b"".join(response.chunks)
            elif response.framing == "close":
                response.body = self.reader.rest()
        except Truncated:
            response.complete = False
        except ConnectionResetError:
            response.complete = False
        return response

    def read(self, method="GET"):
        """One whole answer."""
        return self.read_body(self.read_head(method), method)

    def exchange(self, data, method="GET"):
        self.send(data)
        return self.read(method)

    def read_until_closed(self, methods=()):
        """All answers up to the end of the connection. The last one may be incomplete."""
        responses = []
        while True:
            method = methods[len(responses)] if len(responses) < len(methods) else "GET"
            try:
                responses.append(self.read(method))
            except (Closed, ConnectionResetError):
                return responses

    def at_end(self):
        """Whether the peer has closed, with nothing more sent; waits for either."""
        try:
            return not self.reader.buffer and not self.reader.fill()
        except ConnectionResetError:
            return True


def fetch(address, method="GET", target="/", headers=(), body=None, host="app.test", timeout=10.0, tls=None):
    """One request on a connection of its own."""
    with Client(address, timeout, tls=tls) as client:
        headers = list(headers.items()) if isinstance(headers, dict) else list(headers)
        client.send(request(method, target, headers, body, host))
        return client.read(method)
