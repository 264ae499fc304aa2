"""Links and codes: the part that is sent, and the part that is stored."""

from gatehouse.flows.accounts import prove_address
from gatehouse.flows.accounts.prove_address import Proof, new_link, proof_for
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


def shape(proof: Proof) -> list[tuple[str, list[str]]]:
    """Returns the writes of a proof, as their kinds and attribute names."""
    return [(kind, sorted(part["Item"])) for each in proof.links for kind, part in each.items()]


def test_link_means_something_for_an_hour(moto: MotoBackend) -> None:
    token, write = new_link(moto.backend, links.RESET, {"user_id": "u1"})
    moto.backend.accounts.transact(write)
    link = moto.backend.accounts.links.find(links.token_hash(token), links.RESET, START)
    assert (link.subject, link.ends_at) == ({"user_id": "u1"}, START + 3600)


def test_token_is_not_kept(moto: MotoBackend) -> None:
    token, write = new_link(moto.backend, links.RESET, {})
    assert token not in str(write)


def test_mail_carries_link_and_code_of_the_registration(moto: MotoBackend) -> None:
    waiting = registration()
    proof = proof_for(moto.backend, waiting)
    moto.backend.accounts.transact(*proof.links)
    subject = {"canonical": EMAIL, "registration": waiting.id}
    for link_hash in (
        links.token_hash(token_in(proof.message.to_json())),
        links.code_hash(EMAIL, proof.message.values["code"]),
    ):
        assert moto.backend.accounts.links.find(link_hash, links.VERIFY, START).subject == subject


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
    unknown = proof_for(moto.backend, registration())
    moto.user(EMAIL)
    assert [k for k, _ in shape(proof_for(moto.backend, registration()))] == [
        k for k, _ in shape(unknown)
    ]
    assert shape(proof_for(moto.backend, registration())) == shape(unknown)


def test_links_of_nothing_prove_nothing(moto: MotoBackend) -> None:
    proof = prove_address.proof_of_nothing(moto.backend)
    moto.backend.accounts.transact(*proof.links)
    purposes = {item["purpose"]["S"] for item in moto.accounts()}
    assert purposes == {links.NOTHING}
    assert proof.message.template == "nothing"
