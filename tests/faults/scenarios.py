"""Every write path of the accounts, as a scenario that a test can run again and again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import bcrypt

from gatehouse.emails import messages
from gatehouse.errors import Unavailable
from gatehouse.flows.accounts.address_code import code_to_mail
from gatehouse.flows.accounts.rotate_keys import ensure_keys, rotate_keys
from gatehouse.flows.lifecycle.disable_account import disable_account
from gatehouse.flows.lifecycle.enable_account import enable_account
from gatehouse.identity import parse_address
from gatehouse.stores import links
from gatehouse.stores.events import new_operator_event
from harness.events import mail_event
from harness.functions import CONTEXT
from harness.http_app import ELSEWHERE, NEW_PASSWORD, HttpApp
from harness.moto_backend import PASSWORD
from harness.socket_harness import SocketHarness
from harness.tables import items
from tests.support.calls import refused
from tests.support.challenges import solve
from tests.support.people import former_sessions

MOST_SESSIONS = 6
"""Sessions that a user may have here, in place of 100. ``test_faults`` has smaller batches too."""

ADA, NEXT = "ada@example.com", "ada@example.org"
WRONG = "not her password at all"
Given = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A write path: the state before it, the request, and the state after it."""

    prepare: Callable[[HttpApp], Given]
    act: Callable[[HttpApp, Given], int]
    """Runs the write path once. Returns the status of the answer."""
    observe: Callable[[HttpApp, Given], Any]
    """Returns the state afterwards, without its random parts. Only reads."""
    status: int
    """The status of the answer when nothing fails."""
    again: frozenset[int] = frozenset()
    """Other statuses that the same request may get after it has succeeded once."""
    pause: int = 0
    """Seconds until the next attempt: the visibility timeout, or Lambda's delay between retries."""
    cold: bool = False
    """Whether each run starts in a process that has read no secrets or keys."""
    settings: dict[str, Any] = field(default_factory=dict)


def _asking(method: str, path: str, body: Callable[[Given], object] | object = None) -> Any:
    """Returns an act that sends one request, with the owner's token if there is one."""

    def act(app: HttpApp, prepared: Given) -> int:
        sent = body(prepared) if callable(body) else body
        answer = app.ask(method, path.format(**prepared), sent, token=prepared.get("token"))
        prepared["answer"] = answer
        return answer.status

    return act


def _doing(flow: Callable[[HttpApp, Given], object]) -> Any:
    """Returns an act that is not a request: a schedule or a batch, which AWS retries on failure."""

    def act(app: HttpApp, prepared: Given) -> int:
        try:
            flow(app, prepared)
        except Unavailable:
            return 503
        return 200

    return act


def _nobody(_: HttpApp) -> Given:
    return {}


def _ada(app: HttpApp) -> Given:
    """Prepares Ada with two sessions, one at home and one elsewhere."""
    user = app.moto.user(ADA)
    home, other = app.tokens(ADA), app.tokens(ADA, address=ELSEWHERE, agent="other")
    other_id = app.moto.backend.keys.verify_access(other["access_token"]).session_id
    app.post()
    return {"user": user, "home": home, "other": other, "other_id": other_id}


def _ada_signed_in(app: HttpApp) -> Given:
    prepared = _ada(app)
    return prepared | {"token": prepared["home"]["access_token"]}


def _passwords(app: HttpApp, email: str = ADA) -> dict[str, bool]:
    return {name: app.opens(email, name) for name in (PASSWORD, NEW_PASSWORD)}


def _live(app: HttpApp, prepared: Given) -> dict[str, bool]:
    return {name: app.is_live(prepared[name]["access_token"]) for name in ("home", "other")}


def _tags(app: HttpApp) -> set[str]:
    """Returns the tags of all audit events but those of wrong passwords.

    A client that repeats a change of the password after a lost answer sends the former one.
    """
    return {tag for tag in _all_tags(app) if not tag.endswith(":refuse")}


def _all_tags(app: HttpApp) -> set[str]:
    return {item["tag"]["S"] for item in app.items("USER#", "EVENT#")}


# Registration.


def _registered(app: HttpApp, _: Given) -> Any:
    return {"opens": app.opens(ADA, PASSWORD), "tags": _tags(app)}


REGISTER = {"email": ADA, "password": PASSWORD, "name": "Ada"}
VERIFIED = {"require_verified_email": True}


def _registration(app: HttpApp) -> Given:
    app.register(ADA)
    mail = app.mail("verify_email")
    return {"mail": mail, "link": mail["values"]["link"].rpartition("=")[2]}


def _challenged(app: HttpApp) -> Given:
    challenge = app.ask("POST", "/register", REGISTER).json["challenge"]
    return {"solution": solve(challenge)}


def _register_with_solution(app: HttpApp, prepared: Given) -> int:
    """Registers as a client does: if the solution was used up before a fault, it solves another."""
    answer = app.ask("POST", "/register", {**REGISTER, "solution": prepared["solution"]})
    if answer.status == 428:
        solution = solve(answer.json["challenge"])
        answer = app.ask("POST", "/register", {**REGISTER, "solution": solution})
    return answer.status


def _waiting(app: HttpApp, prepared: Given) -> Any:
    """Returns the purposes of the links in all verification mails, and the number of codes.

    Each link and each code must be valid.
    """
    mails = [each for each in app.mails if each["template"] == "verify_email"]
    if not mails:
        return "no mail"
    good = set()
    for mail in mails:
        link = app.moto.backend.accounts.links.find(
            links.token_hash(mail["values"]["link"].rpartition("=")[2]),
            links.VERIFY,
            app.moto.clock.now(),
        )
        good.add(link.purpose)
    codes = {mail["values"]["code"] for mail in mails}
    assert codes == {code_to_mail(app.moto.backend, parse_address(ADA))}
    return good, len(codes)


def _registration_beside_a_strangers(app: HttpApp) -> Given:
    """Prepares a registration of Ada's, a later one of a stranger, and a mail sent again."""
    app.register(ADA)
    app.register(ADA, "the password of a stranger", address=ELSEWHERE)
    assert app.ask("POST", "/register/resend", {"email": ADA}).status == 202
    return {"link": app.mailed_token("verify_email")}


def _verified(app: HttpApp, prepared: Given) -> Any:
    return {
        "opens": app.opens(ADA, PASSWORD),
        "waiting": len(app.items("EMAIL#", "PENDING#")),
        "tags": _tags(app),
    }


# Sign-in and sessions.


def _log_in(app: HttpApp, prepared: Given) -> int:
    answer = app.log_in(ADA)
    if answer.status == 200:
        prepared["tokens"] = answer.json
    return answer.status


def _signed_in(app: HttpApp, prepared: Given) -> Any:
    tokens = prepared.get("tokens")
    return {
        "live": tokens and app.is_live(tokens["access_token"]),
        "opens": app.opens(ADA, PASSWORD),
        "pepper": app.items("USER#", "PROFILE")[0]["password_hash"]["S"].split(":")[1],
        "tags": _tags(app),
    }


def _ada_with_an_old_hash(app: HttpApp) -> Given:
    app.moto.user(ADA)
    user = app.moto.backend.accounts.users
    account = user.by_id(f"{1:032x}")
    assert account
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    user.set_password_hash(account, imported)
    return {}


def _ada_with_many_sessions(app: HttpApp) -> Given:
    """Prepares Ada with as many sessions as allowed, all but two of the former version."""
    prepared = _ada_signed_in(app)
    former_sessions(app.moto, prepared["user"], MOST_SESSIONS - 2)
    return prepared


def _kept(app: HttpApp, prepared: Given) -> Any:
    """Returns how many sessions are stored and which of the two are live."""
    kept = {"stored": len(app.items("USER#", "SESSION#")), "sweeps": len(app.items("SWEEPS"))}
    return {**kept, **_sessions(app, prepared)}


def _signed_in_once_more(app: HttpApp, _: Given) -> Any:
    return {"stored": len(app.items("USER#", "SESSION#")), "tags": _tags(app)}


def _refresh(app: HttpApp, prepared: Given) -> int:
    answer = app.ask(
        "POST", "/sessions/refresh", {"refresh_token": prepared["home"]["refresh_token"]}
    )
    if answer.status == 200:
        prepared["tokens"] = answer.json
    return answer.status


def _refreshed(app: HttpApp, prepared: Given) -> Any:
    token = prepared["tokens"]["refresh_token"]
    return {"live": app.is_live(prepared["tokens"]["access_token"]), "at": token.split(".")[3]}


def _ada_with_a_stolen_token(app: HttpApp) -> Given:
    prepared = _ada(app)
    first = {"refresh_token": prepared["home"]["refresh_token"]}
    assert app.ask("POST", "/sessions/refresh", first).status == 200
    app.moto.clock.advance(601)
    return prepared


def _ada_whose_answer_was_lost(app: HttpApp) -> Given:
    prepared = _ada(app)
    first = {"refresh_token": prepared["home"]["refresh_token"]}
    assert app.ask("POST", "/sessions/refresh", first).status == 200
    app.moto.clock.advance(31)
    return prepared


def _sessions(app: HttpApp, prepared: Given) -> Any:
    return {"live": _live(app, prepared), "tags": _tags(app)}


def _refused(app: HttpApp, prepared: Given) -> Any:
    return {"live": _live(app, prepared), "tags": _all_tags(app)}


# Passwords and email addresses.


def _ada_who_forgot(app: HttpApp) -> Given:
    prepared = _ada(app)
    assert app.ask("POST", "/passwords/forgot", {"email": ADA}).status == 202
    return prepared | {"link": app.mailed_token("reset_password")}


def _password(app: HttpApp, prepared: Given) -> Any:
    return {"opens": _passwords(app), "known": _known(app), **_sessions(app, prepared)}


def _known(app: HttpApp) -> tuple[int, int]:
    """Returns the numbers of devices and client networks that the account remembers."""
    (user,) = app.items("USER#", "PROFILE")
    return len(user["devices"]["M"]), len(app.items("LIMIT#mark#")[0]["networks"]["M"])


def _can_reset(app: HttpApp, prepared: Given) -> Any:
    mails = [each for each in app.mails if each["template"] == "reset_password"]
    token = mails[-1]["values"]["link"].rpartition("=")[2]
    now = app.moto.clock.now()
    return app.moto.backend.accounts.links.find(links.token_hash(token), links.RESET, now).purpose


CHANGE_EMAIL = {"new_email": NEXT, "password": PASSWORD}


def _ada_who_moves(app: HttpApp) -> Given:
    prepared = _ada_signed_in(app)
    answer = app.ask("POST", "/emails/change", CHANGE_EMAIL, token=prepared["token"])
    assert answer.status == 202
    old = app.mailed_token("confirm_old_email")
    new = app.mailed_token("confirm_new_email")
    return {**prepared, "token": None, "old": old, "new": new}


def _ada_who_confirmed(app: HttpApp) -> Given:
    prepared = _ada_who_moves(app)
    assert app.ask("POST", "/emails/confirm", {"token": prepared["old"]}).status == 204
    return prepared


def _moved(app: HttpApp, prepared: Given) -> Any:
    changes = app.items("USER#", "EMAILCHANGE")
    return {
        "opens": {address: app.opens(address, PASSWORD) for address in (ADA, NEXT)},
        "confirmed": [item["confirmed"]["S"] for item in changes],
        "links": {item["subject"]["M"]["end"]["S"] for item in app.items("LINK#")},
        "tags": _tags(app),
    }


def _asked_to_move(app: HttpApp, prepared: Given) -> Any:
    (change,) = app.items("USER#", "EMAILCHANGE")
    ends = {
        item["subject"]["M"]["end"]["S"]
        for item in app.items("LINK#")
        if item["subject"]["M"]["change"]["S"] == change["id"]["S"]
    }
    return {"ends": ends, "tags": _tags(app)}


# Removal of an account.


def _gone(app: HttpApp, prepared: Given) -> Any:
    leftovers = [item for item in app.items() if prepared["user"].id in str(item)]
    return {
        "opens": app.opens(ADA, PASSWORD),
        "kept": sorted(item["pk"]["S"].split("#")[0] for item in leftovers),
        "removals": len(app.items("REMOVALS")),
    }


def _ada_half_removed(app: HttpApp) -> Given:
    """Prepares an account whose removal was recorded before the process died."""
    prepared = _ada(app)
    backend = app.moto.backend
    backend.accounts.transact(
        backend.accounts.users.closing(prepared["user"]),
        backend.accounts.removals.beginning(prepared["user"].id, app.moto.clock.now()),
    )
    app.moto.clock.advance(61)
    return prepared


OPERATOR = "operator"


def _ada_on_a_socket(app: HttpApp) -> Given:
    prepared = _ada(app)
    client = SocketHarness(app.moto).stranger()
    client.connect(token=prepared["home"]["access_token"])
    return prepared


def _ada_disabled(app: HttpApp) -> Given:
    """Prepares a disabled account whose sessions and socket an interruption has left."""
    prepared = _ada_on_a_socket(app)
    accounts, user = app.moto.backend.accounts, prepared["user"]
    event = new_operator_event(
        user.id, "operator:account:disable", now=app.moto.clock.now(), actor=OPERATOR, reason=""
    )
    accounts.transact(accounts.users.disabling(user), accounts.events.recording(event))
    return prepared


def _switched(app: HttpApp, prepared: Given) -> Any:
    (user,) = app.items("USER#", "PROFILE")
    rows = items(app.moto.dynamodb, "RealtimeTable")
    # One that is marked as closing takes no frames, and its ping within eight minutes removes it.
    sockets = [row for row in rows if row["pk"]["S"].startswith("CONN#") and "closing" not in row]
    return {
        "opens": app.opens(ADA, PASSWORD),
        "epoch": user["token_epoch"]["N"],
        "live": _live(app, prepared),
        "sockets": len(sockets),
        "events": len(app.items("USER#", "EVENT#")),
    }


def _tick(app: HttpApp, _: Given) -> None:
    app.apps["maintenance"].handler({}, CONTEXT)


def _renamed(app: HttpApp, _: Given) -> Any:
    return app.items("USER#", "PROFILE")[0]["name"]["S"]


# Mails and keys.


def _a_letter_that_waits(app: HttpApp) -> Given:
    """Prepares a mail left in the outbox: the process died before it reached the queue."""
    backend = app.moto.backend
    welcome = messages.welcome("u1", to=ADA, name=None, public_url="https://x.example")
    backend.accounts.transact(backend.accounts.outbox.adding(welcome))
    app.moto.clock.advance(61)
    return {}


def _a_letter_in_the_queue(app: HttpApp) -> Given:
    app.register(ADA)
    app.post()
    return {"event": mail_event(*[_json(mail) for mail in app.mails])}


def _json(mail: dict[str, Any]) -> str:
    return json.dumps(mail)


def _deliver(app: HttpApp, prepared: Given) -> int:
    failures = app.apps["mailer"].handler(prepared["event"], CONTEXT)["batchItemFailures"]
    return 503 if failures else 200


def _a_letter_to_a_bad_address(app: HttpApp) -> Given:
    app.moto.user(ADA)
    assert app.ask("POST", "/passwords/forgot", {"email": ADA}).status == 202
    return {"event": mail_event(*[_json(mail) for mail in app.post()])}


def _deliver_refused(app: HttpApp, prepared: Given) -> int:
    with refused("SendEmail", "BadRequestException", "Invalid email address."):
        return _deliver(app, prepared)


def _noted(app: HttpApp, _: Given) -> Any:
    """Returns whether the mail is done, and the tags of all events, with repetitions."""
    done = [item["sent"]["BOOL"] for item in app.items("MAIL#")]
    return done, [item["tag"]["S"] for item in app.items("USER#", "EVENT#")]


def _keys(app: HttpApp, _: Given) -> Any:
    """Returns whether the current and next keys are published, and whether the previous one is."""
    backend = app.moto.backend
    ring = backend.keys.private_ring()
    kids = [key["kid"] for key in backend.keys.public_keys.read()["keys"]]
    return {
        "published": {ring.current.kid, ring.next.kid} <= set(kids),
        "previous": ring.previous is not None and ring.previous.kid in kids,
    }


def _an_old_ring(app: HttpApp) -> Given:
    app.moto.clock.advance(30 * 86_400)
    return {}


def _no_ring(app: HttpApp) -> Given:
    backend = app.moto.backend
    backend.secrets.write(backend.settings.signing_secret, "{}")
    backend.accounts.table.delete({"pk": "KEYRING", "sk": "PUBLIC"})
    return {}


SCENARIOS = {
    "register": Scenario(
        prepare=_nobody,
        act=_asking("POST", "/register", REGISTER),
        observe=_registered,
        status=201,
        again=frozenset({409}),
        cold=True,
    ),
    "register with verification": Scenario(
        prepare=_nobody,
        act=_asking("POST", "/register", REGISTER),
        observe=_waiting,
        status=202,
        settings=VERIFIED,
    ),
    "register with a solved challenge": Scenario(
        prepare=_challenged,
        act=_register_with_solution,
        observe=_waiting,
        status=202,
        settings={**VERIFIED, "challenge": "always"},
    ),
    "verify by link": Scenario(
        prepare=_registration,
        act=_asking(
            "POST",
            "/register/verify",
            lambda prepared: {"token": prepared["link"], "password": PASSWORD},
        ),
        observe=_verified,
        status=204,
        again=frozenset({400}),
        settings=VERIFIED,
    ),
    "verify by code": Scenario(
        prepare=_registration,
        act=_asking(
            "POST",
            "/register/verify",
            lambda prepared: {
                "email": ADA,
                "code": prepared["mail"]["values"]["code"],
                "password": PASSWORD,
            },
        ),
        observe=_verified,
        status=204,
        again=frozenset({400}),
        settings=VERIFIED,
    ),
    "verify by a link that was sent again": Scenario(
        prepare=_registration_beside_a_strangers,
        act=_asking(
            "POST",
            "/register/verify",
            lambda prepared: {"token": prepared["link"], "password": PASSWORD},
        ),
        observe=_verified,
        status=204,
        again=frozenset({400}),
        settings=VERIFIED,
    ),
    "resend a verification mail": Scenario(
        prepare=_registration,
        act=_asking("POST", "/register/resend", {"email": ADA}),
        observe=_waiting,
        status=202,
        settings=VERIFIED,
    ),
    "sign in": Scenario(
        prepare=lambda app: {"user": app.moto.user(ADA)},
        act=_log_in,
        observe=_signed_in,
        status=200,
        cold=True,
    ),
    "fail to sign in": Scenario(
        prepare=_ada,
        act=_asking("POST", "/login", {"email": ADA, "password": WRONG}),
        observe=_refused,
        status=401,
    ),
    "fail to sign in to no account": Scenario(
        prepare=_nobody,
        act=_asking("POST", "/login", {"email": ADA, "password": WRONG}),
        observe=lambda app, _: len(app.items("USER#")),
        status=401,
    ),
    "enter a wrong password in a session": Scenario(
        prepare=_ada_signed_in,
        act=_asking("DELETE", "/profile", {"password": WRONG}),
        observe=_refused,
        status=401,
    ),
    "sign in with an imported hash": Scenario(
        prepare=_ada_with_an_old_hash, act=_log_in, observe=_signed_in, status=200
    ),
    "refresh a session": Scenario(prepare=_ada, act=_refresh, observe=_refreshed, status=200),
    "refresh again after a lost answer": Scenario(
        prepare=_ada_whose_answer_was_lost, act=_refresh, observe=_refreshed, status=200
    ),
    "replay a used refresh token": Scenario(
        prepare=_ada_with_a_stolen_token, act=_refresh, observe=_sessions, status=400
    ),
    "sign out": Scenario(
        prepare=_ada,
        act=_asking(
            "POST", "/logout", lambda prepared: {"refresh_token": prepared["home"]["refresh_token"]}
        ),
        observe=_sessions,
        status=204,
    ),
    "end one session": Scenario(
        prepare=_ada_signed_in,
        act=_asking("DELETE", "/sessions/{other_id}"),
        observe=_sessions,
        status=204,
        again=frozenset({404}),
    ),
    "end the other sessions": Scenario(
        prepare=_ada_signed_in,
        act=_asking("DELETE", "/sessions?keep=current"),
        observe=_sessions,
        status=204,
    ),
    "end all sessions": Scenario(
        prepare=_ada_signed_in,
        act=_asking("DELETE", "/sessions"),
        observe=_sessions,
        status=204,
        again=frozenset({401}),
    ),
    "sign in with as many sessions as allowed": Scenario(
        prepare=_ada_with_many_sessions, act=_log_in, observe=_signed_in_once_more, status=200
    ),
    "end many other sessions": Scenario(
        prepare=_ada_with_many_sessions,
        act=_asking("DELETE", "/sessions?keep=current"),
        observe=_kept,
        status=204,
    ),
    "end many sessions": Scenario(
        prepare=_ada_with_many_sessions,
        act=_asking("DELETE", "/sessions"),
        observe=_kept,
        status=204,
        again=frozenset({401}),
    ),
    "change a password with many sessions": Scenario(
        prepare=_ada_with_many_sessions,
        act=_asking(
            "PUT", "/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        ),
        observe=_kept,
        status=204,
        again=frozenset({401}),
    ),
    "delete an account with many sessions": Scenario(
        prepare=_ada_with_many_sessions,
        act=_asking("DELETE", "/profile", {"password": PASSWORD}),
        observe=_gone,
        status=204,
        again=frozenset({401}),
    ),
    "request a password reset": Scenario(
        prepare=_ada,
        act=_asking("POST", "/passwords/forgot", {"email": ADA}),
        observe=_can_reset,
        status=202,
    ),
    "reset a password": Scenario(
        prepare=_ada_who_forgot,
        act=_asking(
            "POST",
            "/passwords/reset",
            lambda prepared: {"token": prepared["link"], "password": NEW_PASSWORD},
        ),
        observe=_password,
        status=204,
        again=frozenset({400}),
    ),
    "change a password": Scenario(
        prepare=_ada_signed_in,
        act=_asking(
            "PUT", "/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        ),
        observe=_password,
        status=204,
        again=frozenset({401}),
    ),
    "request an email change": Scenario(
        prepare=_ada_signed_in,
        act=_asking("POST", "/emails/change", CHANGE_EMAIL),
        observe=_asked_to_move,
        status=202,
    ),
    "confirm an email change from the old address": Scenario(
        prepare=_ada_who_moves,
        act=_asking("POST", "/emails/confirm", lambda prepared: {"token": prepared["old"]}),
        observe=_moved,
        status=204,
        again=frozenset({400}),
    ),
    "complete an email change from the new address": Scenario(
        prepare=_ada_who_confirmed,
        act=_asking("POST", "/emails/confirm", lambda prepared: {"token": prepared["new"]}),
        observe=_moved,
        status=204,
        again=frozenset({400}),
    ),
    "change a profile": Scenario(
        prepare=_ada_signed_in,
        act=_asking("PATCH", "/profile", {"name": "Countess"}),
        observe=_renamed,
        status=200,
    ),
    "delete an account": Scenario(
        prepare=_ada_signed_in,
        act=_asking("DELETE", "/profile", {"password": PASSWORD}),
        observe=_gone,
        status=204,
        again=frozenset({401}),
    ),
    "finish an interrupted removal": Scenario(
        prepare=_ada_half_removed, act=_doing(_tick), observe=_gone, status=200
    ),
    "disable an account": Scenario(
        prepare=_ada_on_a_socket,
        act=_doing(
            lambda app, prepared: disable_account(app.backend, prepared["user"].id, actor=OPERATOR)
        ),
        observe=_switched,
        status=200,
    ),
    "enable an account": Scenario(
        prepare=_ada_disabled,
        act=_doing(
            lambda app, prepared: enable_account(app.backend, prepared["user"].id, actor=OPERATOR)
        ),
        observe=_switched,
        status=200,
    ),
    "queue a mail left in the outbox": Scenario(
        prepare=_a_letter_that_waits,
        act=_doing(_tick),
        observe=lambda app, _: len(app.items("OUTBOX")),
        status=200,
    ),
    "send a mail": Scenario(
        prepare=_a_letter_in_the_queue,
        act=_deliver,
        observe=lambda app, _: len(app.items("MAIL#")),
        status=200,
        pause=180,
    ),
    "give up a mail to a bad address": Scenario(
        prepare=_a_letter_to_a_bad_address,
        act=_deliver_refused,
        observe=_noted,
        status=200,
        pause=180,
    ),
    "create the keys": Scenario(
        prepare=_no_ring,
        act=_doing(lambda app, _: ensure_keys(app.backend)),
        observe=_keys,
        status=200,
        pause=60,
    ),
    "rotate the keys": Scenario(
        prepare=_an_old_ring,
        act=_doing(lambda app, _: rotate_keys(app.backend)),
        observe=_keys,
        status=200,
        pause=60,
    ),
}
