"""What must hold after any bytes whatever.

A byte test passes only if the upstream saw exactly the requests that the gateway answered from it, each with the
right identity or none, each clean, and the next clean request on a new connection gets its own answer: without
that last look a poisoned upstream connection goes unnoticed.
"""

import itertools
import json

from .client import Client, request

IDENTITY = ("x-user-id", "x-user-name", "x-user-roles", "x-user-realm")
nonces = itertools.count(1)


class Oracle:
    """Watches one recorder behind one gateway while a test sends what it likes."""

    def __init__(self, gateway, recorder, user=None):
        self.gateway, self.recorder, self.user = gateway, recorder, user
        self.mark = recorder.mark()
        self.last = []

    def seen(self):
        """What the upstream saw since the last check."""
        return self.recorder.since(self.mark)

    def check(self, responses, identities=(), partial=0, case=None):
        """Judges what came back against what the upstream saw.

        `identities`: user ids that a request may bear, beside none at all on public routes; `partial`: requests
        that the upstream may have seen the start of without an answer to them; `case`: the number in the target
        of this case's requests. A cut request of an earlier case may be recorded only now, and is none of ours;
        nothing else is set aside.
        """
        self.fresh_request_is_answered()
        seen = [r for r in self.seen() if not (r.target or "").startswith("/public/clean-")]
        self.mark = self.recorder.mark()
        if case is not None:
            seen = [r for r in seen if not is_leftover(r, case)]
        self.last = seen
        broken = [r for r in seen if r.error]
        assert not broken, "the upstream got broken grammar: %s" % [(r.error, r.raw) for r in broken]
        complete = [r.number for r in seen if r.complete]
        answered = [r.recorded for r in responses if r.recorded is not None]
        unanswered = [r for r in seen if r.number not in answered]
        assert set(answered) <= {r.number for r in seen}, "answers %s to requests never seen" % answered
        assert len(set(answered)) == len(answered), "one request answered twice: %s" % answered
        assert len(unanswered) <= partial, "the upstream saw requests nobody was answered: %s" % unanswered
        if not partial:
            assert answered == complete, "answered %s, but seen %s" % (answered, complete)
        for recorded in seen:
            check_request(recorded, identities)
        return seen

    def fresh_request_is_answered(self):
        """A clean request on a connection of its own gets its own answer."""
        target = "/public/clean-%d" % next(nonces)
        with Client(self.gateway.address, 10) as client:
            response = client.exchange(request("GET", target))
        assert response.status == 200 and response.recorded is not None, response
        assert json.loads(response.body)["target"] == target, "someone else's answer: %r" % response


def is_leftover(recorded, case):
    """Whether a cut request belongs to a case before `case`."""
    _, found, number = (recorded.target or "").partition("?case=")
    return bool(found) and not recorded.complete and number.isdigit() and int(number) < case


def check_request(recorded, identities=()):
    """One recorded request: clean, one Host, one identity or none."""
    names = recorded.names
    assert names.count("host") == 1, "%d Host lines: %r" % (names.count("host"), recorded.raw)
    assert recorded.version == "HTTP/1.1", recorded.raw
    assert len(set(names) & {"content-length", "transfer-encoding"}) <= 1, recorded.raw
    ids = recorded.all("x-user-id")
    for name in IDENTITY:
        assert names.count(name) <= 1, "%s twice: %r" % (name, recorded.raw)
    if ids:
        assert ids[0] in identities, "identity %r, expected one of %r" % (ids[0], identities)
    else:
        assert not [n for n in names if n in IDENTITY], "identity without an id: %r" % recorded.raw
    odd = [n for n in names if "_" in n or "." in n]
    assert not odd, "names that fold into others: %r" % odd
    folded = [n for n in names if fold(n) in IDENTITY and n not in IDENTITY]
    assert not folded, "other spellings of identity: %r" % folded


def fold(name):
    return "".join(c if c.isalnum() else "-" for c in name.lower())
