"""Secrets in AWS Secrets Manager."""

import pytest

from gatehouse.errors import Unavailable
from harness.moto_backend import MotoBackend
from tests.support.calls import broken


def test_secret_is_read_as_it_was_written(moto: MotoBackend) -> None:
    arn = moto.backend.settings.pepper_secret
    moto.backend.secrets.write(arn, "new")
    assert moto.backend.secrets.read(arn) == "new"


def test_missing_secret_has_no_default(moto: MotoBackend) -> None:
    with pytest.raises(Unavailable):
        moto.backend.secrets.read("arn:aws:secretsmanager:eu-central-1:123456789012:secret:none")


def test_secret_that_cannot_be_read_has_no_default(moto: MotoBackend) -> None:
    with broken("GetSecretValue"), pytest.raises(Unavailable):
        moto.backend.secrets.read(moto.backend.settings.pepper_secret)


def test_secret_stays_when_it_cannot_be_written(moto: MotoBackend) -> None:
    arn = moto.backend.settings.pepper_secret
    text = moto.backend.secrets.read(arn)
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        moto.backend.secrets.write(arn, "new")
    assert moto.backend.secrets.read(arn) == text
