"""What handlers return, and the HTTP response that it becomes."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools.event_handler.api_gateway import Response

from gatehouse import strict_json

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie

NO_STORE = {"Cache-Control": "no-store"}
"""A response is for one caller, and many contain tokens (RFC 6749 section 5.1)."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
}
"""Sent with every response. Browsers use only HTTPS for two years after the last one (RFC 6797).

Without ``includeSubDomains`` and without preloading: both decide over hosts that may not be part of
this deployment, if ``PublicUrl`` is the operator's main domain. Browsers ignore the header over
plain HTTP, so on the local stack."""


class Content(NamedTuple):
    """An outcome that is not JSON: bytes of a media type."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An outcome that is more than a body: another status, cookies, or extra headers."""

    status: int
    outcome: Any = None
    cookies: "tuple[Cookie, ...]" = ()
    headers: Mapping[str, str] = field(default_factory=dict)


ACCEPTED = Reply(202)
"""An email says how to continue."""


def to_response(
    reply: Reply, headers: Mapping[str, str], content_type: str = "application/json"
) -> Response[Any]:
    headers = {**ALWAYS, **headers, **reply.headers}
    if reply.outcome is None:
        return Response(reply.status, body="", headers=headers, cookies=list(reply.cookies))
    if isinstance(reply.outcome, Content):
        return Response(reply.status, reply.outcome.media_type, reply.outcome.data, headers)
    body = strict_json.dumps(_plain(reply.outcome))
    return Response(reply.status, content_type, body, headers, cookies=list(reply.cookies))


def without_content(response: dict[str, Any]) -> dict[str, Any]:
    """Returns the response to HEAD: the headers of that to GET, which tell the length of what is
    left out (RFC 9110 section 8.6)."""
    body: str = response["body"]
    size = len(base64.b64decode(body) if response["isBase64Encoded"] else body.encode())
    headers = {**response["headers"], **({"Content-Length": str(size)} if size else {})}
    return {**response, "headers": headers, "body": "", "isBase64Encoded": False}


def _plain(outcome: Any) -> Any:
    """Returns an output as JSON data. Dataclasses become objects of their fields, at any depth."""
    if is_dataclass(outcome):
        return {name: _plain(getattr(outcome, name)) for name in outcome.__dataclass_fields__}
    if isinstance(outcome, (list, tuple)):
        return [_plain(each) for each in outcome]
    return outcome
