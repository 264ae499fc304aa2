"""The mail queue's consumer."""

import json
from typing import Any

from tests.support.calls import broken
from tests.support.events import Event, mails, sample
from tests.support.functions import CONTEXT, load_app, serve
from tests.support.world import World


def deliver(world: World, event: Event) -> list[str]:
    """The message ids that the function reports as failed."""
    answer = load_app("mailer", world.backend).handler(event, CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def body(**changes: Any) -> str:
    (record,) = sample("mailer-sqs")["Records"]
    return json.dumps({**json.loads(record["body"]), **changes})


def test_sample_is_sent(world: World) -> None:
    assert deliver(world, sample("mailer-sqs")) == []
    (mail,) = world.sent()
    assert mail.destinations == {"ToAddresses": ["ada@example.com"]}
    assert mail.subject == "Welcome to Gatehouse"


def test_same_record_twice_is_sent_once(world: World) -> None:
    deliver(world, sample("mailer-sqs"))
    assert deliver(world, sample("mailer-sqs")) == []
    assert len(world.sent()) == 1


def test_same_message_twice_in_a_batch_is_sent_once(world: World) -> None:
    assert deliver(world, mails(body(), body())) == []
    assert len(world.sent()) == 1


def test_poison_record_is_reported_and_stops_no_other(world: World) -> None:
    event = mails(body(key="k0"), "{", body(key="k2"), body(key="k3", template="unknown"))
    assert deliver(world, event) == ["m1", "m3"]
    assert len(world.sent()) == 2


def test_batch_that_fails_whole_is_reported_whole(world: World) -> None:
    with broken("SendEmail"):
        assert deliver(world, mails(body(key="k0"), body(key="k1"))) == ["m0", "m1"]


def test_reported_record_is_sent_when_it_comes_again(world: World) -> None:
    with broken("SendEmail"):
        deliver(world, sample("mailer-sqs"))
    assert deliver(world, sample("mailer-sqs")) == []
    assert len(world.sent()) == 1


def test_registration_reaches_the_mailer(world: World) -> None:
    serve("register", world.backend)(sample("post-register"))
    deliver(world, mails(*(json.dumps(mail) for mail in world.queued())))
    assert [mail.destinations["ToAddresses"] for mail in world.sent()] == [["ada@example.com"]]
