"""Links and codes: the part that is sent, and the part that is stored."""

import pytest

from gatehouse.flows.accounts.address_code import code_to_mail
from gatehouse.flows.accounts.prove_address import ANY, Proof, new_link, proof_again, proof_for
from gatehouse.identity import new_id, parse_address
from gatehouse.stores import links
from gatehouse.stores.registrations import Registration
from harness.moto_backend import PUBLIC_URL, START, MotoBackend
from tests.support.people import token_in

EMAIL = "ada@example.com"


def registration(email: str = EMAIL) -> Registration:
    return Registration(
        id=new_id(), address=parse_address(email), password_hash="h", name=None, created_at=START
    )


def shape(proof: Proof) -> tuple[str, list[str]]:
    """Returns the write of a proof, as its kind and attribute names."""
    ((kind, part),) = proof.link.items()
    return kind, sorted(part["Item"])


def subject_of(moto: MotoBackend, proof: Proof) -> object:
    """Returns the subject of the link in a proof's mail."""
    moto.backend.accounts.transact(proof.link)
    link_hash = links.token_hash(token_in(proof.message.to_json()))
    return moto.backend.accounts.links.find(link_hash, links.VERIFY, START).subject


def test_link_means_something_for_an_hour(moto: MotoBackend) -> None:
    token, write = new_link(moto.backend, links.RESET, {"user_id": "u1"})
    moto.backend.accounts.transact(write)
    link = moto.backend.accounts.links.find(links.token_hash(token), links.RESET, START)
    assert (link.subject, link.ends_at) == ({"user_id": "u1"}, START + 3600)


def test_token_is_not_kept(moto: MotoBackend) -> None:
    token, write = new_link(moto.backend, links.RESET, {})
    assert token not in str(write)


def test_mail_carries_a_link_of_the_registration(moto: MotoBackend) -> None:
    waiting = registration()
    subject = subject_of(moto, proof_for(moto.backend, waiting))
    assert subject == {"canonical": EMAIL, "registration": waiting.id}


def test_mail_carries_the_code_of_the_address(moto: MotoBackend) -> None:
    codes = {proof_for(moto.backend, registration()).message.values["code"] for _ in range(3)}
    assert codes == {code_to_mail(moto.backend, parse_address(EMAIL))}


def test_link_leads_to_the_configured_host(moto: MotoBackend) -> None:
    message = proof_for(moto.backend, registration()).message
    assert message.values["link"].startswith(f"{PUBLIC_URL}/app#verify=")


def test_owner_of_an_account_is_told_so_without_a_link(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    proof = proof_for(moto.backend, registration())
    assert proof.message.template == "already_registered"
    assert proof.message.values == {}


def test_owner_is_told_at_the_stored_spelling_of_the_address(moto: MotoBackend) -> None:
    moto.user("Ada@example.com")
    assert proof_for(moto.backend, registration("aDA@example.com")).message.to == "Ada@example.com"


def test_writes_look_the_same_for_known_and_unknown_addresses(moto: MotoBackend) -> None:
    unknown = shape(proof_for(moto.backend, registration()))
    moto.user(EMAIL)
    assert shape(proof_for(moto.backend, registration())) == unknown


def wait(moto: MotoBackend, waiting: Registration) -> Registration:
    moto.backend.accounts.transact(moto.backend.accounts.registrations.adding(waiting))
    return waiting


def test_link_that_is_sent_again_is_for_any_registration_of_the_address(moto: MotoBackend) -> None:
    waiting = wait(moto, registration())
    subject = subject_of(moto, proof_again(moto.backend, waiting.address))
    # A process of the former version reads the first two.
    assert subject == {"canonical": EMAIL, "registration": waiting.id, ANY: "yes"}


def test_code_that_is_sent_again_is_the_same(moto: MotoBackend) -> None:
    waiting = wait(moto, registration())
    first = proof_for(moto.backend, waiting).message.values["code"]
    assert proof_again(moto.backend, waiting.address).message.values["code"] == first


@pytest.mark.parametrize("known", [True, False])
def test_proof_of_nothing_proves_nothing(moto: MotoBackend, known: bool) -> None:
    if known:
        wait(moto, registration())
        moto.user(EMAIL)
    proof = proof_again(moto.backend, parse_address(EMAIL))
    moto.backend.accounts.transact(proof.link)
    purposes = {item["purpose"]["S"] for item in moto.accounts() if "purpose" in item}
    assert purposes == {links.NOTHING}
    assert proof.message.template == "nothing"


def test_proof_of_nothing_looks_like_one_of_a_registration(moto: MotoBackend) -> None:
    nothing = shape(proof_again(moto.backend, parse_address(EMAIL)))
    assert nothing == shape(proof_again(moto.backend, wait(moto, registration()).address))
