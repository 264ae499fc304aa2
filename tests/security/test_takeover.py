"""Whoever comes before the owner gains nothing, and what was ended stays ended."""

import pytest

from tests.security.conftest import Watched
from tests.support.house import ELSEWHERE, NEW_PASSWORD
from tests.support.world import PASSWORD

VICTIM = "victim@example.com"
EVIL = "the password of the attacker"


def test_pre_registration_hijack_by_the_victims_click(strict_house: Watched) -> None:
    house = strict_house
    house.register(VICTIM, EVIL, address=ELSEWHERE)
    link = house.mailed_token("verify_email", VICTIM)
    # The victim opens the link and enters a password of their own.
    answer = house.ask("POST", "/register/verify", {"token": link, "password": PASSWORD})
    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert house.log_in(VICTIM, EVIL, address=ELSEWHERE).status == 401
    # The victim registers and verifies; the attacker's registration is worth nothing.
    house.register(VICTIM, PASSWORD)
    mine = house.mailed_token("verify_email", VICTIM)
    assert (
        house.ask("POST", "/register/verify", {"token": mine, "password": PASSWORD}).status == 204
    )
    assert house.log_in(VICTIM, PASSWORD).status == 200
    assert house.log_in(VICTIM, EVIL, address=ELSEWHERE).status == 401
    late = house.ask("POST", "/register/verify", {"token": link, "password": EVIL})
    assert late.code == "invalid_link"


def test_a_link_cannot_be_used_without_its_password_ten_times(
    strict_house: Watched, hashes: list[str]
) -> None:
    house = strict_house
    house.register(VICTIM, PASSWORD)
    link = house.mailed_token("verify_email", VICTIM)
    hashes.clear()
    codes = [
        house.ask(
            "POST",
            "/register/verify",
            {"token": link, "password": f"wrong {n} wrong {n}"},
            address=f"198.51.100.{n}",
        ).code
        for n in range(12)
    ]
    assert codes == ["invalid_credentials"] * 10 + ["invalid_link"] * 2
    assert len(hashes) == 10


def test_guessing_the_code_of_a_registration(strict_house: Watched, hashes: list[str]) -> None:
    house = strict_house
    house.register(VICTIM, EVIL, address=ELSEWHERE)
    right = house.letter("verify_email", VICTIM)["values"]["code"]
    hashes.clear()
    codes = set()
    for n in range(40):
        code = f"{(int(right) + 1 + n) % 1_000_000:06d}"
        body = {"email": VICTIM, "code": code, "password": EVIL}
        answer = house.ask("POST", "/register/verify", body, address=f"198.51.100.{n}")
        codes.add(answer.code)
    assert codes == {"invalid_link", "too_many_requests"}
    assert not hashes
    body = {"email": VICTIM, "code": right, "password": EVIL}
    answer = house.ask("POST", "/register/verify", body, address="198.51.100.99")
    assert answer.code == "too_many_requests"


def test_a_code_belongs_to_one_address(strict_house: Watched) -> None:
    house = strict_house
    house.register("evil@example.com", EVIL)
    code = house.letter("verify_email", "evil@example.com")["values"]["code"]
    body = {"email": VICTIM, "code": code, "password": EVIL}
    assert house.ask("POST", "/register/verify", body).code == "invalid_link"


def test_a_reset_ends_what_a_squatter_had(house: Watched) -> None:
    # Without verification somebody can sit on an address; its owner takes it by a reset.
    house.register(VICTIM, EVIL, address=ELSEWHERE)
    squatter = house.tokens(VICTIM, EVIL, address=ELSEWHERE)
    house.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = house.mailed_token("reset_password", VICTIM)
    answer = house.ask("POST", "/passwords/reset", {"token": token, "password": PASSWORD})
    assert (answer.status, answer.text, answer.cookies) == (204, "", ())
    assert not house.is_live(squatter["access_token"])
    refresh = {"refresh_token": squatter["refresh_token"]}
    assert house.ask("POST", "/sessions/refresh", refresh).code == "invalid_grant"
    assert house.log_in(VICTIM, EVIL, address=ELSEWHERE).status == 401
    assert house.log_in(VICTIM, PASSWORD).status == 200


def test_links_that_were_mailed_before_a_change_are_dead(house: Watched) -> None:
    house.world.user(VICTIM)
    for _ in range(2):
        house.ask("POST", "/passwords/forgot", {"email": VICTIM})
    house.post()
    first, second = [
        each["values"]["link"].rpartition("=")[2]
        for each in house.letters
        if each["template"] == "reset_password"
    ]
    new = {"password": NEW_PASSWORD}
    assert house.ask("POST", "/passwords/reset", {"token": first, **new}).status == 204
    for dead in (first, second):
        answer = house.ask("POST", "/passwords/reset", {"token": dead, "password": EVIL})
        assert answer.code == "invalid_link"
    assert house.opens(VICTIM, NEW_PASSWORD)


def test_a_link_is_dead_after_an_hour(house: Watched) -> None:
    house.world.user(VICTIM)
    house.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = house.mailed_token("reset_password")
    house.world.clock.advance(3_600)
    answer = house.ask("POST", "/passwords/reset", {"token": token, "password": NEW_PASSWORD})
    assert answer.code == "invalid_link"


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded", "x-original-host"])
def test_the_host_of_a_mailed_link_is_not_the_requests(house: Watched, header: str) -> None:
    house.world.user(VICTIM)
    house.ask("POST", "/passwords/forgot", {"email": VICTIM}, headers={header: "evil.example"})
    link = house.letter("reset_password")["values"]["link"]
    assert link.startswith("https://api.gatehouse.example/app#reset=")


def test_a_stolen_session_cannot_move_the_account_alone(house: Watched) -> None:
    house.world.user(VICTIM)
    stolen = house.tokens(VICTIM)["access_token"]
    body = {"new_email": "evil@example.org", "password": "a guess at the password"}
    answer = house.ask("POST", "/emails/change", body, token=stolen)
    assert answer.code == "invalid_password"
    # Even with the password: the old mailbox has to agree.
    body["password"] = PASSWORD
    assert house.ask("POST", "/emails/change", body, token=stolen).status == 202
    new = house.mailed_token("confirm_new_email", "evil@example.org")
    assert house.ask("POST", "/emails/confirm", {"token": new}).status == 204
    assert house.ask("POST", "/emails/confirm", {"token": new}).code == "invalid_link"
    assert house.opens(VICTIM, PASSWORD)
    assert not house.opens("evil@example.org", PASSWORD)


def test_a_move_that_waits_dies_with_a_reset(house: Watched) -> None:
    house.world.user(VICTIM)
    stolen = house.tokens(VICTIM)["access_token"]
    body = {"new_email": "evil@example.org", "password": PASSWORD}
    house.ask("POST", "/emails/change", body, token=stolen)
    old = house.mailed_token("confirm_old_email", VICTIM)
    new = house.mailed_token("confirm_new_email", "evil@example.org")
    house.ask("POST", "/passwords/forgot", {"email": VICTIM})
    token = house.mailed_token("reset_password", VICTIM)
    house.ask("POST", "/passwords/reset", {"token": token, "password": NEW_PASSWORD})
    for link in (new, old):
        house.ask("POST", "/emails/confirm", {"token": link})
    assert house.opens(VICTIM, NEW_PASSWORD)
    assert not house.opens("evil@example.org", NEW_PASSWORD)
