"""Every key of both tables. No other module builds one.

``#`` separates the parts of a key, so no part may contain it. Identifiers are hexadecimal,
addresses have passed ``identity.parse_address``, channels are hashed, and any other text that
contains it is refused here.
"""

import hashlib

from gatehouse.identity import is_id
from gatehouse.stores.table import Key

# The accounts table.


def user(user_id: str) -> Key:
    return _key(f"USER#{_part(user_id)}", "PROFILE")


def email(canonical: str) -> Key:
    return _key(f"EMAIL#{_part(canonical)}", "EMAIL")


def session(user_id: str, session_id: str) -> Key:
    return _key(f"USER#{_part(user_id)}", f"SESSION#{_part(session_id)}")


def email_change(user_id: str) -> Key:
    return _key(f"USER#{_part(user_id)}", "EMAILCHANGE")


def event(user_id: str, event_id: str) -> Key:
    return _key(f"USER#{_part(user_id)}", f"EVENT#{_part(event_id)}")


def registration(canonical: str, registration_id: str) -> Key:
    return _key(f"EMAIL#{_part(canonical)}", f"{registration_prefix()}{_part(registration_id)}")


def registration_prefix() -> str:
    """Returns how the sort key of every registration begins."""
    return "PENDING#"


def link(link_hash: str) -> Key:
    return _key(f"LINK#{_part(link_hash)}", "LINK")


def code(address_hash: str) -> Key:
    return _key(f"CODE#{_part(address_hash)}", "CODE")


def counter(name: str, subject: str, window: int) -> Key:
    return _key(f"LIMIT#{_part(name)}#{_part(subject)}#{window}", "LIMIT")


def trusted_networks(subject: str) -> Key:
    return _key(f"LIMIT#mark#{_part(subject)}", "LIMIT")


def removal(user_id: str) -> Key:
    return _key("REMOVALS", f"USER#{_part(user_id)}")


def sweep(sweep_id: str) -> Key:
    return _key("SWEEPS", f"SWEEP#{_part(sweep_id)}")


def public_keys() -> Key:
    return _key("KEYRING", "PUBLIC")


def outbox_mail(key: str) -> Key:
    return _key("OUTBOX", f"MAIL#{_part(key)}")


def delivered_mail(key: str) -> Key:
    return _key(f"MAIL#{_part(key)}", "MAIL")


# The realtime table.


def connection(connection_id: str) -> Key:
    return _key(f"CONN#{_part(connection_id)}", "CONN")


def connection_id(key: Key) -> str:
    """Returns the connection ID in a key that ``connection`` built."""
    return key["pk"].removeprefix("CONN#")


def connection_of_user(user_id: str, connection_id: str) -> Key:
    # An app that issues its own tokens may name its users with any text.
    name = user_id if is_id(user_id) else f"~{_hash(user_id)}"
    return _key(f"USER#{name}", f"CONN#{_part(connection_id)}")


def stream(channel: str) -> Key:
    return _key(f"CHANNEL#{channel_hash(channel)}", "STREAM")


def cursor(channel: str, shard: int) -> Key:
    return _key(f"CHANNEL#{channel_hash(channel)}", f"CURSOR#{shard}")


# Publications and members have separate partitions: each takes 1,000 writes a second.


def publication(channel: str, offset: int) -> Key:
    # Padded to the number of digits of 2**53, so that text order is numeric order.
    return _key(f"LOG#{channel_hash(channel)}", f"{offset:016d}")


def member(channel: str, shard: int, connection_id: str) -> Key:
    return _key(f"MEMBERS#{channel_hash(channel)}#{shard}", _part(connection_id))


def channel_hash(channel: str) -> str:
    """Returns the hash that replaces a channel's name in keys and message groups.

    The name itself is free text.
    """
    return _hash(channel)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _key(pk: str, sk: str) -> Key:
    return {"pk": pk, "sk": sk}


def _part(text: str) -> str:
    if not text or "#" in text:
        raise ValueError("a part of a key is empty or contains the separator")
    return text
