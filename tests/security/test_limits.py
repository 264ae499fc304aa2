"""Rate limits stop an attacker who guesses passwords, and do not lock the owner out."""

import pytest
from botocore.exceptions import ClientError

from gatehouse import limits
from gatehouse.identity import Device
from harness.http_app import ELSEWHERE, HOME, HttpApp, event_of
from harness.moto_backend import PASSWORD, MotoBackend
from tests.security.conftest import Watched
from tests.support.faults import REFUSED
from tests.support.interleaving import Course, operation
from tests.support.requests import FORM

ADA = "ada@example.com"
WRONG = "not her password at all"
NEW = "an umbrella of 40 rusty doors"
BY_ACCOUNT = limits.LOG_IN.per_account
BY_ADDRESS = limits.LOG_IN.per_address
assert BY_ACCOUNT
assert BY_ADDRESS
MOST, OF_ONE_ADDRESS = BY_ACCOUNT.most, BY_ADDRESS.most


def _guess(app: HttpApp, n: int, **options: object) -> int:
    return app.log_in(f"user{n}@example.com", WRONG, **options).status


@pytest.mark.parametrize(
    "header",
    [
        "x-forwarded-for",
        "forwarded",
        "cf-connecting-ip",
        "x-real-ip",
        "true-client-ip",
        "x-client-ip",
        "client-ip",
        "x-originating-ip",
        "x-cluster-client-ip",
        "fastly-client-ip",
        "x-azure-clientip",
    ],
)
def test_spoofed_client_address_shares_the_bucket(app: Watched, header: str) -> None:
    statuses = [
        _guess(app, n, address=ELSEWHERE, headers={header: f"192.0.2.{n}"})
        for n in range(OF_ONE_ADDRESS + 1)
    ]
    assert statuses == [401] * OF_ONE_ADDRESS + [429]


def test_rotation_within_an_ipv6_64_shares_the_bucket(app: Watched) -> None:
    statuses = [
        _guess(app, n, address=f"2001:db8:1:2:{n:x}::{n:x}") for n in range(OF_ONE_ADDRESS + 1)
    ]
    assert statuses == [401] * OF_ONE_ADDRESS + [429]
    assert _guess(app, 99, address="2001:db8:1:3::1") == 401


def test_ipv4_in_the_clothes_of_ipv6_shares_the_bucket(app: Watched) -> None:
    spellings = (ELSEWHERE, f"::ffff:{ELSEWHERE}")
    statuses = [_guess(app, n, address=spellings[n % 2]) for n in range(OF_ONE_ADDRESS + 1)]
    assert statuses[-1] == 429


def test_no_address_at_all_shares_one_bucket(app: Watched) -> None:
    statuses = [_guess(app, n, address=("", "?")[n % 2]) for n in range(OF_ONE_ADDRESS + 1)]
    assert statuses[-1] == 429


def test_success_does_not_reset_the_counter_of_an_address(app: Watched) -> None:
    app.moto.user("evil@example.com")
    for n in range(OF_ONE_ADDRESS - 1):
        assert _guess(app, n, address=ELSEWHERE) == 401
    assert app.log_in("evil@example.com", address=ELSEWHERE).status == 200
    assert _guess(app, 99, address=ELSEWHERE) == 429
    assert app.log_in("evil@example.com", address=ELSEWHERE).status == 429


def test_correct_password_during_back_off_obeys_the_limit(app: Watched, hashes: list[str]) -> None:
    app.moto.user(ADA)
    for n in range(MOST):
        assert app.log_in(ADA, WRONG, address=f"198.51.100.{n}").status == 401
    hashes.clear()
    answer = app.log_in(ADA, PASSWORD, address="198.51.100.99")
    assert (answer.status, answer.code) == (429, "too_many_requests")
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert not hashes
    app.moto.clock.advance(int(answer.headers["retry-after"]))
    assert app.log_in(ADA, PASSWORD, address="198.51.100.99").status == 200


def test_case_variants_of_an_account_share_the_bucket(app: Watched) -> None:
    app.moto.user(ADA)
    spellings = ("ADA@example.com", "ada@EXAMPLE.com", " ada@example.com ", "Ada@Example.Com")
    statuses = [
        app.log_in(spellings[n % 4], WRONG, address=f"198.51.100.{n}").status
        for n in range(MOST + 1)
    ]
    assert statuses == [401] * MOST + [429]


def test_a_stranger_cannot_lock_the_owner_out_at_home(app: Watched) -> None:
    app.moto.user(ADA)
    assert app.log_in(ADA, address=HOME).status == 200
    for n in range(3 * MOST):
        app.log_in(ADA, WRONG, address=f"198.51.100.{n}")
    assert app.log_in(ADA, address=f"198.51.100.{99}").status == 429
    assert app.log_in(ADA, address=HOME).status == 200


def test_a_trusted_address_cannot_guess_without_end(app: Watched) -> None:
    app.moto.user(ADA)
    assert app.log_in(ADA, address=HOME).status == 200
    statuses = [app.log_in(ADA, WRONG, address=HOME).status for _ in range(MOST + 1)]
    assert statuses[-1] == 429


def test_a_wrong_password_makes_no_address_trusted(app: Watched) -> None:
    app.moto.user(ADA)
    app.log_in(ADA, WRONG, address=ELSEWHERE)
    assert not app.items("LIMIT#mark#")


def _reset(app: HttpApp, *, at: str) -> None:
    """Resets Ada's password by email."""
    assert app.ask("POST", "/passwords/forgot", {"email": ADA}, address=at).status == 202
    body = {"token": app.mailed_token("reset_password"), "password": NEW}
    assert app.ask("POST", "/passwords/reset", body, address=at).status == 204


def test_a_stranger_cannot_keep_the_owner_out_of_a_new_place_after_a_reset(app: Watched) -> None:
    app.moto.user(ADA)
    for n in range(MOST):
        app.log_in(ADA, WRONG, address=f"198.51.100.{n}")
    assert app.log_in(ADA, address=HOME).status == 429
    _reset(app, at=HOME)
    for n in range(MOST):
        app.log_in(ADA, WRONG, address=f"198.51.100.{n}")
    assert app.log_in(ADA, NEW, address=HOME).status == 200
    assert app.log_in(ADA, NEW, address=ELSEWHERE).status == 429


@pytest.mark.parametrize("path", ["/passwords/forgot", "/register/resend"])
def test_a_stranger_cannot_use_up_the_mails_of_an_owner_at_home(app: Watched, path: str) -> None:
    app.moto.user(ADA)
    assert app.log_in(ADA, address=HOME).status == 200
    for n in range(6):
        app.ask("POST", path, {"email": ADA}, address=f"198.51.100.{n}")
    asked = {
        address: app.ask("POST", path, {"email": ADA}, address=address).status
        for address in (ELSEWHERE, HOME)
    }
    assert asked == {ELSEWHERE: 429, HOME: 202}


def test_a_thief_has_no_counter_of_its_own_after_a_reset(app: Watched) -> None:
    app.moto.user(ADA)
    assert app.log_in(ADA, address=ELSEWHERE).status == 200
    _reset(app, at=HOME)
    for n in range(MOST):
        app.log_in(ADA, WRONG, address=f"198.51.100.{n}")
    assert app.log_in(ADA, WRONG, address=ELSEWHERE).status == 429
    assert app.log_in(ADA, NEW, address=HOME).status == 200


def test_a_thief_has_no_counter_of_its_own_after_a_change_of_password(app: Watched) -> None:
    app.moto.user(ADA)
    assert app.log_in(ADA, address=ELSEWHERE).status == 200
    token = app.tokens(ADA, address=HOME)["access_token"]
    change = {"current_password": PASSWORD, "new_password": NEW}
    assert app.ask("PUT", "/password", change, token=token, address=HOME).status == 204
    for n in range(MOST):
        app.log_in(ADA, WRONG, address=f"198.51.100.{n}")
    assert app.log_in(ADA, WRONG, address=ELSEWHERE).status == 429
    assert app.log_in(ADA, NEW, address=HOME).status == 200


def test_a_link_that_is_not_valid_makes_no_address_trusted(app: Watched) -> None:
    app.moto.user(ADA)
    body = {"token": "x" * 43, "password": NEW}
    assert app.ask("POST", "/passwords/reset", body, address=ELSEWHERE).code == "invalid_link"
    assert not app.items("LIMIT#mark#")


def test_unknown_accounts_are_limited_like_known_ones(app: Watched) -> None:
    app.moto.user(ADA)
    for email in (ADA, "nobody@example.com"):
        statuses = [
            app.log_in(email, WRONG, address=f"198.51.100.{n}").status for n in range(MOST + 1)
        ]
        assert statuses == [401] * MOST + [429]


def test_a_hundred_parallel_guesses_hash_at_most_the_limit(
    moto: MotoBackend, hashes: list[str]
) -> None:
    moto.user(ADA)
    hashes.clear()
    course = Course(operation("update_item"))
    app = HttpApp(moto, course.backend(moto.backend))
    assert app.backend.keys.peppers
    events = [
        event_of(
            "POST",
            "/login",
            {"email": ADA, "password": WRONG},
            address=f"198.51.{n % 3}.{n}",
        )
        for n in range(100)
    ]
    answers = course.race([lambda each=each: app.send(each) for each in events])  # type: ignore[misc]
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [401] * MOST + [429] * (100 - MOST)
    assert len(hashes) == MOST


def test_a_mailbox_cannot_be_flooded(app: Watched) -> None:
    app.moto.user(ADA)
    paths = ("/passwords/forgot", "/register/resend")
    answers = [
        app.ask("POST", paths[n % 2], {"email": ADA}, address=f"198.51.100.{n}").status
        for n in range(12)
    ]
    assert answers == [202] * 5 + [429] * 7


def test_a_stolen_access_token_cannot_guess_the_password_without_end(
    app: Watched, hashes: list[str]
) -> None:
    app.moto.user(ADA)
    token = app.tokens(ADA)["access_token"]
    hashes.clear()
    guesses = {
        "/profile": ("DELETE", {"password": WRONG}),
        "/password": ("PUT", {"current_password": WRONG, "new_password": "x" * 20}),
        "/emails/change": ("POST", {"new_email": "e@example.org", "password": WRONG}),
    }
    codes = [
        app.ask(method, path, body, token=token, address=f"198.51.100.{n}").code
        for n in range(8)
        for path, (method, body) in guesses.items()
    ]
    assert codes == ["invalid_password"] * 10 + ["too_many_requests"] * 14
    assert len(hashes) == 10


def _use_up(app: Watched, token: str, *, at: str | None = None) -> None:
    """Guesses the password with a token until the limit refuses further guesses."""
    body = {"current_password": WRONG, "new_password": NEW}
    codes = [
        app.ask("PUT", "/password", body, token=token, address=at or f"198.51.100.{n}").code
        for n in range(11)
    ]
    assert codes == ["invalid_password"] * 10 + ["too_many_requests"]


def test_a_thief_elsewhere_does_not_keep_the_owner_from_changing_the_password(
    app: Watched,
) -> None:
    app.moto.user(ADA)
    stolen = app.tokens(ADA, address=HOME)["access_token"]
    _use_up(app, stolen)
    change = {"current_password": PASSWORD, "new_password": NEW}
    assert app.ask("PUT", "/password", change, token=stolen, address=HOME).status == 204


def test_a_thief_at_home_does_not_keep_the_owner_from_deleting_the_account(app: Watched) -> None:
    app.moto.user(ADA)
    stolen = app.tokens(ADA, address=HOME)["access_token"]
    _use_up(app, stolen, at=HOME)
    mine = app.tokens(ADA, address=HOME)["access_token"]
    gone = app.ask("DELETE", "/profile", {"password": PASSWORD}, token=mine, address=HOME)
    assert gone.status == 204


def test_a_thief_does_not_guess_more_often_by_refreshing(app: Watched) -> None:
    app.moto.user(ADA)
    tokens = app.tokens(ADA)
    _use_up(app, tokens["access_token"])
    again = app.ask("POST", "/sessions/refresh", {"refresh_token": tokens["refresh_token"]})
    guess = {"password": PASSWORD}
    answer = app.ask(
        "DELETE", "/profile", guess, token=again.json["access_token"], address=ELSEWHERE
    )
    assert answer.code == "too_many_requests"


FORGED = "r1." + "0" * 32 + "." + "0" * 32 + ".0." + "A" * 43
USES: dict[str, tuple[str, dict[str, str]]] = {
    "/sessions/refresh": ('{"refresh_token": "TOKEN"}', {}),
    "/logout": ('{"refresh_token": "TOKEN"}', {}),
    "/token": ("grant_type=refresh_token&refresh_token=TOKEN", FORM),
    "/revoke": ("token=TOKEN", FORM),
}
"""The routes that take a refresh token: their bodies and headers."""


def _use(app: Watched, path: str, token: str, at: str = HOME) -> int:
    body, headers = USES[path]
    return app.ask("POST", path, body.replace("TOKEN", token), headers=headers, address=at).status


@pytest.mark.parametrize("path", USES)
def test_a_neighbor_who_forges_tokens_uses_up_no_rate_of_genuine_ones(
    app: Watched, path: str
) -> None:
    assert limits.REFRESH.per_address
    app.moto.user(ADA)
    genuine = app.tokens(ADA)["refresh_token"]
    for _ in range(limits.REFRESH.per_address.most - 1):
        limits.count(app.moto.backend, limits.REFRESH, Device(HOME))
    assert _use(app, path, FORGED) != 429
    assert _use(app, path, FORGED) == 429
    assert _use(app, path, genuine) in (200, 204)


@pytest.mark.parametrize("path", USES)
def test_a_neighbor_s_own_session_uses_up_no_rate_of_others(app: Watched, path: str) -> None:
    assert limits.REFRESH.per_token
    app.moto.user(ADA)
    neighbor, mine = (app.tokens(ADA) for _ in range(2))
    session = app.backend.keys.verify_access(neighbor["access_token"]).session_id
    for _ in range(limits.REFRESH.per_token.most - 1):
        limits.count(app.moto.backend, limits.REFRESH, Device(HOME), session_id=session)
    assert _use(app, path, neighbor["refresh_token"]) != 429
    assert _use(app, path, neighbor["refresh_token"]) == 429
    assert _use(app, path, neighbor["refresh_token"], at=ELSEWHERE) != 429
    assert _use(app, path, mine["refresh_token"]) in (200, 204)


def test_a_forged_token_of_a_session_uses_up_no_rate_of_that_session(app: Watched) -> None:
    assert limits.REFRESH.per_token
    app.moto.user(ADA)
    genuine = app.tokens(ADA)["refresh_token"]
    forged = f"{genuine.rpartition('.')[0]}.{'A' * 43}"
    for _ in range(limits.REFRESH.per_token.most + 1):
        assert _use(app, "/logout", forged) == 204
    assert _use(app, "/sessions/refresh", genuine) == 200


def test_one_stranger_does_not_keep_an_address_from_registering(strict_app: Watched) -> None:
    app = strict_app
    statuses = [app.register("new@example.com", address=ELSEWHERE).status for _ in range(20)]
    assert statuses == [202] * 5 + [429] * 15
    assert app.register("new@example.com", address=HOME).status == 202


def test_a_mailbox_cannot_be_flooded_by_somebody_who_is_signed_in(app: Watched) -> None:
    app.moto.user("eve@example.com")
    body = {"new_email": ADA, "password": PASSWORD}
    tokens = [app.tokens("eve@example.com")["access_token"] for _ in range(3)]
    statuses = [
        app.ask("POST", "/emails/change", body, token=tokens[n % 3]).status for n in range(9)
    ]
    assert statuses == [202] * 5 + [429] * 4


@pytest.mark.parametrize("at", range(4))
def test_a_limiter_that_cannot_be_read_hashes_nothing(
    moto: MotoBackend, hashes: list[str], at: int
) -> None:
    from tests.support.faults import Wire

    wire = Wire()
    app = HttpApp(moto, wire.backend(moto.backend))
    app.log_in(ADA, WRONG)
    hashes.clear()
    wire.clear(REFUSED, at)
    answer = app.log_in(ADA, WRONG)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert not hashes
    assert ClientError.__name__ not in answer.text


def test_windows_end(app: Watched) -> None:
    for n in range(OF_ONE_ADDRESS + 1):
        _guess(app, n, address=ELSEWHERE)
    app.moto.clock.advance(60)
    assert _guess(app, 0, address=ELSEWHERE) == 401


def test_counters_name_neither_addresses_nor_accounts(app: Watched) -> None:
    app.moto.user(ADA)
    app.log_in(ADA)
    text = str(app.items("LIMIT#"))
    assert ADA not in text
    assert HOME not in text
