"""Identifiers, and email addresses as account names."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.identity import (
    MAX_ADDRESS,
    EmailAddress,
    is_id,
    known_address,
    mailbox,
    new_id,
    parse_address,
)
from tests.support.texts import (
    AMBIGUOUS_ADDRESSES,
    BROKEN_ADDRESSES,
    PASTED_ADDRESSES,
    USUAL_ADDRESSES,
)

LOCAL = st.from_regex(r"[A-Za-z0-9$&'*+^_{}~][A-Za-z0-9&'*+/=^_}~-]{0,19}", fullmatch=True)
LOCAL_OF_FORMER_VERSIONS = st.from_regex(r"[A-Za-z0-9!$%&'*+/=?^_`{}~-]{1,20}", fullmatch=True)
DOMAIN = st.from_regex(r"[A-Za-z0-9]{1,10}\.[A-Za-z]{2,4}", fullmatch=True)


def refused(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return True
    return False


# Identifiers.


def test_new_id_is_an_id() -> None:
    assert is_id(new_id())


def test_new_ids_are_different() -> None:
    assert len({new_id() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "text",
    ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 31 + "#", "0" * 32 + "\n", "\u0660" * 32],
)
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(text)


# Addresses of one mailbox, for counting.


@pytest.mark.parametrize(
    ("canonical", "name"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada+news@example.com", "ada@example.com"),
        ("ada+a+b@example.com", "ada@example.com"),
        ("ada+@example.com", "ada@example.com"),
        ("+ada@example.com", "+ada@example.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("a.d.a@gmail.com", "ada@gmail.com"),
        ("a.da@googlemail.com", "ada@gmail.com"),
        ("a.d.a+x.y@gmail.com", "ada@gmail.com"),
        ("a.da@mail.gmail.com", "a.da@mail.gmail.com"),
        ("ada@notgmail.com", "ada@notgmail.com"),
        ("ada-news@example.com", "ada-news@example.com"),
    ],
)
def test_mailbox_is_that_of_the_address_without_tags(canonical: str, name: str) -> None:
    assert mailbox(canonical) == name


@given(LOCAL, DOMAIN)
def test_mailbox_of_a_mailbox_is_itself(local: str, domain: str) -> None:
    once = mailbox(f"{local}@{domain}".lower())
    assert mailbox(once) == once


@pytest.mark.parametrize("alias", ["ada+news@example.com", "a.da@gmail.com"])
def test_alias_stays_an_account_of_its_own(alias: str) -> None:
    assert parse_address(alias) == EmailAddress(alias, alias)


# Addresses that name the same account.


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "ADA@example.com",
        "Ada@EXAMPLE.COM",
        " ada@example.com ",
        "aDa@Example.Com",
    ],
)
def test_case_variants_are_one_account(text: str) -> None:
    assert parse_address(text).canonical == "ada@example.com"


def test_address_is_kept_as_it_is_written() -> None:
    assert parse_address("Ada.L@Example.com") == EmailAddress(
        "Ada.L@example.com", "ada.l@example.com"
    )


@pytest.mark.parametrize(
    "text", ["ada@bücher.example", "ada@BÜCHER.example", "ada@bu\u0308cher.example"]
)
def test_international_domain_becomes_its_idna_form(text: str) -> None:
    assert parse_address(text).written == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ada@example.com", "a.da@example.com"),
        ("ada@example.com", "ada+x@example.com"),
        ("ada@example.com", "ada@mail.example.com"),
        ("ada@example.com", "ada@example.org"),
    ],
)
def test_other_addresses_are_other_accounts(one: str, two: str) -> None:
    assert parse_address(one).canonical != parse_address(two).canonical


@settings(max_examples=100, deadline=None)
@given(LOCAL, DOMAIN)
def test_canonical_address_is_its_own_canonical_address(local: str, domain: str) -> None:
    canonical = parse_address(f"{local}@{domain}").canonical
    assert parse_address(canonical) == EmailAddress(canonical, canonical)


@settings(max_examples=100, deadline=None)
@given(LOCAL, DOMAIN)
def test_upper_and_lower_case_are_one_account(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    assert parse_address(address.upper()).canonical == parse_address(address.lower()).canonical


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text("a@.#|\r\n ,é\u212a", max_size=12))
def test_any_text_is_refused_or_fit_for_keys_and_headers(text: str) -> None:
    if refused(text):
        return
    written = parse_address(text).written
    assert written.isascii()
    assert written.isprintable()
    assert not set(written) & set('#|,;:<>()[]"\\ ')
    assert written.count("@") == 1


# Addresses that would reach someone else.


@pytest.mark.parametrize(
    "text",
    [
        "\u212aim@example.com",
        "ad\u0131@example.com",
        "\u0130da@example.com",
        "\ufb01n@example.com",
        "\uff41da@example.com",
        "\u0430da@example.com",
        "ad\u00e1@example.com",
        "ada\u200b@example.com",
        "ada\u00ad@example.com",
    ],
    ids=[
        "kelvin sign",
        "dotless i",
        "dotted i",
        "ligature",
        "full width",
        "homoglyph",
        "accent",
        "zero width",
        "soft hyphen",
    ],
)
def test_local_part_that_normalises_to_another_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("text", ["ada@ex\u0430mple.com", "ada@examp\u0131e.com"])
def test_homoglyph_in_the_domain_is_another_domain(text: str) -> None:
    assert parse_address(text).written.startswith("ada@xn--")


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com\r\nBcc: eve@evil.example",
        "ada\r\n@example.com",
        "ada@example.com\n, eve@evil.example",
        "ada@example.com, eve@evil.example",
        "ada@example.com;eve@evil.example",
        "ada@example.com eve@evil.example",
        "Ada <ada@example.com>",
        "ada@example.com@evil.example",
        "ada%00@example.com\0",
        "ada@example.com\teve@evil.example",
    ],
)
def test_second_recipient_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text", ["a#b@example.com", "a|b@example.com", "#@example.com", "a@b#c.com"]
)
def test_separator_of_keys_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@.com",
        "ada@example..com",
        "ada@example.com.",
        "ada@-example.com",
        "ada@example-.com",
        "ada@exa_mple.com",
        "ada@[192.0.2.1]",
        '"ada"@example.com',
        "ada(x)@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ada@ü..example",
        "ada@" + "a" * 64 + ".com",
        "ada@" + "ü" * 64 + ".com",
    ],
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    assert refused(text)


# Addresses as they are pasted.


@pytest.mark.parametrize("text", PASTED_ADDRESSES, ids=ascii)
@pytest.mark.parametrize("parse", [parse_address, known_address])
def test_what_mail_programs_paste_around_an_address_is_dropped(
    parse: Callable[[str], EmailAddress], text: str
) -> None:
    assert parse(text) == EmailAddress("ada@example.com", "ada@example.com")


@pytest.mark.parametrize(("text", "explanation"), BROKEN_ADDRESSES.items(), ids=ascii)
@pytest.mark.parametrize("parse", [parse_address, known_address])
def test_text_that_is_no_address_is_explained(
    parse: Callable[[str], EmailAddress], text: str, explanation: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(text)
    assert str(refusal.value) == explanation


# Addresses that mail systems may read in another way.


@pytest.mark.parametrize("text", USUAL_ADDRESSES)
def test_usual_address_is_accepted(text: str) -> None:
    assert parse_address(text) == known_address(text)


@pytest.mark.parametrize(("text", "explanation"), AMBIGUOUS_ADDRESSES.items())
def test_ambiguous_address_is_refused_with_the_reason(text: str, explanation: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_address(text)
    assert str(refusal.value) == explanation


@pytest.mark.parametrize("text", AMBIGUOUS_ADDRESSES)
def test_account_with_an_ambiguous_address_is_still_found(text: str) -> None:
    address = known_address(text)
    assert known_address(address.written) == address


@settings(max_examples=300, deadline=None)
@given(
    LOCAL_OF_FORMER_VERSIONS, st.from_regex(r"([a-z0-9]{1,9}\.){1,3}[a-z0-9]{1,9}", fullmatch=True)
)
def test_every_address_that_was_ever_accepted_keeps_its_account(local: str, host: str) -> None:
    stored = EmailAddress(f"{local}@{host}", f"{local.lower()}@{host}")
    assert known_address(stored.written) == stored


# Lengths.


def _labels(length: int) -> str:
    text = ("a" * 49 + ".") * (length // 50 + 1)
    return text[: length - 3].rstrip(".").ljust(length - 3, "a") + ".io"


def test_address_of_254_characters_is_accepted() -> None:
    address = "a" * 64 + "@" + _labels(MAX_ADDRESS - 65)
    assert len(parse_address(address).written) == MAX_ADDRESS


def test_address_of_255_characters_is_refused() -> None:
    assert refused("a" * 64 + "@" + _labels(MAX_ADDRESS - 64))


def test_local_part_of_65_characters_is_refused() -> None:
    assert refused("a" * 65 + "@example.com")


def test_address_that_is_too_long_in_its_idna_form_is_refused() -> None:
    assert refused("a" * 64 + "@" + "é." * 30 + "com")


@pytest.mark.parametrize("text", ["a" * 10**6, "a." * 10**5 + "@example.com", "a@" + "b." * 10**5])
def test_very_long_address_is_refused(text: str) -> None:
    assert refused(text)


def test_sharp_s_in_a_domain_is_not_taken_for_ss() -> None:
    assert parse_address("ada@faß.example").canonical == "ada@xn--fa-hia.example"
