"""RFC 6455 at the level of bytes: handshakes and frames."""

import base64
import hashlib
import os
import select
import ssl
import struct
import time

from .client import request
from .wire import Truncated

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_value(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def handshake_headers(key=None, **more):
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key or base64.b64encode(os.urandom(16)).decode(),
    }
    headers.update({name.replace("_", "-"): value for name, value in more.items()})
    return [(n, v) for n, v in headers.items() if v is not None]


def attempt(call, argument):
    """What the call gives; None if it would have to wait."""
    try:
        return call(argument)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None


class Tunnel:
    """A client's side of a handshake, and of what follows it."""

    def __init__(self, client, response):
        self.client, self.response = client, response

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def send(self, data):
        return self.client.send(data)

    def exactly(self, count):
        return self.client.reader.exactly(count)

    def exchange(self, data, timeout=10.0):
        """Sends `data` and reads as many bytes meanwhile, in one thread: no two may use one TLS socket."""
        sock, unsent, received = self.client.socket, memoryview(data), bytearray()
        deadline = time.monotonic() + timeout
        sock.setblocking(False)
        while len(received) < len(data):
            sent = attempt(sock.send, unsent[:16384]) if unsent else None
            unsent = unsent[sent or 0:]
            more = attempt(sock.recv, len(data) - len(received))
            if more == b"":
                raise Truncated("%d of %d bytes missing" % (len(data) - len(received), len(data)))
            received += more or b""
            if time.monotonic() > deadline:
                raise TimeoutError("%d bytes not sent, %d received" % (len(unsent), len(received)))
            if sent is None and more is None:
                select.select([sock], [sock] if unsent else [], [], 0.1)
        return bytes(received)

    def rest(self):
        return self.client.reader.rest()

    def read_frame(self):
        return read_frame(self.client.reader)

    def close_code(self):
        """The code of the next frame, which must be a Close frame and the last word."""
        opcode, payload, _ = self.read_frame()
        assert opcode == 8, (opcode, payload)
        assert not self.rest(), "bytes behind the Close frame"
        return struct.unpack(">H", payload[:2])[0]


def handshake(gateway, target, headers=(), early=b"", method="GET", version="HTTP/1.1", timeout=5.0, **more):
    """Sends a handshake (and `early` bytes behind it) and reads the answer's head, or all of it if not a 101."""
    client = gateway.client(timeout)
    headers = list(headers.items()) if isinstance(headers, dict) else list(headers)
    client.send(request(method, target, handshake_headers(**more) + headers, version=version) + early)
    response = client.read_head(method)
    if response.status != 101:
        client.read_body(response)
    return Tunnel(client, response)


def switch(exchange, headers=(), early=b""):
    """A recorder's valid 101, with `early` bytes right behind it."""
    key = exchange.request.get("sec-websocket-key")
    lines = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: " + accept_value(key),
    ] + ["%s: %s" % pair for pair in headers]
    exchange.send(("\r\n".join(lines) + "\r\n\r\n").encode() + early)


def echo_tunnel(exchange):
    """Switches, then gives every byte back until the client ends its side."""
    switch(exchange)
    exchange.close()
    reader = exchange.reader
    reader.timeout = 30
    while True:
        if reader.buffer:
            exchange.send(reader.take(len(reader.buffer)))
        if not reader.fill():
            return


def frame(payload, opcode=2, fin=True, masked=True):
    """One frame."""
    head = bytes([(0x80 if fin else 0) | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def read_frame(reader):
    """(opcode, payload, whether it was masked) of the next frame."""
    first, second = reader.exactly(2)
    length = second & 0x7f
    if length >= 126:
        length = int.from_bytes(reader.exactly(2 if length == 126 else 8), "big")
    mask = reader.exactly(4) if second & 0x80 else bytes(4)
    payload = reader.exactly(length)
    return first & 0x0f, bytes(b ^ mask[i % 4] for i, b in enumerate(payload)), bool(second & 0x80)
