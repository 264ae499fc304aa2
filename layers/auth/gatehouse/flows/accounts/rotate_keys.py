"""Make the key ring, and rotate it."""

import logging

from gatehouse.aws import ConditionFailed
from gatehouse.backend.root import Backend
from gatehouse.keyring import PrivateRing, new_key, new_ring

LEAST_INTERVAL = 86_400
"""Seconds between two rotations. A schedule may fire twice; a key that is taken into use before
others could read it would fail with everybody who keeps the published set."""

ROTATION_TIME = 60
"""Seconds that a rotation can take: the function's timeout. A set that was published a shorter time
ago than that, and is newer than the ring, belongs to a rotation that is under way."""

log = logging.getLogger(__name__)


def ensure_keys(backend: Backend) -> None:
    """Makes the ring if the deployment has none, and sees to it that it is published.

    Safe to repeat: a ring that exists is never replaced.
    """
    secret = backend.secrets.read(backend.settings.require("signing_secret"))
    published = backend.keys.public_keys.version()
    if PrivateRing.is_in(secret):
        ring = PrivateRing.from_secret(secret)
        if published is None:
            backend.keys.public_keys.publish(
                ring.public(), previous=published, version=ring.rotated_at
            )
        return
    _take_into_use(backend, new_ring(backend.clock.now()), published)


def rotate_keys(backend: Backend) -> None:
    """Lets the next key sign, keeps the former one published, and publishes another to come.

    Does nothing within a day of the last rotation, or beside another one.
    """
    now = backend.clock.now()
    # Read before the ring: a rotation meanwhile publishes another version, and this one fails.
    published = backend.keys.public_keys.version()
    ring = backend.keys.private_ring()
    if now - ring.rotated_at < LEAST_INTERVAL:
        log.info("the key ring was rotated a short while ago")
        return
    if published is not None and published > ring.rotated_at and now - published < ROTATION_TIME:
        log.info("the key ring is being rotated by another")
        return
    try:
        _take_into_use(backend, ring.rotated(new_key(), now), published)
    except ConditionFailed:
        log.info("the key ring is being rotated by another")


def _take_into_use(backend: Backend, ring: PrivateRing, published: int | None) -> None:
    # Published first: what a key signs that nobody knows would be refused everywhere. Should the
    # second write fail, the published set has a key too many, and every key that is in use.
    backend.keys.public_keys.publish(ring.public(), previous=published, version=ring.rotated_at)
    backend.secrets.write(backend.settings.require("signing_secret"), ring.to_secret())
    log.info("the key ring was rotated", extra={"kid": ring.current.kid})
