"""Failed logins: counted, held up, the same on every gateway, and nobody's owner locked out at home."""

import threading

import pytest

from harness.client import request
from harness.users import JSON, PASSWORD, credentials, fresh_name, login, register
from harness.wire import wait_until

pytestmark = pytest.mark.accounts

LIMITS = "login_limit 3/5m per account_ip\nlogin_limit 5/5m per account\nlogin_limit 12/5m per ip"


@pytest.fixture(scope="module")
def throttled(make_module_gateway):
    """Behind a trusted proxy, so that a test can come from anywhere."""
    return make_module_gateway("throttled", realm=LIMITS, top="trust_proxy 127.0.0.0/8", workers=2)


def address(number=[0]):
    """An address that no other test uses."""
    number[0] += 1
    return "198.51.%d.%d" % (number[0] // 250, number[0] % 250 + 1)


def attempt(gateway, name, source, password="wrong wrong wrong", headers=()):
    return login(gateway, name, password, {"X-Forwarded-For": source, **dict(headers)})


def assert_held_up(response, most=300):
    assert response.status == 429, response
    wait = int(response.get("retry-after"))
    assert 0 < wait <= most
    problem = response.json()
    assert response.get("content-type") == "application/problem+json"
    assert problem["code"] == "throttled" and problem["status"] == 429 and problem["retry_after"] == wait
    assert not response.all("set-cookie")


@pytest.mark.parametrize("exists", [True, False])
def test_account_from_one_address_is_held_up_whether_it_exists_or_not(throttled, exists):
    name, source = fresh_name("throttled"), address()
    if exists:
        register(throttled, name)
    for _ in range(3):
        assert attempt(throttled, name, source).status == 401
    assert_held_up(attempt(throttled, name, source))
    assert_held_up(attempt(throttled, name.upper(), source))
    assert_held_up(attempt(throttled, name, source, PASSWORD))
    assert attempt(throttled, fresh_name("other"), source).status == 401
    assert attempt(throttled, name, address()).status == 401


def test_addresses_that_a_client_makes_up_give_no_new_tries(make_gateway):
    gateway = make_gateway(realm=LIMITS)
    name = fresh_name("rotating")
    for _ in range(3):
        assert attempt(gateway, name, address()).status == 401
    assert_held_up(attempt(gateway, name, address()))
    for header in ("Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"):
        value = "for=" + address() if header == "Forwarded" else address()
        assert_held_up(login(gateway, name, "wrong wrong wrong", {header: value}))


def test_success_forgets_failures_and_is_none(throttled):
    user, source = register(throttled), address()
    for _ in range(4):
        for _ in range(2):
            assert attempt(throttled, user.name, source).status == 401
        assert attempt(throttled, user.name, source, PASSWORD).status == 200
        throttled.redis("DEL", "%s:main:f:account:%s" % (throttled.prefix, user.name))
        throttled.redis("DEL", "%s:main:f:ip:%s" % (throttled.prefix, source))


def test_many_good_logins_are_never_held_up(throttled):
    user, source = register(throttled), address()
    for _ in range(20):
        assert attempt(throttled, user.name, source, PASSWORD).status == 200


def test_owner_gets_in_at_home_while_others_guess_elsewhere(throttled):
    user, home = register(throttled), address()
    assert attempt(throttled, user.name, home, PASSWORD).status == 200
    for _ in range(5):
        assert attempt(throttled, user.name, address()).status == 401
    assert_held_up(attempt(throttled, user.name, address()))
    assert_held_up(attempt(throttled, user.name, address(), PASSWORD))
    assert attempt(throttled, user.name, home, PASSWORD).status == 200


def test_network_is_held_up_whatever_the_accounts(throttled):
    source = address()
    for _ in range(12):
        assert attempt(throttled, fresh_name("spray"), source).status == 401
    assert_held_up(attempt(throttled, fresh_name("spray"), source))
    assert attempt(throttled, fresh_name("spray"), address()).status == 401


def test_an_ipv6_client_is_its_64(throttled):
    name = fresh_name("six")
    for index in range(3):
        assert attempt(throttled, name, "2001:db8:7:1::%x" % (index + 1)).status == 401
    assert_held_up(attempt(throttled, name, "2001:db8:7:1:ffff::1"))
    assert attempt(throttled, name, "2001:db8:7:2::1").status == 401


def test_names_that_can_be_none_are_counted_too(throttled):
    source = address()
    for name in ["a b", "\u00e9", "x" * 300]:
        assert attempt(throttled, name, source).status == 401
    assert_held_up(attempt(throttled, "c d", source))


def test_refusal_is_a_page_for_browsers_with_the_name_kept(throttled):
    name, source = fresh_name("page"), address()
    for _ in range(3):
        attempt(throttled, name, source)
    response = throttled.fetch(
        "POST", "/_auth/login", {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html",
            "Origin": "http://app.test", "X-Forwarded-For": source},
        ("username=%s&password=wrong" % name).encode())
    assert response.status == 429 and int(response.get("retry-after")) > 0
    page = response.body.decode()
    assert "Error:" in page and "role=\"alert\"" in page and page.count("try again in 5 minutes") == 1
    assert "Try again in" not in page, "the time is said once"
    assert 'value="%s"' % name in page and "<form" in page


def test_guesses_at_one_moment_do_not_get_past_the_limit(throttled):
    user, source = register(throttled), address()
    statuses, gate = [], threading.Barrier(16)

    def guess():
        with throttled.client() as client:
            gate.wait()
            statuses.append(client.exchange(request(
                "POST", "/_auth/login", {**JSON, "X-Forwarded-For": source}, credentials(user.name, "nope nope nope"))).status)

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Those that found the queue for hashing full were no tries.
    assert set(statuses) <= {401, 429, 503} and statuses.count(401) <= 3 and len(statuses) == 16, statuses


def test_good_logins_at_one_moment_are_no_attack(throttled):
    user, source = register(throttled), address()
    statuses, gate = [], threading.Barrier(24)

    def sign_in():
        gate.wait()
        statuses.append(attempt(throttled, user.name, source, PASSWORD).status)

    threads = [threading.Thread(target=sign_in) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503} and statuses.count(200) >= 3, statuses
    assert throttled.redis.keys("%s:main:?:account_ip:%s:*" % (throttled.prefix, user.name)) == []


def test_client_that_leaves_before_the_answer_has_tried_all_the_same(throttled):
    user, source = register(throttled), address()
    key = "%s:main:f:account_ip:%s:%s" % (throttled.prefix, user.name, source)
    for count in range(1, 4):
        with throttled.client() as client:
            client.send(request("POST", "/_auth/login", {**JSON, "X-Forwarded-For": source},
                credentials(user.name, "nope nope nope")))
            wait_until(lambda: throttled.redis("GET", key) == b"%d" % count, 5, "the try to be counted")
    assert_held_up(attempt(throttled, user.name, source))


def test_counters_outlive_a_restart_and_are_shared_by_gateways(make_gateway, make_redis):
    redis = make_redis()
    one = make_gateway(redis="unix://%s" % redis.path, realm=LIMITS)
    two = make_gateway(redis="unix://%s" % redis.path, realm=LIMITS)
    name = fresh_name("shared")
    assert login(one, name, "wrong wrong").status == 401
    assert login(two, name, "wrong wrong").status == 401
    assert login(one, name, "wrong wrong").status == 401
    assert login(two, name, "wrong wrong").status == 429
    redis.restart()
    wait_until(lambda: login(two, name, "wrong wrong").status == 429, 5, "Redis again")
    one.terminate()
    one.start()
    assert login(one, name, "wrong wrong").status == 429


def test_nobody_may_try_while_the_counters_cannot_be_read(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path)
    user = register(gateway)
    redis.pause()
    try:
        response = login(gateway, user.name)
    finally:
        redis.resume()
    assert response.status == 503 and response.get("retry-after") and not response.all("set-cookie")
    wait_until(lambda: login(gateway, user.name).status == 200, 5, "Redis again")
    key = "gw:main:f:account_ip:%s:127.0.0.1" % user.name
    redis("DEL", key)
    redis("LPUSH", key, "x")
    assert login(gateway, user.name).status == 503


def test_taken_names_are_not_found_without_end_by_registering(throttled):
    user, source = register(throttled), address()

    def sign_up(name, source):
        return throttled.fetch("POST", "/_auth/register", {**JSON, "X-Forwarded-For": source}, credentials(name))

    for _ in range(3 * 12):
        assert sign_up(user.name, source).status == 409
    for name in [user.name, fresh_name()]:
        assert_held_up(sign_up(name, source))
    assert attempt(throttled, user.name, source, PASSWORD).status == 200, "logins are counted apart"
    other = address()
    for _ in range(40):
        assert sign_up(fresh_name("new"), other).status == 201, "what is made is no failure"


def test_limits_can_be_off(make_gateway):
    gateway = make_gateway(realm="login_limit off")
    name = fresh_name("free")
    for _ in range(15):
        assert login(gateway, name, "wrong wrong").status == 401
    assert not gateway.redis.keys(gateway.prefix + ":main:f:*")


def test_usual_limit_is_ten_in_five_minutes(make_gateway):
    gateway = make_gateway(login_limit="")
    name = fresh_name("usual")
    for _ in range(10):
        assert login(gateway, name, "wrong wrong").status == 401
    assert_held_up(login(gateway, name, "wrong wrong"))
