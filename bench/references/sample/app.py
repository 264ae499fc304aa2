"""GET /profile and POST /profile as the usual samples write them: everything imported at the top,
Powertools with validation, a resource of boto3, EmailStr. It does what functions/profile does."""

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
    """What a user is told about their own account."""

    id: str
    email: EmailStr
    name: str | None = None
    email_verified: bool = False


@app.get("/profile")
def get_profile() -> Profile:
    """Read one's own profile."""
    token = app.current_event.headers["authorization"].removeprefix("Bearer ")
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="gatehouse")
    item = table.get_item(Key={"pk": f"USER#{claims['sub']}", "sk": "PROFILE"}, ConsistentRead=True)
    return Profile.model_validate(item["Item"])


@app.post("/profile")
def put_profile(profile: Profile) -> Profile:
    """Replace one's own profile."""
    table.put_item(Item={"pk": f"USER#{profile.id}", "sk": "PROFILE", **profile.model_dump()})
    return profile


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One request."""
    return app.resolve(event, context)
