"""The published keys."""

import pytest

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from tests.support.calls import before, recorded
from tests.support.world import START, World, published

OTHER = {"keys": [{"kid": "other"}]}


def forget(world: World) -> None:
    key = {"pk": {"S": "KEYRING"}, "sk": {"S": "PUBLIC"}}
    world.dynamodb.delete_item(TableName="AccountsTable", Key=key)


def test_published_keys_are_read(world: World) -> None:
    assert world.backend.keys.public_keys.read() == published()
    assert world.backend.keys.public_keys.version() == START


def test_keys_that_were_never_published_are_unavailable(world: World) -> None:
    forget(world)
    assert world.backend.keys.public_keys.version() is None
    with pytest.raises(Unavailable):
        world.backend.keys.public_keys.read()


def test_keys_replace_the_version_that_was_seen(world: World) -> None:
    world.backend.keys.public_keys.publish(OTHER, previous=START, version=START + 1)
    assert world.backend.keys.public_keys.read() == OTHER


@pytest.mark.parametrize("seen", [None, START - 1])
def test_keys_do_not_replace_another_version(world: World, seen: int | None) -> None:
    with pytest.raises(ConditionFailed):
        world.backend.keys.public_keys.publish(OTHER, previous=seen, version=START + 1)
    assert world.backend.keys.public_keys.read() == published()


def test_first_publication_loses_against_a_rival(world: World) -> None:
    forget(world)
    keys = world.backend.keys.public_keys

    def rival() -> None:
        keys.publish(published(), previous=None, version=START)

    with before("PutItem", rival), pytest.raises(ConditionFailed):
        keys.publish(OTHER, previous=None, version=START)
    assert keys.read() == published()


def test_read_asks_for_the_keys_only(world: World) -> None:
    with recorded() as calls:
        world.backend.keys.public_keys.read()
    assert calls[0].params["ExpressionAttributeNames"] == {"#jwks": "jwks"}
