"""Ring again for what the pump gave up."""

from gatehouse.backend import Backend
from gatehouse.stores import item_keys


def ring_again(backend: Backend) -> None:
    """Hands the dead bells to the pump once more.

    A claim that nobody finishes would keep every later publication of its shard back, so no bell is
    given up for good. One that dies in between is rung twice, which changes nothing.
    """
    for bell, forget in backend.dead_bells.each():
        backend.doorbell.ring_again(bell, item_keys.channel_hash(bell.channel))
        forget()
