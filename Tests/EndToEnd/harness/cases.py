"""One byte case: send it, read all that comes back, let the oracle judge."""

from .client import request

LAST = "/public/last-of-connection"


def refused(gateway, oracle, data, statuses=(400,), identities=(), partial=0, case=None):
    """`data` must be answered by the gateway itself with one of `statuses`, then the connection must end."""
    with gateway.client() as client:
        client.send(data)
        responses = client.read_until_closed()
    oracle.check(responses, identities, partial, case)
    assert [r.status in statuses for r in responses] == [True], "expected %s, got %s" % (statuses, responses)
    assert responses[0].recorded is None, "forwarded: %r" % responses
    return responses[0]


def exchanged(gateway, oracle, data, methods=("GET",), identities=(), partial=0):
    """`data` must be answered completely, with the connection still good for one more request; gives the answers."""
    data = data if isinstance(data, tuple) else (data,)
    with gateway.client() as client:
        client.send(*data)
        responses = [client.read(method) for method in methods]
        client.send(request("GET", LAST, {"Connection": "close"}))
        rest = client.read_until_closed()
    assert len(rest) == 1 and rest[0].status == 200 and rest[0].json()["target"] == LAST, rest
    oracle.check(responses + rest, identities, partial)
    return responses


def forwarded(gateway, oracle, data, methods=("GET",), identities=(), status=200):
    """As `exchanged`, and every answer is the upstream's; gives the requests as the upstream saw them."""
    responses = exchanged(gateway, oracle, data, methods, identities)
    assert all(r.status == status and r.recorded is not None for r in responses), responses
    numbers = [r.recorded for r in responses]
    return [r for r in oracle.last if r.number in numbers]


def closed_whatever(gateway, oracle, data, statuses=(400,), identities=(), partial=0):
    """As `refused`, but closing without an answer is as good."""
    with gateway.client() as client:
        client.send(data)
        responses = client.read_until_closed()
    oracle.check(responses, identities, partial)
    assert len(responses) <= 1 and all(r.status in statuses and r.recorded is None for r in responses), responses
    return responses
