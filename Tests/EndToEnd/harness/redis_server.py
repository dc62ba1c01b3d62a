"""A redis-server of the tests' own, and just enough RESP to look into it."""

import contextlib
import os
import signal
import socket
import subprocess
import threading

from .wire import wait_until


class RedisError(Exception):
    """An error reply."""


NIL = object()


def encode(*words):
    """A command as RESP."""
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def parse_value(buffer, at=0):
    """(value, end) of the RESP value that begins at `at`; None if it is not whole yet."""
    line_end = buffer.find(b"\r\n", at)
    if line_end < 0:
        return None
    kind, text, at = buffer[at:at + 1], bytes(buffer[at + 1:line_end]), line_end + 2
    if kind == b"+":
        return text, at
    if kind == b"-":
        return RedisError(text.decode("latin-1")), at
    if kind == b":":
        return int(text), at
    if kind == b"$":
        count = int(text)
        if count < 0:
            return NIL, at
        if len(buffer) < at + count + 2:
            return None
        return bytes(buffer[at:at + count]), at + count + 2
    if kind in (b"*", b">", b"%"):
        count, items = int(text), []
        if count < 0:
            return NIL, at
        for _ in range(count * (2 if kind == b"%" else 1)):
            item = parse_value(buffer, at)
            if item is None:
                return None
            items.append(item[0])
            at = item[1]
        return items, at
    raise ValueError("not RESP: %r" % bytes(buffer[at - 20:at + 40]))


class Connection:
    """One connection: a command, its reply."""

    def __init__(self, address, timeout=10.0):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.buffer = bytearray()

    def read(self):
        while True:
            value = parse_value(self.buffer)
            if value is not None:
                del self.buffer[:value[1]]
                return None if value[0] is NIL else value[0]
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("Redis closed the connection")
            self.buffer += data

    def __call__(self, *words):
        self.socket.sendall(encode(*words))
        reply = self.read()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def close(self):
        self.socket.close()


class RedisServer:
    """Unix socket and TCP port; append-only file, so that a restart keeps what was there."""

    def __init__(self, directory, port=0, options=()):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.path = os.path.join(directory, "redis.sock")
        self.options = list(options)
        self.port = port or free_port()
        self.process = None
        self.start()

    def start(self):
        argv = [
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", self.path,
            "--dir", self.directory, "--save", "", "--appendonly", "yes", "--appendfsync", "no",
            "--loglevel", "warning", "--enable-debug-command", "yes", *self.options,
        ]
        log = open(os.path.join(self.directory, "redis.log"), "ab")
        self.process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        log.close()
        wait_until(self.answers, 10, "redis-server's start")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("redis-server ended: " + open(self.directory + "/redis.log").read()[-500:])
        try:
            with contextlib.closing(Connection(self.path)) as connection:
                return connection("PING") == b"PONG"
        except RedisError as error:
            return "NOAUTH" in str(error) or "LOADING" not in str(error)
        except OSError:
            return False

    def __call__(self, *words):
        """One command on a connection of its own."""
        with contextlib.closing(Connection(self.path)) as connection:
            return connection(*words)

    def keys(self, pattern="*"):
        return sorted(k.decode() for k in self("KEYS", pattern))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        if self.process.poll() is None:
            self.kill()
        self.start()

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.resume()
            self.kill()

    @contextlib.contextmanager
    def watched(self):
        """A list that fills with the commands (lists of text) that others send meanwhile."""
        connection = Connection(self.path)
        connection("MONITOR")
        seen, done = [], threading.Event()
        marker = b"watched-%d" % id(connection)

        def follow():
            with contextlib.suppress(OSError, ValueError):
                while True:
                    line = connection.read()
                    if marker in line:
                        done.set()
                        return
                    seen.append(line.decode("latin-1").split("] ", 1)[-1])

        threading.Thread(target=follow, daemon=True).start()
        try:
            yield seen
        finally:
            # MONITOR reports in order: once this one is there, all before it are.
            self("ECHO", marker)
            done.wait(5)
            connection.close()


def free_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
