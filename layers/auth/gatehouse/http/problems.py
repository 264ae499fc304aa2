"""Refusals as HTTP responses: problem documents (RFC 9457), and the headers sent with them."""

from typing import Any

from gatehouse.errors import ChallengeRequired, InvalidToken, Refusal, Unauthenticated

CONTENT_TYPE = "application/problem+json"
REALM = "gatehouse"


def problem(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """Returns the problem document of a refusal. It contains no private cause."""
    document: dict[str, Any] = {
        "type": f"urn:gatehouse:error:{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail if refusal.status < 500 else "",
        "code": refusal.code,
        "request_id": request_id,
    }
    if refusal.problems:
        document["errors"] = [{"pointer": p.pointer, "detail": p.detail} for p in refusal.problems]
    if isinstance(refusal, ChallengeRequired):
        document["challenge"] = refusal.challenge
    return {name: value for name, value in document.items() if value != ""}


def headers(refusal: Refusal) -> dict[str, str]:
    """Returns the challenge of a 401 (RFC 6750 section 3), and when to try again."""
    extra: dict[str, str] = {}
    if isinstance(refusal, Unauthenticated) and refusal.status == 401:
        extra["WWW-Authenticate"] = _challenge(refusal)
    if refusal.retry_after is not None:
        extra["Retry-After"] = str(refusal.retry_after)
    return extra


def oauth_error(refusal: Refusal) -> dict[str, str]:
    """Returns the error document of RFC 6749 section 5.2, for the routes that follow it."""
    known = {"invalid_grant", "unsupported_grant_type", "invalid_client"}
    if refusal.code in known:
        error = refusal.code
    else:
        error = "invalid_request" if refusal.status < 500 else "server_error"
    detail = refusal.detail if refusal.status < 500 else ""
    return {"error": error, "error_description": detail or refusal.title}


def oauth_status(refusal: Refusal) -> int:
    """Returns the status for ``oauth_error``: 400 where others have 422 (RFC 6749 section 5.2)."""
    return 400 if refusal.status == 422 else refusal.status


def _challenge(refusal: Refusal) -> str:
    # The challenge to a request without a token has no error code (RFC 6750 section 3.1).
    if not isinstance(refusal, InvalidToken):
        return f'Bearer realm="{REALM}"'
    return f'Bearer realm="{REALM}", error="invalid_token", error_description="{refusal.title}"'
