"""HTTP/1.1 read strictly: whatever RFC 9110 and 9112 do not allow is an error here, never repaired."""

import re
import socket
import time

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
VALUE = re.compile(rb"(?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\Z")
REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) (HTTP/1\.[01])\Z")
STATUS_LINE = re.compile(rb"(HTTP/1\.1) ([1-5][0-9][0-9]) ([\t \x21-\x7e\x80-\xff]*)\Z")
LENGTH = re.compile(rb"[0-9]{1,18}\Z")
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})\Z")


class WireError(Exception):
    """The peer broke the grammar."""


class Closed(Exception):
    """The peer closed between messages."""


class Truncated(Exception):
    """The peer closed, or reset, within a message."""


class Reader:
    """Buffered reads from a socket, each with a deadline."""

    def __init__(self, sock, timeout):
        self.socket = sock
        self.timeout = timeout
        self.buffer = bytearray()

    def fill(self, deadline=None):
        """Reads once. Returns False at the end of the stream."""
        deadline = time.monotonic() + self.timeout if deadline is None else deadline
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no more bytes in time; so far: %r" % bytes(self.buffer[:200]))
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(262144)
        except ConnectionResetError:
            if self.buffer:
                raise Truncated("reset after %r" % bytes(self.buffer[-100:])) from None
            raise
        self.buffer += data
        return bool(data)

    def take(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def until(self, mark, limit=1 << 20):
        """Bytes up to and with `mark`; Closed if the stream ends before the first of them."""
        deadline = time.monotonic() + self.timeout
        start = 0
        while True:
            at = self.buffer.find(mark, start)
            if at >= 0:
                return self.take(at + len(mark))
            if len(self.buffer) > limit:
                raise WireError("no %r in %d bytes" % (mark, limit))
            start = max(0, len(self.buffer) - len(mark) + 1)
            if not self.fill(deadline):
                if self.buffer:
                    raise Truncated("ended within %r" % bytes(self.buffer[:300]))
                raise Closed()

    def exactly(self, count):
        parts, left = [], count
        while left:
            if not self.buffer and not self.fill():
                raise Truncated("%d of %d bytes missing" % (left, count))
            part = self.take(min(left, len(self.buffer)))
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def rest(self):
        """Everything up to the end of the stream."""
        while self.fill():
            pass
        return self.take(len(self.buffer))


def parse_fields(block):
    """Header lines (each ended by CRLF) as (name, value) pairs."""
    fields = []
    if not block:
        return fields
    if not block.endswith(b"\r\n"):
        raise WireError("header block does not end in CRLF: %r" % block[-60:])
    for line in block[:-2].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        value = value.strip(b" \t")
        if not colon or not TOKEN.match(name) or not VALUE.match(value):
            raise WireError("bad header line %r" % line[:200])
        fields.append((name, value))
    return fields


def values(fields, name):
    name = name.lower()
    return [v for n, v in fields if n.lower() == name]


def framing(fields):
    """('chunked', None), ('length', n) or (None, None); two ways at once, or a bad one, is an error."""
    lengths, codings = values(fields, b"content-length"), values(fields, b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise WireError("more than one framing header: %r" % (lengths + codings))
    if codings:
        if codings[0].lower() != b"chunked":
            raise WireError("transfer-encoding %r" % codings[0])
        return "chunked", None
    if lengths:
        if not LENGTH.match(lengths[0]):
            raise WireError("content-length %r" % lengths[0])
        return "length", int(lengths[0])
    return None, None


def chunks(reader):
    """The chunks of a chunked body; extensions and trailers are errors, since a gateway drops both."""
    while True:
        line = reader_line(reader)
        match = CHUNK_LINE.match(line)
        if not match:
            raise WireError("chunk line %r" % line[:100])
        size = int(match.group(1), 16)
        if size == 0:
            trailer = reader_line(reader)
            if trailer:
                raise WireError("trailer %r" % trailer[:200])
            return
        yield reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise WireError("chunk data not ended by CRLF")


def reader_line(reader):
    try:
        line = reader.until(b"\r\n", 65536)[:-2]
    except Closed:
        raise Truncated("ended between chunks") from None
    if b"\n" in line or b"\r" in line:
        raise WireError("bare CR or LF in %r" % line[:100])
    return line


def abort(sock):
    """Closes with RST."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        sock.close()
    except OSError:
        pass


def wait_until(condition, timeout=5.0, what="the condition", step=0.01):
    """Polls until `condition()` is true and returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("%s did not come true within %.1f s" % (what, timeout))
        time.sleep(step)
