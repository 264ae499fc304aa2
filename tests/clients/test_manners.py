"""The TypeScript client when answers are late, lost, refused or not the service's, and when storage
fails: it never acts for another user, never forgets a session by mistake, and never waits for ever.

The scenarios are in clients/typescript/test/manners.ts.
"""

import json
from typing import Any

import pytest

from tests.support.node import ROOT, bundle, need_node, run

DISTURBED = [
    "offline",
    "never",
    "500",
    "503",
    "429",
    "403 of a box",
    "407 of a box",
    "408 of a box",
    "400 of a box",
    "200 of a captive portal",
    "200 with {}",
    "200 with nothing",
    "200 with other JSON",
    "200 with null",
    "redirect",
]
"""Answers to a refresh that say nothing about the session."""

NO_ANSWERS = [
    "200 of a captive portal",
    "200 with {}",
    "200 with nothing",
    "200 with null",
    "redirect",
    "never",
]
"""What is not an answer of the service, whatever the route."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each scenario observed."""
    need_node()
    script = tmp_path_factory.mktemp("manners") / "manners.mjs"
    bundle(ROOT / "clients/typescript/test/manners.ts", script)
    done = run("node", str(script))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


# Never the wrong user.


def test_late_refresh_is_dropped_after_a_sign_out(seen: dict[str, Any]) -> None:
    assert seen["lateRefreshAfterSignOut"] == {
        "late": "SignedOut",
        "state": "signed-out",
        "user": None,
        "saved": None,
    }


def test_late_refresh_is_dropped_after_a_sign_in_as_another_user(seen: dict[str, Any]) -> None:
    assert seen["lateRefreshAfterSignInAsAnother"] == {
        "late": "SignedOut",
        "user": "bob",
        "id": "bob",
        "savedForBob": True,
    }


def test_late_sign_in_is_dropped_after_a_sign_out(seen: dict[str, Any]) -> None:
    assert seen["lateSignInAfterSignOut"] == {"late": "SignedOut", "state": "signed-out"}


def test_last_of_two_sign_ins_stays_when_the_first_answers_last(seen: dict[str, Any]) -> None:
    assert seen["firstOfTwoSignInsAnswersLast"] == {"first": "SignedOut", "user": "bob"}


def test_answer_for_the_user_before_does_not_reach_the_app(seen: dict[str, Any]) -> None:
    assert seen["answerToTheUserBefore"] == {"late": "SignedOut"}


def test_refused_call_of_the_user_before_is_not_repeated_as_another(seen: dict[str, Any]) -> None:
    assert seen["refusedCallOfTheUserBefore"] == {"late": "SignedOut", "sentAs": ["ada"]}


def test_user_is_signed_out_when_a_refresh_brings_another_one(seen: dict[str, Any]) -> None:
    after = seen["refreshThatBringsAnotherUser"]
    assert after["reasons"] == ["another_user"]
    assert (after["refreshed"], after["state"], after["socket"]) == ("SignedOut", "signed-out", "")


def test_other_user_stays_signed_in_when_a_refresh_brought_them(seen: dict[str, Any]) -> None:
    after = seen["refreshThatBringsAnotherUser"]
    assert after["saved"] == "bob-2"
    assert after["ended"] is False


def test_sign_out_ends_no_session_of_another_tab_s_user(seen: dict[str, Any]) -> None:
    after = seen["signOutBesideAnotherUser"]
    assert after == {"saved": "bob-1", "requests": ["/login", "/logout ada-1"]}


# The store.


def test_store_gets_every_new_token(seen: dict[str, Any]) -> None:
    assert seen["everyTokenIsSaved"]["saves"][:3] == ["ada-1", "ada-2", "ada-3"]


def test_listener_gets_every_new_token(seen: dict[str, Any]) -> None:
    assert seen["everyTokenIsSaved"]["told"] == ["ada-1", "ada-2", "ada-3"]


def test_next_start_goes_on_with_the_last_token(seen: dict[str, Any]) -> None:
    assert seen["everyTokenIsSaved"]["restored"] is True
    assert seen["everyTokenIsSaved"]["requests"][-1] == "/sessions/refresh ada-3"


def test_slow_store_does_not_keep_a_token_that_was_dropped(seen: dict[str, Any]) -> None:
    assert seen["slowStoreKeepsTheLastToken"] == {"signedIn": "SignedOut", "saved": None}


def test_session_goes_on_in_memory_when_the_store_fails(seen: dict[str, Any]) -> None:
    requests = ["/login", "/sessions/refresh ada-1", "/logout ada-2"]
    assert seen["storeThatFails"] == {"restored": False, "requests": requests}


def test_session_goes_on_in_memory_when_the_store_is_full(seen: dict[str, Any]) -> None:
    requests = ["/login", "/sessions/refresh ada-1", "/sessions/refresh ada-2"]
    assert seen["storeThatCannotSave"]["requests"] == requests


def test_session_goes_on_when_the_store_is_cleared(seen: dict[str, Any]) -> None:
    assert seen["storeThatIsCleared"] == {"signedIn": True, "saved": "ada-2"}


def test_local_store_works_where_there_is_no_local_storage(seen: dict[str, Any]) -> None:
    assert seen["localStoreWhereThereIsNone"] == {"signedIn": True}


# A session ends only when the service says so.


@pytest.mark.parametrize("answer", DISTURBED)
def test_restore_throws_and_can_be_repeated_when(seen: dict[str, Any], answer: str) -> None:
    after = seen["disturbedRestore"][answer]
    assert after["first"] not in ("", "SignedOut", "Refused invalid_grant")
    assert (after["state"], after["saved"], after["again"]) == ("unknown", "ada-0", True)


@pytest.mark.parametrize("answer", DISTURBED)
def test_socket_is_told_to_try_again_when(seen: dict[str, Any], answer: str) -> None:
    after = seen["disturbedSocketToken"][answer]
    assert after == {"first": "an error", "again": True, "signedIn": True}


def test_all_disturbances_are_tried(seen: dict[str, Any]) -> None:
    assert set(seen["disturbedRestore"]) == set(seen["disturbedSocketToken"]) == set(DISTURBED)


def test_restore_returns_false_when_the_session_has_ended(seen: dict[str, Any]) -> None:
    after = seen["restoreOfAnEndedSession"]
    assert after == {"restored": False, "state": "signed-out", "saved": None}


def test_socket_is_closed_for_good_when_the_session_has_ended(seen: dict[str, Any]) -> None:
    after = seen["socketTokenOfAnEndedSession"]
    assert after == {"token": "", "reasons": ["session_ended"]}


def test_restore_asks_nobody_when_there_is_no_token(seen: dict[str, Any]) -> None:
    after = seen["restoreWithoutASession"]
    assert after == {"restored": False, "state": "signed-out", "requests": []}


def test_restore_twice_at_once_makes_one_request(seen: dict[str, Any]) -> None:
    after = seen["restoreTwiceAtOnce"]
    assert after == {"both": [True, True], "requests": ["/sessions/refresh ada-0"]}


# Nothing waits for ever.


def test_request_without_an_answer_ends(seen: dict[str, Any]) -> None:
    after = seen["requestThatNeverEnds"]
    assert after == {"called": "Unreachable", "refreshed": "Unreachable", "again": "ada"}


def test_answer_whose_content_never_ends_ends(seen: dict[str, Any]) -> None:
    assert seen["contentThatNeverEnds"] == {"called": "Unreachable"}


def test_tab_goes_on_when_another_one_never_frees_the_lock(seen: dict[str, Any]) -> None:
    assert seen["lockThatIsNeverFree"] == {"restored": True}


# Sign-outs that the service has not heard of.


def test_sign_out_while_offline_is_at_once(seen: dict[str, Any]) -> None:
    after = seen["signOutWhileOffline"]
    assert (after["told"], after["state"]) == ("Unreachable", "signed-out")


def test_app_that_starts_again_pays_the_sign_out_and_is_not_signed_in(seen: dict[str, Any]) -> None:
    after = seen["signOutWhileOffline"]
    assert (after["still"], after["restored"], after["saved"]) == ("Unreachable", False, None)
    assert after["requests"] == ["/login", *["/logout ada-1"] * 3]


def test_sign_in_pays_the_sign_out_of_before_first(seen: dict[str, Any]) -> None:
    after = seen["signInPaysFirst"]
    assert after["requests"] == ["/login", "/logout ada-1", "/logout ada-1", "/login"]


def test_only_the_service_itself_settles_a_sign_out(seen: dict[str, Any]) -> None:
    after = seen["debtBehindABox"]
    assert after == {"told": ["Refused http_403", "Refused unavailable", ""], "saved": None}


# What is not the service's answer.


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_service_is_unreachable_when_the_answer_is(seen: dict[str, Any], answer: str) -> None:
    assert seen["disturbedCalls"][answer] == ["Unreachable"] * 3


def test_read_is_repeated_when_the_service_is_unavailable_for_a_moment(
    seen: dict[str, Any],
) -> None:
    after = seen["unavailableForAMoment"]
    assert after["read"] == "nobody"
    assert after["requests"][:3] == ["/profile"] * 3


def test_registration_is_not_repeated_by_itself(seen: dict[str, Any]) -> None:
    after = seen["unavailableForAMoment"]
    assert after["registered"] == "Refused unavailable"
    assert after["requests"].count("/register") == 1


def test_long_wait_is_left_to_the_app(seen: dict[str, Any]) -> None:
    assert seen["unavailableForLong"] == {"wait": 60, "requests": ["/profile"]}


def test_retry_after_is_understood_when_it_is_a_date(seen: dict[str, Any]) -> None:
    assert 85 <= seen["retryAfterADate"]["wait"] <= 90


def test_listeners_hear_of_each_change_and_its_reason(seen: dict[str, Any]) -> None:
    first = [True, "signed_out", False]
    second = [True, "session_ended", False]
    assert seen["events"]["seen"] == [*first, *second, True, False]


# Lines that died without a word.


@pytest.mark.parametrize(
    ("line", "acts"),
    [
        ("answers", ["probe"]),
        ("refuses", ["probe"]),
        ("answers late once", ["probe", "probe"]),
        ("is silent", ["probe", "probe", "disconnect", "connect"]),
        ("a call was refused", []),
        ("a call timed out", ["probe", "disconnect", "connect"]),
        ("connecting", []),
    ],
)
def test_connection_is_replaced_after_two_silent_calls_when_it(
    seen: dict[str, Any], line: str, acts: list[str]
) -> None:
    assert seen["lineThatDied"][line] == acts
