"""A man in the middle between gateway and Redis, who lies, delays and hangs up on command."""

import contextlib
import socket
import threading
import time

from .redis_server import encode, parse_value
from .wire import abort


class FaultyRedis:
    """Listens on a TCP port and passes commands on to the real server, one at a time for each connection.

    `on_reply(words, reply)` may return other bytes (empty: hold it back) or None to leave it alone;
    `on_command(words)` may return bytes to answer without asking Redis; `mode` is the state of the whole peer:
    pass, refuse (no listener), silent (accepts, never reads), hangup (closes at once), reset, garbage.
    """

    def __init__(self, backend):
        self.backend = backend
        self.on_reply = lambda words, reply: None
        self.on_command = lambda words: None
        self.mode = "pass"
        self.delay = 0.0
        self.accepted = 0
        self.commands = []
        self.sockets = set()
        self.lock = threading.Lock()
        self.listener = None
        self.port = 0
        self.listen()

    @property
    def url(self):
        return "redis://127.0.0.1:%d/0" % self.port

    def listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(128)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.sockets.add(sock)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        upstream = None
        try:
            if self.mode == "hangup":
                return
            if self.mode == "reset":
                abort(sock)
                return
            if self.mode == "garbage":
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            if self.mode in ("silent", "garbage"):
                while self.mode in ("silent", "garbage") and sock.recv(65536):
                    pass
                return
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(self.backend.path)
            self.relay(sock, upstream)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.sockets.discard(sock)
            sock.close()
            if upstream:
                upstream.close()

    def relay(self, sock, upstream):
        incoming, replies = bytearray(), bytearray()
        while True:
            value = parse_value(incoming)
            if value is None:
                data = sock.recv(65536)
                if not data:
                    return
                incoming += data
                continue
            words = value[0]
            del incoming[:value[1]]
            self.commands.append(words)
            if words[0].upper() in (b"SUBSCRIBE", b"PSUBSCRIBE"):
                upstream.sendall(encode(*words))
                threading.Thread(target=self.pump, args=(upstream, sock), daemon=True).start()
                self.pump(sock, upstream)
                return
            own = self.on_command(words)
            if own is None:
                upstream.sendall(encode(*words))
                while (reply := parse_value(replies)) is None:
                    data = upstream.recv(65536)
                    if not data:
                        return
                    replies += data
                own = bytes(replies[:reply[1]])
                del replies[:reply[1]]
            changed = self.on_reply(words, own)
            if self.delay:
                time.sleep(self.delay)
            if changed == "hangup":
                return
            if changed == "reset":
                abort(sock)
                return
            if isinstance(changed, tuple):
                # Part of a reply, then the end.
                sock.sendall(changed[0])
                return
            sock.sendall(own if changed is None else changed)

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def push(self, data):
        """Sends `data` to the gateway on every connection, asked or not."""
        with self.lock:
            sockets = list(self.sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.sendall(data)

    def drop(self):
        """Hangs up on every connection."""
        with self.lock:
            sockets = list(self.sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def set_mode(self, mode):
        """Switches the whole peer; connections of the old mode end."""
        was, self.mode = self.mode, mode
        if mode == "refuse":
            self.close_listener()
        elif was == "refuse":
            self.listen()
        self.drop()

    def heal(self):
        self.on_reply = lambda words, reply: None
        self.on_command = lambda words: None
        self.delay = 0.0
        if self.mode != "pass":
            self.set_mode("pass")

    def close_listener(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def stop(self):
        self.mode = "hangup"
        self.close_listener()
        self.drop()
