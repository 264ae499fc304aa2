"""GET /profile and POST /profile in the style of the usual samples.

Everything is imported at the top: Powertools with validation, a boto3 resource and EmailStr.
GET /profile does what functions/profile does.
"""

import json
import os
from typing import Any

import boto3
import jwt
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel, EmailStr

app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["ACCOUNTS_TABLE"])
keys = {key["kid"]: jwt.PyJWK(key) for key in json.loads(os.environ["JWKS"])["keys"]}


class Profile(BaseModel):
    """The profile as its user sees it."""

    id: str
    email: EmailStr
    name: str | None = None
    email_verified: bool = False


@app.get("/profile")
def get_profile() -> Profile:
    """Return the profile of the signed-in user."""
    token = app.current_event.headers["authorization"].removeprefix("Bearer ")
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="gatehouse")
    item = table.get_item(Key={"pk": f"USER#{claims['sub']}", "sk": "PROFILE"}, ConsistentRead=True)
    return Profile.model_validate(item["Item"])


@app.post("/profile")
def put_profile(profile: Profile) -> Profile:
    """Replace the profile of the signed-in user."""
    table.put_item(Item={"pk": f"USER#{profile.id}", "sk": "PROFILE", **profile.model_dump()})
    return profile


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handles one request."""
    return app.resolve(event, context)
