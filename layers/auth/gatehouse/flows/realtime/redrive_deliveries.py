"""Wake deliveries again that were given up."""

from gatehouse.backend.root import Backend
from gatehouse.stores import item_keys


def redrive_deliveries(backend: Backend) -> None:
    """Moves the wakes among the dead letters back to the delivery queue.

    A claim that nobody finishes would keep every later publication of its shard back, so no wake is
    given up for good. If this dies in between, a wake is sent twice, which changes nothing.
    """
    for wake, forget in backend.realtime.delivery_dead_letters.each():
        backend.realtime.delivery_queue.wake_again(wake, item_keys.channel_hash(wake.channel))
        forget()
