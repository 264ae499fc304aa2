"""The published keys."""

import pytest

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from harness.moto_backend import START, MotoBackend, published
from tests.support.calls import before, recorded

OTHER = {"keys": [{"kid": "other"}]}


def forget(moto: MotoBackend) -> None:
    key = {"pk": {"S": "KEYRING"}, "sk": {"S": "PUBLIC"}}
    moto.dynamodb.delete_item(TableName="AccountsTable", Key=key)


def test_published_keys_are_read(moto: MotoBackend) -> None:
    assert moto.backend.keys.public_keys.read() == published()
    assert moto.backend.keys.public_keys.version() == START


def test_keys_that_were_never_published_are_unavailable(moto: MotoBackend) -> None:
    forget(moto)
    assert moto.backend.keys.public_keys.version() is None
    with pytest.raises(Unavailable):
        moto.backend.keys.public_keys.read()


def test_keys_replace_the_version_that_was_seen(moto: MotoBackend) -> None:
    moto.backend.keys.public_keys.publish(OTHER, previous=START, version=START + 1)
    assert moto.backend.keys.public_keys.read() == OTHER


@pytest.mark.parametrize("previous", [None, START - 1])
def test_keys_do_not_replace_another_version(moto: MotoBackend, previous: int | None) -> None:
    with pytest.raises(ConditionFailed):
        moto.backend.keys.public_keys.publish(OTHER, previous=previous, version=START + 1)
    assert moto.backend.keys.public_keys.read() == published()


def test_first_publication_loses_against_a_rival(moto: MotoBackend) -> None:
    forget(moto)
    keys = moto.backend.keys.public_keys

    def rival() -> None:
        keys.publish(published(), previous=None, version=START)

    with before("PutItem", rival), pytest.raises(ConditionFailed):
        keys.publish(OTHER, previous=None, version=START)
    assert keys.read() == published()


def test_read_asks_for_the_keys_only(moto: MotoBackend) -> None:
    with recorded() as calls:
        moto.backend.keys.public_keys.read()
    assert calls[0].params["ExpressionAttributeNames"] == {"#jwks": "jwks"}
