"""Rate limits: their counters, and that an attacker cannot lock an owner out."""

from dataclasses import replace

import pytest

from gatehouse import limits
from gatehouse.errors import TooManyRequests, Unavailable
from gatehouse.identity import Device
from gatehouse.limits import Limit, Rate
from gatehouse.stores.users import User
from harness.moto_backend import START, MotoBackend, moto_backend
from harness.tables import items
from tests.support.calls import broken, recorded

ACCOUNT = "ada@example.com"
ADA, EVE = (
    User(id=digit * 32, email=email, name=None, password_hash="h", created_at=START)
    for digit, email in (("a", ACCOUNT), ("e", "eve@example.com"))
)
BY_ADDRESS = Limit(name="a", per_address=Rate(2, 60))
BY_ACCOUNT = Limit(name="b", per_account=Rate(2, 300))
BY_PAIR = Limit(name="e", per_account=Rate(3, 300), per_pair=Rate(2, 300))
BY_SESSION = Limit(name="f", per_session=Rate(2, 60))
BY_ALL = Limit(name="c", for_everybody=Rate(2 * limits.SHARDS, 60))


def allowed(
    moto: MotoBackend,
    limit: Limit,
    address: str = "192.0.2.1",
    account: str | None = ACCOUNT,
    session_id: str = "",
) -> bool:
    device = Device(address, "UA")
    try:
        limits.count(moto.backend, limit, device, account, session_id=session_id)
    except TooManyRequests:
        return False
    return True


def trust(moto: MotoBackend, address: str, user: User = ADA) -> None:
    limits.trust(moto.backend, user, Device(address))


def use_up(moto: MotoBackend, limit: Limit, address: str = "192.0.2.1") -> None:
    assert [allowed(moto, limit, address) for _ in range(3)] == [True, True, False]


# By client address.


def test_client_address_is_limited(moto: MotoBackend) -> None:
    use_up(moto, BY_ADDRESS)
    assert allowed(moto, BY_ADDRESS, "192.0.2.2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("", "not an address"),
    ],
)
def test_addresses_of_one_subscriber_share_a_limit(moto: MotoBackend, one: str, other: str) -> None:
    use_up(moto, BY_ADDRESS, one)
    assert not allowed(moto, BY_ADDRESS, other)


def test_next_network_has_a_limit_of_its_own(moto: MotoBackend) -> None:
    use_up(moto, BY_ADDRESS, "2001:db8::1")
    assert allowed(moto, BY_ADDRESS, "2001:db8:0:1::1")


def test_next_window_begins_anew(moto: MotoBackend) -> None:
    use_up(moto, BY_ADDRESS)
    moto.clock.advance(60)
    assert allowed(moto, BY_ADDRESS)


@pytest.mark.parametrize(("passed", "wait"), [(0, 300), (1, 299), (299, 1)])
def test_refusal_says_when_to_come_again(moto: MotoBackend, passed: int, wait: int) -> None:
    moto.clock.advance(passed)
    use_up(moto, BY_ACCOUNT)
    with pytest.raises(TooManyRequests) as refused:
        limits.count(moto.backend, BY_ACCOUNT, Device("192.0.2.1"), ACCOUNT)
    assert refused.value.retry_after == wait


# By account.


def test_account_is_limited_from_wherever_the_tries_come(moto: MotoBackend) -> None:
    tries = [allowed(moto, BY_ACCOUNT, f"192.0.2.{n}") for n in range(4)]
    assert tries == [True, True, False, False]


def test_other_account_has_a_limit_of_its_own(moto: MotoBackend) -> None:
    use_up(moto, BY_ACCOUNT)
    assert allowed(moto, BY_ACCOUNT, account="eve@example.com")


def test_request_about_no_account_is_not_counted_by_account(moto: MotoBackend) -> None:
    assert all(allowed(moto, BY_ACCOUNT, account=None) for _ in range(5))


def test_owner_is_not_locked_out_by_strangers(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7")
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert allowed(moto, BY_ACCOUNT, "198.51.100.7")


def test_trusted_client_address_is_limited_too(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7")
    use_up(moto, BY_ACCOUNT, "198.51.100.7")


def test_client_address_is_trusted_for_the_one_account(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7", EVE)
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")


@pytest.mark.parametrize(
    ("address", "account", "same"),
    [
        ("2001:db8:1:2::1", ACCOUNT, True),
        ("2001:db8:1:3::1", ACCOUNT, False),
        ("2001:db8:1:2::1", "eve@example.com", False),
    ],
)
def test_place_is_a_network_for_one_account(
    moto: MotoBackend, address: str, account: str, same: bool
) -> None:
    first = limits.place_of(moto.backend, Device("2001:db8:1:2:3::4"), ACCOUNT)
    assert (limits.place_of(moto.backend, Device(address), account) == first) is same
    assert "2001" not in first


def test_trust_ends(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7")
    moto.clock.advance(limits.TRUST)
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")


def test_trust_clears_no_counter(moto: MotoBackend) -> None:
    use_up(moto, BY_ACCOUNT)
    trust(moto, "198.51.100.7")
    assert not allowed(moto, BY_ACCOUNT, "203.0.113.1")


def again(moto: MotoBackend, user: User = ADA) -> User:
    """Changes a password at another address. Returns the user as it is then."""
    only = limits.trusting_only(moto.backend, user, Device("192.0.2.99"))
    moto.backend.accounts.transact(only)
    return replace(user, token_epoch=user.token_epoch + 1)


def test_new_password_forgets_every_client_address_but_its_own(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7")
    again(moto)
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")
    assert allowed(moto, BY_ACCOUNT, "192.0.2.99")


def test_sign_in_with_the_former_password_makes_no_address_trusted(moto: MotoBackend) -> None:
    again(moto)
    trust(moto, "198.51.100.7", ADA)
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")


def test_sign_in_with_the_new_password_is_trusted_beside_the_place_of_the_reset(
    moto: MotoBackend,
) -> None:
    trust(moto, "198.51.100.7", again(moto))
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert [allowed(moto, BY_ACCOUNT, each) for each in ("198.51.100.7", "192.0.2.99")] == [
        True,
        True,
    ]


def test_epoch_that_began_without_an_address_ends_the_trust_at_the_next_sign_in(
    moto: MotoBackend,
) -> None:
    trust(moto, "198.51.100.7")
    trust(moto, "192.0.2.99", replace(ADA, token_epoch=3))
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")
    assert allowed(moto, BY_ACCOUNT, "192.0.2.99")


def test_next_owner_of_an_address_inherits_no_trust(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7", again(moto))
    trust(moto, "192.0.2.50", replace(ADA, id="b" * 32))
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")
    assert allowed(moto, BY_ACCOUNT, "192.0.2.50")


def test_mark_of_the_former_version_trusts_nobody(moto: MotoBackend) -> None:
    subject = limits._hash(moto.backend, "trust", ACCOUNT, "198.51.100.7")
    mark = {"pk": f"LIMIT#mark#{subject}", "sk": "LIMIT", "ends_at": START + limits.TRUST}
    moto.backend.accounts.table.put(mark)
    use_up(moto, BY_ACCOUNT, "203.0.113.1")
    assert not allowed(moto, BY_ACCOUNT, "198.51.100.7")


def test_question_of_trust_is_one_read_for_known_and_unknown(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7")
    for account in (ACCOUNT, "nobody@example.com"):
        with recorded() as calls:
            allowed(moto, BY_ACCOUNT, account=account)
        assert [call.operation for call in calls] == ["GetItem", "UpdateItem"]


def test_session_has_a_limit_of_its_own(moto: MotoBackend) -> None:
    tries = [allowed(moto, BY_ACCOUNT, session_id="stolen") for _ in range(3)]
    assert tries == [True, True, False]
    assert allowed(moto, BY_ACCOUNT, session_id="new")


def test_use_of_a_session_is_limited_from_wherever_it_comes(moto: MotoBackend) -> None:
    uses = [
        allowed(moto, BY_SESSION, f"192.0.2.{n}", account=None, session_id="s1") for n in range(3)
    ]
    assert uses == [True, True, False]


def test_other_session_has_a_limit_of_its_own(moto: MotoBackend) -> None:
    for _ in range(3):
        allowed(moto, BY_SESSION, account=None, session_id="s1")
    assert allowed(moto, BY_SESSION, account=None, session_id="s2")


def test_use_of_a_session_is_counted_without_a_secret(moto: MotoBackend) -> None:
    with recorded() as calls:
        allowed(moto, BY_SESSION, account=None, session_id="s1")
    assert [call.operation for call in calls] == ["UpdateItem"]


def test_session_is_limited_from_wherever_the_tries_come(moto: MotoBackend) -> None:
    tries = [allowed(moto, BY_ACCOUNT, f"192.0.2.{n}", session_id="stolen") for n in range(3)]
    assert tries == [True, True, False]


def test_trusted_client_address_has_a_limit_of_its_own_in_the_same_session(
    moto: MotoBackend,
) -> None:
    trust(moto, "198.51.100.7")
    for n in range(3):
        allowed(moto, BY_ACCOUNT, f"192.0.2.{n}", session_id="stolen")
    tries = [allowed(moto, BY_ACCOUNT, "198.51.100.7", session_id="stolen") for _ in range(3)]
    assert tries == [True, True, False]


def test_one_stranger_does_not_use_up_the_rate_of_an_account(moto: MotoBackend) -> None:
    use_up(moto, BY_PAIR)
    assert allowed(moto, BY_PAIR, "192.0.2.2")
    assert not allowed(moto, BY_PAIR, "192.0.2.3")


# By session.


BY_TOKEN = Limit(name="s", per_address=Rate(1, 60), per_token=Rate(2, 60))


def test_forged_tokens_use_nothing_up_of_genuine_ones(moto: MotoBackend) -> None:
    assert [allowed(moto, BY_TOKEN) for _ in range(2)] == [True, False]
    tries = [allowed(moto, BY_TOKEN, session_id="mine") for _ in range(3)]
    assert tries == [True, True, False]


def test_genuine_tokens_use_nothing_up_of_forged_ones(moto: MotoBackend) -> None:
    for _ in range(3):
        allowed(moto, BY_TOKEN, session_id="mine")
    assert allowed(moto, BY_TOKEN)


def test_session_uses_nothing_up_of_another_at_the_same_client_address(moto: MotoBackend) -> None:
    for _ in range(3):
        allowed(moto, BY_TOKEN, session_id="of a neighbor")
    assert allowed(moto, BY_TOKEN, session_id="mine")


def test_thief_of_a_session_elsewhere_uses_nothing_up_of_its_owner(moto: MotoBackend) -> None:
    for _ in range(3):
        allowed(moto, BY_TOKEN, "198.51.100.7", session_id="mine")
    assert allowed(moto, BY_TOKEN, "192.0.2.1", session_id="mine")


# All clients together.


def test_everybody_together_is_limited(moto: MotoBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 3)
    assert [allowed(moto, BY_ALL, f"192.0.2.{n}") for n in range(3)] == [True, True, False]


def test_counter_of_everybody_is_spread(moto: MotoBackend) -> None:
    for number in range(64):
        allowed(moto, BY_ALL, f"192.0.2.{number}")
    keys = {item["pk"]["S"] for item in items(moto.dynamodb, "AccountsTable") if "count" in item}
    assert 1 < len(keys) <= limits.SHARDS


# One mailbox, however its address is written.

BY_MAILBOX = Limit(name="f", per_mailbox=Rate(4, 300))
OTHER_BY_MAILBOX = Limit(name="g", per_mailbox=Rate(4, 300))


def test_aliases_of_a_mailbox_share_a_limit(moto: MotoBackend) -> None:
    tries = [allowed(moto, BY_MAILBOX, account=f"ada+{n}@example.com") for n in range(5)]
    assert tries == [True] * 4 + [False]
    assert not allowed(moto, BY_MAILBOX)
    assert allowed(moto, BY_MAILBOX, account="eve@example.com")


def test_mailbox_is_limited_from_wherever_the_requests_come(moto: MotoBackend) -> None:
    tries = [allowed(moto, BY_MAILBOX, f"192.0.2.{n}") for n in range(5)]
    assert tries == [True] * 4 + [False]


def test_limits_together_are_limited_by_mailbox(moto: MotoBackend) -> None:
    tries = [allowed(moto, (BY_MAILBOX, OTHER_BY_MAILBOX)[n % 2]) for n in range(5)]
    assert tries == [True] * 4 + [False]


def test_strangers_leave_the_owner_a_part_of_the_mailbox(moto: MotoBackend) -> None:
    trust(moto, "198.51.100.7")
    for _ in range(5):
        allowed(moto, BY_MAILBOX, "203.0.113.1")
    assert allowed(moto, BY_MAILBOX, "198.51.100.7")


def test_all_addresses_of_the_owner_share_half_of_the_rate(moto: MotoBackend) -> None:
    homes = [f"198.51.100.{n}" for n in range(3)]
    for home in homes:
        trust(moto, home)
    assert [allowed(moto, BY_MAILBOX, home) for home in homes] == [True, True, False]


# What is stored.


def test_counters_tell_neither_addresses_nor_accounts(moto: MotoBackend) -> None:
    allowed(moto, limits.LOG_IN)
    trust(moto, "192.0.2.1")
    text = str(items(moto.dynamodb, "AccountsTable"))
    assert not [part for part in ("192.0.2", "ada@", "example.com") if part in text]


def test_counter_is_cleaned_away_after_its_window(moto: MotoBackend) -> None:
    allowed(moto, BY_ADDRESS)
    (item,) = (each for each in items(moto.dynamodb, "AccountsTable") if "count" in each)
    assert int(item["ttl"]["N"]) == START + 120


def test_two_deployments_count_under_different_names(moto: MotoBackend) -> None:
    key = moto.backend.keys.derived_key("limits")
    assert key != moto.backend.keys.derived_key("cursors")


@pytest.mark.parametrize("operation", ["UpdateItem", "GetItem"])
def test_limit_that_cannot_be_read_refuses(moto: MotoBackend, operation: str) -> None:
    with broken(operation), pytest.raises(Unavailable):
        limits.count(moto.backend, limits.LOG_IN, Device("192.0.2.1"), ACCOUNT)


def test_rates_are_multiplied_by_the_factor() -> None:
    with moto_backend(limit_factor=2) as moto:
        tries = [allowed(moto, BY_ADDRESS) for _ in range(5)]
    assert tries == [True] * 4 + [False]


def test_refused_rate_costs_no_further_counting(moto: MotoBackend) -> None:
    both = Limit(name="d", per_address=Rate(1, 60), per_account=Rate(5, 60))
    allowed(moto, both)
    with recorded() as calls:
        allowed(moto, both)
    assert [call.operation for call in calls] == ["UpdateItem"]


# The rates.


@pytest.mark.parametrize(
    ("limit", "per_address", "per_account", "per_pair"),
    [
        (limits.LOG_IN, Rate(30, 60), Rate(10, 300), None),
        (limits.REGISTER, Rate(20, 60), None, Rate(5, 3600)),
        (limits.VERIFY, Rate(30, 60), Rate(20, 86_400), Rate(10, 86_400)),
        (limits.ASK_FOR_MAIL, Rate(20, 60), Rate(5, 3600), None),
        (limits.USE_LINK, Rate(30, 60), None, None),
        (limits.REFRESH, Rate(300, 60), None, None),
        (limits.CONFIRM_PASSWORD, Rate(30, 60), Rate(10, 3600), None),
        (limits.USE_SESSION, None, None, None),
    ],
    ids=lambda value: value.name if isinstance(value, Limit) else "",
)
def test_rates_are_those_of_the_documents(
    limit: Limit, per_address: Rate | None, per_account: Rate | None, per_pair: Rate | None
) -> None:
    rates = (limit.per_address, limit.per_account, limit.per_pair)
    assert rates == (per_address, per_account, per_pair)


def test_only_uses_of_refresh_tokens_are_counted_by_session() -> None:
    rates = {each.name: each.per_token for each in vars(limits).values() if type(each) is Limit}
    assert {name: rate for name, rate in rates.items() if rate} == {"refresh": Rate(60, 60)}


def test_limits_of_mails_on_request_share_the_rate_of_a_mailbox() -> None:
    every = [each for each in vars(limits).values() if isinstance(each, Limit)]
    sharing = {each.name for each in every if each.per_mailbox}
    assert sharing == {"register", "mail"}
    assert {each.per_mailbox for each in every} == {None, Rate(10, 3600)}


def test_limits_have_names_of_their_own() -> None:
    names = [each.name for each in vars(limits).values() if isinstance(each, Limit)]
    assert sorted(set(names)) == sorted(names)
