"""Accounts at the gateway, made and used through its JSON interface."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import struct

PASSWORD = "correct horse battery"
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
COOKIE = "__Host-main"
counter = itertools.count(1)


def credentials(username, password=PASSWORD, **more):
    return json.dumps({"username": username, "password": password, **more}).encode()


def fresh_name(prefix="user"):
    return "%s%d" % (prefix, next(counter))


def cookie_of(response, name=COOKIE):
    """The value of the session cookie that a response sets; None if it sets none, "" if it clears it."""
    for line in response.all("set-cookie"):
        pair = line.split(";")[0]
        if pair.split("=")[0] == name:
            return pair.partition("=")[2]
    return None


class User:
    """Somebody with an account and a session."""

    def __init__(self, gateway, name, response, password=PASSWORD):
        document = response.json()
        self.gateway, self.name, self.password = gateway, name, password
        self.id = document["user"]["id"]
        self.ticket = cookie_of(response)
        self.document = document

    @property
    def cookie(self):
        return "%s=%s" % (COOKIE, self.ticket)

    @property
    def headers(self):
        return {"Cookie": self.cookie}

    def key(self, prefix="gw", realm="main"):
        return session_key(self.ticket, prefix, realm)


def register(gateway, name=None, password=PASSWORD):
    name = name or fresh_name()
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(name, password))
    assert response.status == 201, response
    return User(gateway, name, response, password)


def login(gateway, name, password=PASSWORD, headers=()):
    return gateway.fetch("POST", "/_auth/login", {**JSON, **dict(headers)}, credentials(name, password))


def log_in(gateway, name, password=PASSWORD):
    response = login(gateway, name, password)
    assert response.status == 200, response
    return User(gateway, name, response, password)


def decode64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def session_key(ticket, prefix="gw", realm="main"):
    """Where Redis keeps the session of a ticket."""
    secret = decode64(ticket.split(".")[1])
    return "%s:%s:s:%s" % (prefix, realm, encode64(hashlib.sha256(secret).digest()))


class Signer:
    """Makes tickets as the gateway does, from the key in its key file."""

    def __init__(self, key):
        self.key = key
        self.id = encode64(hashlib.sha256(b"gatehouse key id" + key).digest())[:6]

    @classmethod
    def of(cls, path):
        with open(path, "rb") as file:
            return cls(base64.b64decode(file.read().strip()))

    def ticket(self, secret=None, purpose="session", realm="main", key_id=None):
        secret = os.urandom(32) if secret is None else secret
        key_id = self.id if key_id is None else key_id
        message = b"".join(
            struct.pack(">I", len(part)) + part
            for part in (purpose.encode(), realm.encode(), key_id.encode(), secret))
        code = hmac.new(self.key, message, hashlib.sha256).digest()
        return "%s.%s.%s" % (key_id, encode64(secret), encode64(code))
