"""Secrets."""

import pytest

from gatehouse.errors import Unavailable
from tests.support.calls import broken
from tests.support.world import World


def test_secret_is_read_as_it_was_written(world: World) -> None:
    arn = world.backend.settings.pepper_secret
    world.backend.secrets.write(arn, "new")
    assert world.backend.secrets.read(arn) == "new"


def test_missing_secret_has_no_default(world: World) -> None:
    with pytest.raises(Unavailable):
        world.backend.secrets.read("arn:aws:secretsmanager:eu-central-1:123456789012:secret:none")


def test_secret_that_cannot_be_read_has_no_default(world: World) -> None:
    with broken("GetSecretValue"), pytest.raises(Unavailable):
        world.backend.secrets.read(world.backend.settings.pepper_secret)


def test_secret_stays_when_it_cannot_be_written(world: World) -> None:
    arn = world.backend.settings.pepper_secret
    text = world.backend.secrets.read(arn)
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        world.backend.secrets.write(arn, "new")
    assert world.backend.secrets.read(arn) == text
