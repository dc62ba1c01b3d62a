"""Tools to look at a gateway from outside: raw clients, recording upstreams, Redis that fails on command."""
