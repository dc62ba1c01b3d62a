"""An upstream that keeps the exact bytes of every request, reads them strictly and answers what it is told to."""

import hashlib
import itertools
import json
import os
import socket
import threading
import time

from . import wire
from .wire import Closed, Reader, Truncated, WireError, abort

KEPT_BODY = 1 << 20


class Recorded:
    """A request as it arrived."""

    def __init__(self, number, connection, index):
        self.number, self.connection, self.index = number, connection, index
        self.raw = b""
        self.method = self.target = self.version = None
        self.fields = []
        self.body = b""
        self.body_length = 0
        self.digest = hashlib.sha256()
        self.framing = None
        self.complete = False
        self.error = None

    def all(self, name):
        return [v.decode("latin-1") for v in wire.values(self.fields, name.encode())]

    def get(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    @property
    def names(self):
        return [n.decode("latin-1").lower() for n, _ in self.fields]

    def __repr__(self):
        return "<#%d %r body %d%s>" % (
            self.number, self.raw, self.body_length, "" if self.complete else " INCOMPLETE")


class Exchange:
    """What a handler works with: the request's head, its body on demand, and the connection."""

    def __init__(self, recorder, sock, reader, recorded):
        self.recorder, self.socket, self.reader, self.request = recorder, sock, reader, recorded
        self.keep = True
        self.body_read = False

    def body_parts(self):
        """Reads the body piece by piece."""
        recorded, reader = self.request, self.reader
        self.body_read = True
        if recorded.framing == "chunked":
            for chunk in wire.chunks(reader):
                self.take(chunk)
                yield chunk
        elif recorded.framing == "length":
            left = recorded.length
            while left:
                if not reader.buffer and not reader.fill():
                    raise Truncated("%d bytes of the body missing" % left)
                part = reader.take(min(left, len(reader.buffer)))
                left -= len(part)
                self.take(part)
                yield part
        self.recorder.completed(recorded)

    def take(self, part):
        recorded = self.request
        recorded.body_length += len(part)
        recorded.digest.update(part)
        if len(recorded.body) < KEPT_BODY:
            recorded.body += part

    def read_body(self):
        for _ in self.body_parts():
            pass
        return self.request.body

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        """Closes once the handler returns."""
        self.keep = False

    def reset(self):
        self.keep = False
        abort(self.socket)

    def reply(self, status=200, body=b"", headers=(), framing="length", reason="OK"):
        """A correct answer that names the request."""
        self.send(self.reply_bytes(status, body, headers, framing, reason))
        if framing == "close":
            self.close()

    def reply_bytes(self, status=200, body=b"", headers=(), framing="length", reason="OK"):
        lines = ["HTTP/1.1 %d %s" % (status, reason), "X-Recorder: %d" % self.request.number]
        lines += ["%s: %s" % pair for pair in headers]
        bodiless = status == 204 or status == 304 or self.request.method == "HEAD"
        if framing == "length" and status != 204:
            lines.append("Content-Length: %d" % len(body))
        elif framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        elif framing == "close":
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (b"" if bodiless else body)

    def closed_by_peer(self, timeout=5.0):
        """Waits until the peer closes or resets; False if it does not, or sends more."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except OSError:
            return False


def echo(exchange):
    """The default answer: what arrived, as JSON."""
    exchange.read_body()
    recorded = exchange.request
    document = {
        "number": recorded.number, "method": recorded.method, "target": recorded.target,
        "user": recorded.all("x-user-id"), "length": recorded.body_length,
        "sha256": recorded.digest.hexdigest(),
    }
    exchange.reply(body=json.dumps(document).encode(), headers=[("Content-Type", "application/json")])


class Recorder:
    """Listens on a free port of 127.0.0.1, or on a unix socket; a thread for each connection."""

    def __init__(self, path=None, port=0, backlog=1024, tls=None):
        self.tls = tls
        self.tls_failures = []
        self.lock = threading.Condition()
        self.requests = []
        self.open = {}
        self.accepted = 0
        self.handlers = {}
        self.default = echo
        self.path = path
        self.failures = []
        self.numbers = itertools.count(1)
        self.greet = None
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
        else:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", port))
        self.listener.listen(backlog)
        self.stopping = False
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def address(self):
        """As gateway.conf writes it."""
        return "unix:" + self.path if self.path else "127.0.0.1:%d" % self.port

    @property
    def port(self):
        return self.listener.getsockname()[1]

    # Connections

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.stopping:
                sock.close()
                return
            with self.lock:
                self.accepted += 1
                number = self.accepted
                self.open[number] = sock
                self.lock.notify_all()
            threading.Thread(target=self.serve, args=(number, sock), daemon=True).start()

    def serve(self, number, sock):
        try:
            if not self.path:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.greet and not self.greet(sock):
                return
            if self.tls:
                try:
                    sock = self.tls.wrap_socket(sock, server_side=True)
                except OSError as error:
                    self.tls_failures.append(str(error))
                    return
            reader = Reader(sock, 600)
            for index in itertools.count():
                if not self.serve_one(number, sock, reader, index):
                    return
        except (Closed, OSError):
            pass
        finally:
            with self.lock:
                self.open.pop(number, None)
                self.lock.notify_all()
            sock.close()

    def serve_one(self, number, sock, reader, index):
        recorded = None
        try:
            head = reader.until(b"\r\n\r\n", 1 << 18)
            recorded = Recorded(next(self.numbers), number, index)
            recorded.raw = head
            with self.lock:
                self.requests.append(recorded)
                self.lock.notify_all()
            self.parse(recorded, head)
            exchange = Exchange(self, sock, reader, recorded)
            if recorded.framing is None:
                self.completed(recorded)
            path = recorded.target.split("?")[0]
            self.find(path)(exchange)
            if exchange.keep and not exchange.body_read:
                exchange.read_body()
            return exchange.keep
        except WireError as error:
            self.note(recorded, reader, number, index, str(error))
            return False
        except Truncated as error:
            if recorded is None:
                self.note(recorded, reader, number, index, "partial head: %s" % error)
            return False

    def parse(self, recorded, head):
        line, _, block = head[:-2].partition(b"\r\n")
        match = wire.REQUEST_LINE.match(line)
        if not match:
            raise WireError("request line %r" % line[:200])
        recorded.method = match.group(1).decode()
        recorded.target = match.group(2).decode("latin-1")
        recorded.version = match.group(3).decode()
        recorded.fields = wire.parse_fields(block)
        recorded.framing, recorded.length = wire.framing(recorded.fields)

    def note(self, recorded, reader, connection, index, error):
        """Keeps what broke the grammar, so that the oracle finds it."""
        with self.lock:
            if recorded is None:
                recorded = Recorded(next(self.numbers), connection, index)
                recorded.raw = bytes(reader.buffer[:4096])
                self.requests.append(recorded)
            recorded.error = error
            self.lock.notify_all()

    def completed(self, recorded):
        with self.lock:
            recorded.complete = True
            self.lock.notify_all()

    # What to answer

    def find(self, path):
        with self.lock:
            return self.handlers.get(path) or self.default

    def on(self, path, handler):
        """Answers requests for exactly `path` (as it arrives, without query) by `handler(exchange)`."""
        with self.lock:
            self.handlers[path] = handler
        return path

    # What was seen

    def mark(self):
        with self.lock:
            return len(self.requests)

    def since(self, mark=0):
        with self.lock:
            return self.requests[mark:]

    def seen(self, path):
        """Requests whose target is `path`, with or without a query."""
        with self.lock:
            return [r for r in self.requests if r.target and r.target.split("?")[0] == path]

    def wait(self, condition, timeout=5.0, what="the recorder's condition"):
        """Waits until `condition()` is true; looked at whenever something arrives."""
        deadline = time.monotonic() + timeout
        with self.lock:
            while not (value := condition()):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError("%s did not come true within %.1f s" % (what, timeout))
                self.lock.wait(min(left, 0.05))
            return value

    def wait_for(self, path, count=1, timeout=5.0):
        return self.wait(lambda: len(self.seen(path)) >= count and self.seen(path), timeout, "requests for " + path)

    def count_open(self):
        with self.lock:
            return len(self.open)

    def close_connections(self, reset=False):
        """Closes every open connection, the idle ones too."""
        with self.lock:
            sockets = list(self.open.values())
        for sock in sockets:
            try:
                if reset:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def push(self, data):
        """Sends `data` on every open connection, asked or not."""
        with self.lock:
            sockets = list(self.open.values())
        for sock in sockets:
            try:
                sock.sendall(data)
            except OSError:
                pass

    def stop(self):
        self.stopping = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.close_connections()
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)
