"""Token responses: the refresh token is in one place, never in two."""

from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.http.token_replies import signed_out, token_reply

TOKENS = Tokens("access", "Bearer", 900, "refresh-me")


def test_body_has_both_tokens() -> None:
    reply = token_reply(TOKENS, in_cookie=False)
    assert (reply.status, reply.outcome, reply.cookies) == (200, TOKENS, ())


def test_page_gets_the_refresh_token_in_a_cookie_only() -> None:
    reply = token_reply(TOKENS, in_cookie=True)
    assert reply.outcome == {"access_token": "access", "token_type": "Bearer", "expires_in": 900}
    (cookie,) = reply.cookies
    assert str(cookie).startswith("__Host-refresh=refresh-me;")


def test_page_that_signs_out_loses_its_cookie() -> None:
    reply = signed_out()
    assert (reply.status, reply.outcome) == (204, None)
    assert str(reply.cookies[0]).startswith("__Host-refresh=;")
