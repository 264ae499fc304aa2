"""An attacker who acts before the owner gains nothing, and sessions and links that have ended stay
ended."""

from typing import Any

import pytest

from gatehouse import limits
from gatehouse.flows.accounts.address_code import code_to_mail
from gatehouse.identity import parse_address
from gatehouse.stores.codes import Code, digits_of
from harness.functions import Answer
from harness.http_app import ELSEWHERE, NEW_PASSWORD
from harness.moto_backend import PASSWORD
from tests.security.conftest import Watched

VICTIM = "victim@example.com"
EVIL = "the password of the attacker"


def test_pre_registration_hijack_by_the_victims_click(strict_app: Watched) -> None:
    app = strict_app
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    link = app.mailed_token("verify_email", VICTIM)
    # The victim opens the link and enters their own password.
    answer = app.ask("POST", "/register/verify", {"token": link, "password": PASSWORD})
    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert app.log_in(VICTIM, EVIL, address=ELSEWHERE).status == 401
    # The victim registers and verifies. The attacker's registration becomes useless.
    app.register(VICTIM, PASSWORD)
    mine = app.mailed_token("verify_email", VICTIM)
    assert app.ask("POST", "/register/verify", {"token": mine, "password": PASSWORD}).status == 204
    assert app.log_in(VICTIM, PASSWORD).status == 200
    assert app.log_in(VICTIM, EVIL, address=ELSEWHERE).status == 401
    late = app.ask("POST", "/register/verify", {"token": link, "password": EVIL})
    assert late.code == "invalid_link"


def test_a_link_cannot_be_used_without_its_password_ten_times(
    strict_app: Watched, hashes: list[str]
) -> None:
    app = strict_app
    app.register(VICTIM, PASSWORD)
    link = app.mailed_token("verify_email", VICTIM)
    hashes.clear()
    codes = [
        app.ask(
            "POST",
            "/register/verify",
            {"token": link, "password": f"wrong {n} wrong {n}"},
            address=f"198.51.100.{n}",
        ).code
        for n in range(12)
    ]
    assert codes == ["invalid_credentials"] * 10 + ["invalid_link"] * 2
    assert len(hashes) == 10


def test_guessing_the_code_of_a_registration(strict_app: Watched, hashes: list[str]) -> None:
    app = strict_app
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    right = app.mail("verify_email", VICTIM)["values"]["code"]
    hashes.clear()
    codes = set()
    for n in range(40):
        code = f"{(int(right) + 1 + n) % 1_000_000:06d}"
        body = {"email": VICTIM, "code": code, "password": EVIL}
        answer = app.ask("POST", "/register/verify", body, address=f"198.51.100.{n}")
        codes.add(answer.code)
    assert codes == {"invalid_link", "too_many_requests"}
    assert not hashes
    body = {"email": VICTIM, "code": right, "password": EVIL}
    answer = app.ask("POST", "/register/verify", body, address="198.51.100.99")
    assert answer.code == "too_many_requests"


def _verify_by_code(app: Watched, code: str, password: str, **options: Any) -> Answer:
    body = {"email": VICTIM, "code": code, "password": password}
    return app.ask("POST", "/register/verify", body, **options)


def _codes_mailed(app: Watched) -> list[str]:
    app.post()
    mails = [each for each in app.mails if each["template"] == "verify_email"]
    return [each["values"]["code"] for each in mails if each["to"] == VICTIM]


def _wrong(code: str, n: int = 0) -> str:
    return f"{(int(code) + 1 + n) % 1_000_000:06d}"


def test_many_registrations_and_resends_make_one_code(strict_app: Watched) -> None:
    app = strict_app
    for n in range(10):
        app.register(VICTIM, f"{EVIL} {n}", address=f"198.51.100.{n}")
        app.ask("POST", "/register/resend", {"email": VICTIM}, address=f"198.51.100.{n}")
    codes = _codes_mailed(app)
    assert len(codes) == 10  # mails into one mailbox in an hour
    assert len(set(codes)) == 1
    assert len(app.items("CODE#")) == 1


def test_ten_tries_at_a_code_are_all_across_a_midnight(
    strict_app: Watched, hashes: list[str]
) -> None:
    app = strict_app
    clock = app.moto.clock
    clock.advance(-clock.now() % limits.DAY - 60)
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    for n in range(10):
        answer = _verify_by_code(app, _wrong(code, n), EVIL, address=f"198.51.100.{n}")
        assert answer.code == "invalid_link"
    clock.advance(120)
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    app.ask("POST", "/register/resend", {"email": VICTIM}, address=ELSEWHERE)
    hashes.clear()
    # Another day and other counters, but the same code: even the right digits are too late.
    for digits in (*(_wrong(code, n) for n in range(15)), code):
        answer = _verify_by_code(app, digits, EVIL, address=f"198.51.101.{int(digits) % 250}")
        assert answer.code == "invalid_link"
    assert not hashes
    assert app.moto.backend.accounts.users.by_email(parse_address(VICTIM)) is None
    assert set(_codes_mailed(app)) == {code}


def test_guessing_never_gets_more_than_ten_tries_at_any_code(strict_app: Watched) -> None:
    app = strict_app
    for _ in range(4):
        app.register(VICTIM, EVIL, address=ELSEWHERE)
        code = app.mail("verify_email", VICTIM)["values"]["code"]
        for n in range(12):
            _verify_by_code(app, _wrong(code, n), EVIL, address=f"198.51.100.{n}")
        (item,) = app.items("CODE#")
        assert int(item["tries"]["N"]) <= 10
        app.moto.clock.advance(600)


def test_a_code_that_was_tried_too_often_is_replaced_only_after_it_ended(
    strict_app: Watched,
) -> None:
    app = strict_app
    app.register(VICTIM, PASSWORD)
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    for n in range(10):
        _verify_by_code(app, _wrong(code, n), EVIL, address=f"198.51.100.{n}")
    app.moto.clock.advance(599)
    app.ask("POST", "/register/resend", {"email": VICTIM})
    assert _verify_by_code(app, code, PASSWORD).code == "invalid_link"
    app.moto.clock.advance(1)
    app.ask("POST", "/register/resend", {"email": VICTIM})
    new = app.mail("verify_email", VICTIM)["values"]["code"]
    assert _verify_by_code(app, new, PASSWORD).status == 204


def test_a_registration_in_advance_does_not_make_the_owners_code_useless(
    strict_app: Watched,
) -> None:
    app = strict_app
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    app.register(VICTIM, PASSWORD)
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    app.register(VICTIM, f"{EVIL} again", address=ELSEWHERE)
    assert _verify_by_code(app, code, PASSWORD).status == 204
    assert app.opens(VICTIM, PASSWORD)
    assert not app.opens(VICTIM, EVIL)
    assert _verify_by_code(app, code, EVIL, address=ELSEWHERE).code == "invalid_link"


@pytest.mark.parametrize("ways", [("token",), ("code",), ("token", "code"), ("code", "token")])
def test_a_resent_mail_is_not_only_for_a_strangers_later_registration(
    strict_app: Watched, ways: tuple[str, ...]
) -> None:
    app = strict_app
    app.register(VICTIM, PASSWORD)
    app.moto.clock.advance(5)
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    app.ask("POST", "/register/resend", {"email": VICTIM})
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    proofs = {
        "token": {"token": app.mailed_token("verify_email", VICTIM)},
        "code": {"email": VICTIM, "code": code},
    }
    answers = [
        app.ask("POST", "/register/verify", {**proofs[way], "password": PASSWORD}) for way in ways
    ]
    assert [answer.code for answer in answers] == ["", *["invalid_link"] * (len(ways) - 1)]
    assert app.opens(VICTIM, PASSWORD)


def test_strangers_cannot_displace_an_owner_who_stays_in_place(strict_app: Watched) -> None:
    app = strict_app
    app.register(VICTIM, PASSWORD)
    for n in range(15):
        app.moto.clock.advance(1)
        app.register(VICTIM, f"{EVIL} {n}", address=f"198.51.{n // 5}.1")
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    assert _verify_by_code(app, code, PASSWORD).status == 204


def test_hashes_for_one_code_are_bounded(strict_app: Watched, hashes: list[str]) -> None:
    app = strict_app
    for n in range(15):
        app.register(VICTIM, f"{EVIL} {n}", address=f"198.51.{n // 5}.1")
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    hashes.clear()
    assert _verify_by_code(app, code, "not any of them").code == "invalid_credentials"
    # bcrypt computes one hash for each registration that it compares.
    assert len(hashes) <= 5
    assert _verify_by_code(app, _wrong(code), EVIL).code == "invalid_link"
    assert len(hashes) <= 5


def test_the_code_of_a_taken_address_is_in_no_mail_and_makes_nothing(strict_app: Watched) -> None:
    app = strict_app
    app.moto.user(VICTIM)
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    app.ask("POST", "/register/resend", {"email": VICTIM}, address=ELSEWHERE)
    assert not [each for each in app.post() if "code" in each["values"]]
    code = code_to_mail(app.moto.backend, parse_address(VICTIM))
    assert _verify_by_code(app, code, EVIL, address=ELSEWHERE).code == "invalid_link"
    assert app.opens(VICTIM, PASSWORD)
    assert not app.opens(VICTIM, EVIL)


def test_a_stolen_table_tells_no_code(strict_app: Watched) -> None:
    app = strict_app
    app.register(VICTIM, PASSWORD)
    code = app.mail("verify_email", VICTIM)["values"]["code"]
    (item,) = app.items("CODE#")
    stored = [value for each in item.values() for value in each.values()]
    assert not [value for value in stored if code in value and len(value) < 30]
    guesses = {digits_of(Code("", item["random"]["S"], 0), VICTIM, key) for key in (b"", b"codes")}
    assert code not in guesses


def test_a_code_belongs_to_one_address(strict_app: Watched) -> None:
    app = strict_app
    app.register("evil@example.com", EVIL)
    code = app.mail("verify_email", "evil@example.com")["values"]["code"]
    body = {"email": VICTIM, "code": code, "password": EVIL}
    assert app.ask("POST", "/register/verify", body).code == "invalid_link"


def test_a_reset_ends_what_a_squatter_had(app: Watched) -> None:
    # Without verification, anyone can register any address. Its owner regains it by a reset.
    app.register(VICTIM, EVIL, address=ELSEWHERE)
    squatter = app.tokens(VICTIM, EVIL, address=ELSEWHERE)
    app.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = app.mailed_token("reset_password", VICTIM)
    answer = app.ask("POST", "/passwords/reset", {"token": token, "password": PASSWORD})
    assert (answer.status, answer.text, answer.cookies) == (204, "", ())
    assert not app.is_live(squatter["access_token"])
    refresh = {"refresh_token": squatter["refresh_token"]}
    assert app.ask("POST", "/sessions/refresh", refresh).code == "invalid_grant"
    assert app.log_in(VICTIM, EVIL, address=ELSEWHERE).status == 401
    assert app.log_in(VICTIM, PASSWORD).status == 200


def _notices(app: Watched) -> int:
    app.post()
    return sum(each["template"] == "new_device" for each in app.mails)


def test_a_thief_s_device_is_reported_again_after_a_reset(app: Watched) -> None:
    app.moto.user(VICTIM)
    thief = {"address": ELSEWHERE, "agent": "thief"}
    for seen in (1, 1):
        app.tokens(VICTIM, **thief)
        assert _notices(app) == seen
    app.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = app.mailed_token("reset_password")
    app.ask("POST", "/passwords/reset", {"token": token, "password": NEW_PASSWORD})
    app.tokens(VICTIM, NEW_PASSWORD, **thief)
    assert _notices(app) == 2


def test_a_change_of_password_forgets_the_thief_s_device_and_keeps_the_owner_s(
    app: Watched,
) -> None:
    app.moto.user(VICTIM)
    thief = {"address": ELSEWHERE, "agent": "thief"}
    app.tokens(VICTIM, **thief)
    mine = app.tokens(VICTIM)["access_token"]
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert app.ask("PUT", "/password", change, token=mine).status == 204
    before = _notices(app)
    app.tokens(VICTIM, NEW_PASSWORD)
    assert _notices(app) == before
    app.tokens(VICTIM, NEW_PASSWORD, **thief)
    assert _notices(app) == before + 1


def test_links_that_were_mailed_before_a_change_are_dead(app: Watched) -> None:
    app.moto.user(VICTIM)
    for _ in range(2):
        app.ask("POST", "/passwords/forgot", {"email": VICTIM})
    app.post()
    first, second = [
        each["values"]["link"].rpartition("=")[2]
        for each in app.mails
        if each["template"] == "reset_password"
    ]
    new = {"password": NEW_PASSWORD}
    assert app.ask("POST", "/passwords/reset", {"token": first, **new}).status == 204
    for dead in (first, second):
        answer = app.ask("POST", "/passwords/reset", {"token": dead, "password": EVIL})
        assert answer.code == "invalid_link"
    assert app.opens(VICTIM, NEW_PASSWORD)


def test_a_link_is_dead_after_an_hour(app: Watched) -> None:
    app.moto.user(VICTIM)
    app.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = app.mailed_token("reset_password")
    app.moto.clock.advance(3_600)
    answer = app.ask("POST", "/passwords/reset", {"token": token, "password": NEW_PASSWORD})
    assert answer.code == "invalid_link"


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded", "x-original-host"])
def test_the_host_of_a_mailed_link_is_not_the_requests(app: Watched, header: str) -> None:
    app.moto.user(VICTIM)
    app.ask("POST", "/passwords/forgot", {"email": VICTIM}, headers={header: "evil.example"})
    link = app.mail("reset_password")["values"]["link"]
    assert link.startswith("https://api.gatehouse.example/app#reset=")


def test_a_stolen_session_cannot_move_the_account_alone(app: Watched) -> None:
    app.moto.user(VICTIM)
    stolen = app.tokens(VICTIM)["access_token"]
    body = {"new_email": "evil@example.org", "password": "a guess at the password"}
    answer = app.ask("POST", "/emails/change", body, token=stolen)
    assert answer.code == "invalid_password"
    # Even with the password, the owner must confirm from the old mailbox.
    body["password"] = PASSWORD
    assert app.ask("POST", "/emails/change", body, token=stolen).status == 202
    new = app.mailed_token("confirm_new_email", "evil@example.org")
    assert app.ask("POST", "/emails/confirm", {"token": new}).status == 204
    assert app.ask("POST", "/emails/confirm", {"token": new}).code == "invalid_link"
    assert app.opens(VICTIM, PASSWORD)
    assert not app.opens("evil@example.org", PASSWORD)


def test_a_move_that_waits_dies_with_a_reset(app: Watched) -> None:
    app.moto.user(VICTIM)
    stolen = app.tokens(VICTIM)["access_token"]
    body = {"new_email": "evil@example.org", "password": PASSWORD}
    app.ask("POST", "/emails/change", body, token=stolen)
    old = app.mailed_token("confirm_old_email", VICTIM)
    new = app.mailed_token("confirm_new_email", "evil@example.org")
    app.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = app.mailed_token("reset_password", VICTIM)
    app.ask("POST", "/passwords/reset", {"token": token, "password": NEW_PASSWORD})
    for link in (new, old):
        app.ask("POST", "/emails/confirm", {"token": link})
    assert app.opens(VICTIM, NEW_PASSWORD)
    assert not app.opens("evil@example.org", NEW_PASSWORD)
