"""The owner reads about guesses at the password, and no guesser can bury anything else."""

from typing import Any

from harness.http_app import ELSEWHERE, HOME
from tests.security.conftest import Watched

ADA = "ada@example.com"
WRONG = "not her password at all"
DAY = 86_400


def _trail(app: Watched) -> list[dict[str, Any]]:
    token = app.tokens(ADA, address=HOME)["access_token"]
    events: list[dict[str, Any]] = app.ask("GET", "/profile/events", token=token).json["events"]
    exported = app.ask("GET", "/profile/export", token=token).json["events"]
    assert exported[: len(events)] == events
    return events


def _guesses(events: list[dict[str, Any]], tag: str = "system:session:refuse") -> list[Any]:
    return [(each["count"], each["address"]) for each in events if each["tag"] == tag]


def test_guesses_at_a_sign_in_are_in_the_owner_s_trail(app: Watched) -> None:
    app.moto.user(ADA)
    for n in range(3):
        app.log_in(ADA, WRONG, address=f"198.51.100.{n}", agent=f"guesser {n}")
    events = _trail(app)
    assert _guesses(events) == [(3, "198.51.100.2")]
    assert [each["user_agent"] for each in events if each["count"] == 3] == ["guesser 2"]


def test_guesses_with_a_stolen_token_are_in_the_owner_s_trail(app: Watched) -> None:
    app.moto.user(ADA)
    stolen = app.tokens(ADA)["access_token"]
    guesses: list[tuple[str, str, dict[str, str]]] = [
        ("DELETE", "/profile", {"password": WRONG}),
        ("PUT", "/password", {"current_password": WRONG, "new_password": "x" * 20}),
        ("POST", "/emails/change", {"new_email": "e@example.org", "password": WRONG}),
    ]
    for method, path, body in guesses:
        answer = app.ask(method, path, body, token=stolen, address=ELSEWHERE)
        assert answer.code == "invalid_password"
    assert _guesses(_trail(app), "system:password:refuse") == [(3, ELSEWHERE)]


def test_a_flood_of_guesses_buries_nothing(app: Watched) -> None:
    app.moto.user(ADA)
    app.tokens(ADA, address=HOME)
    thief = app.tokens(ADA, address=ELSEWHERE, agent="thief")["access_token"]
    assert app.ask("DELETE", "/sessions?keep=current", token=thief).status == 204
    for _ in range(5):
        for n in range(20):
            app.log_in(ADA, WRONG, address=f"198.51.100.{n}")
        app.moto.clock.advance(DAY // 4)
    events = _trail(app)
    assert len(_guesses(events)) == 2
    assert {"user:session:start", "user:session:end-others"} <= {each["tag"] for each in events}


def test_a_try_over_the_limit_is_no_guess_and_is_not_noted(app: Watched) -> None:
    app.moto.user(ADA)
    statuses = [app.log_in(ADA, WRONG, address=f"198.51.100.{n}").status for n in range(15)]
    app.moto.clock.advance(300)
    assert _guesses(_trail(app)) == [(statuses.count(401), "198.51.100.9")]


def test_guesses_at_an_unknown_address_are_kept_for_nobody(app: Watched) -> None:
    before = app.items()
    for n in range(3):
        app.log_in("nobody@example.com", WRONG, address=f"198.51.100.{n}")
    assert app.items() == before
    app.register("nobody@example.com")
    token = app.tokens("nobody@example.com")["access_token"]
    trail = app.ask("GET", "/profile/events", token=token).json["events"]
    assert not _guesses(trail)


def test_a_guess_shows_the_owner_no_script(app: Watched) -> None:
    app.moto.user(ADA)
    app.log_in(ADA, WRONG, address=ELSEWHERE, agent="<script>\u0000\u202e" + "z" * 5_000)
    (agent,) = (each["user_agent"] for each in _trail(app) if each["tag"].endswith(":refuse"))
    assert len(agent) <= 256
    assert agent.isprintable()
