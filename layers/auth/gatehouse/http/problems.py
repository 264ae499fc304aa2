"""Refusals as HTTP answers: problem documents (RFC 9457) with the headers that belong to them."""

from typing import Any

from gatehouse.errors import InvalidToken, Refusal, Unauthenticated

CONTENT_TYPE = "application/problem+json"
REALM = "gatehouse"


def problem(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The document of a refusal. It holds no private cause."""
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
    return {name: value for name, value in document.items() if value != ""}


def headers(refusal: Refusal) -> dict[str, str]:
    """The challenge of a 401 (RFC 6750 section 3), and when to come again."""
    extra: dict[str, str] = {}
    if isinstance(refusal, Unauthenticated) and refusal.status == 401:
        extra["WWW-Authenticate"] = _challenge(refusal)
    if refusal.retry_after is not None:
        extra["Retry-After"] = str(refusal.retry_after)
    return extra


def oauth_error(refusal: Refusal) -> dict[str, str]:
    """The error document of RFC 6749 section 5.2, for the routes that follow it."""
    known = {"invalid_grant", "unsupported_grant_type", "invalid_client"}
    if refusal.code in known:
        error = refusal.code
    else:
        error = "invalid_request" if refusal.status < 500 else "server_error"
    detail = refusal.detail if refusal.status < 500 else ""
    return {"error": error, "error_description": detail or refusal.title}


def oauth_status(refusal: Refusal) -> int:
    """The status beside it: RFC 6749 section 5.2 knows 400 where we say what exactly is wrong."""
    return 400 if refusal.status == 422 else refusal.status


def _challenge(refusal: Refusal) -> str:
    # Without a token there is no error to tell (RFC 6750 section 3.1).
    if not isinstance(refusal, InvalidToken):
        return f'Bearer realm="{REALM}"'
    return f'Bearer realm="{REALM}", error="invalid_token", error_description="{refusal.title}"'
