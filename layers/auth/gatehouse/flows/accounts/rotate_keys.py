"""Create the key ring, and rotate it."""

import logging

from gatehouse.aws import ConditionFailed
from gatehouse.backend.root import Backend
from gatehouse.keyring import PrivateRing, new_key, new_ring

LEAST_INTERVAL = 86_400
"""Minimum seconds between two rotations. A schedule may fire twice, and a key that signs before
clients could fetch it would fail for every client that caches the published set."""

ROTATION_TIME = 60
"""Seconds that a rotation can take: the function's timeout. A set that is newer than the ring and
was published less than this time ago belongs to a rotation in progress."""

log = logging.getLogger(__name__)


def ensure_keys(backend: Backend) -> None:
    """Creates the ring if the deployment has none, and publishes it if that was not done yet.

    Safe to repeat: an existing ring is never replaced.
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
    """Makes the next key sign, keeps the previous one published, and publishes a new next key.

    Does nothing within a day of the last rotation, or while another one is in progress.
    """
    now = backend.clock.now()
    # Read before the ring, so that this rotation fails if another one publishes in between.
    published = backend.keys.public_keys.version()
    ring = backend.keys.private_ring()
    if now - ring.rotated_at < LEAST_INTERVAL:
        log.info("the key ring was rotated recently")
        return
    if published is not None and published > ring.rotated_at and now - published < ROTATION_TIME:
        log.info("another rotation of the key ring is in progress")
        return
    try:
        _take_into_use(backend, ring.rotated(new_key(), now), published)
    except ConditionFailed:
        log.info("another rotation of the key ring is in progress")


def _take_into_use(backend: Backend, ring: PrivateRing, published: int | None) -> None:
    # Publish first: a token signed with an unpublished key would be refused everywhere. If the
    # second write fails, the published set has one key too many, but still every key in use.
    backend.keys.public_keys.publish(ring.public(), previous=published, version=ring.rotated_at)
    backend.secrets.write(backend.settings.require("signing_secret"), ring.to_secret())
    log.info("a new key ring is in use", extra={"kid": ring.current.kid})
