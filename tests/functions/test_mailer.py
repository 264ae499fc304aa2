"""The mail queue's consumer."""

import json
from typing import Any

from harness.events import Event, http, mail_event, sample
from harness.functions import CONTEXT, load_app, serve
from harness.moto_backend import MotoBackend
from tests.support.calls import broken, refused


def deliver(moto: MotoBackend, event: Event) -> list[str]:
    """Returns the message IDs that the function reports as failed."""
    answer = load_app("mailer", moto.backend).handler(event, CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def body(**changes: Any) -> str:
    (record,) = sample("mailer-sqs")["Records"]
    return json.dumps({**json.loads(record["body"]), **changes})


def test_sample_is_sent(moto: MotoBackend) -> None:
    assert deliver(moto, sample("mailer-sqs")) == []
    (mail,) = moto.sent()
    assert mail.destinations == {"ToAddresses": ["ada@example.com"]}
    assert mail.subject == "Welcome to Gatehouse"


def test_same_record_twice_is_sent_once(moto: MotoBackend) -> None:
    deliver(moto, sample("mailer-sqs"))
    assert deliver(moto, sample("mailer-sqs")) == []
    assert len(moto.sent()) == 1


def test_same_message_twice_in_a_batch_is_sent_once(moto: MotoBackend) -> None:
    assert deliver(moto, mail_event(body(), body())) == []
    assert len(moto.sent()) == 1


def test_poison_record_is_reported_and_stops_no_other(moto: MotoBackend) -> None:
    event = mail_event(body(key="k0"), "{", body(key="k2"), body(key="k3", template="unknown"))
    assert deliver(moto, event) == ["m1", "m3"]
    assert len(moto.sent()) == 2


def test_batch_that_fails_whole_is_reported_whole(moto: MotoBackend) -> None:
    with broken("SendEmail"):
        assert deliver(moto, mail_event(body(key="k0"), body(key="k1"))) == ["m0", "m1"]


def test_reported_record_is_sent_when_it_comes_again(moto: MotoBackend) -> None:
    with broken("SendEmail"):
        deliver(moto, sample("mailer-sqs"))
    assert deliver(moto, sample("mailer-sqs")) == []
    assert len(moto.sent()) == 1


def test_registration_reaches_the_mailer(moto: MotoBackend) -> None:
    serve("register", moto.backend)(sample("post-register"))
    deliver(moto, mail_event(*(json.dumps(mail) for mail in moto.queued())))
    assert [mail.destinations["ToAddresses"] for mail in moto.sent()] == [["ada@example.com"]]


def test_bad_address_fails_no_record(moto: MotoBackend) -> None:
    with refused("SendEmail", "BadRequestException", "Domain contains dot-dot"):
        assert deliver(moto, mail_event(body(key="k0"), body(key="k1"))) == []


def test_paused_account_fails_every_record(moto: MotoBackend) -> None:
    with refused("SendEmail", "SendingPausedException", "Sending is paused."):
        assert deliver(moto, mail_event(body(key="k0"), body(key="k1"))) == ["m0", "m1"]
    assert deliver(moto, mail_event(body(key="k0"), body(key="k1"))) == []
    assert len(moto.sent()) == 2


def test_owner_sees_the_note_in_events_and_export(moto: MotoBackend) -> None:
    user = moto.user("ada@example.com")
    token = moto.access_token(user)
    with refused("SendEmail", "BadRequestException", "Invalid email address."):
        deliver(moto, mail_event(body(to=user.email)))
    for function, route in (("sessions", "get-profile-events"), ("profile", "get-profile-export")):
        answer = serve(function, moto.backend)(http(route, token=token))
        tags = [event["tag"] for event in answer.json["events"]]
        assert "system:email:undeliverable" in tags
