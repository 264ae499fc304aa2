"""Describe the deployment to the web page."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend


@dataclass(frozen=True, slots=True)
class PageConfig:
    """Settings of the deployment that the web page needs. None of them is secret."""

    stage: str
    socket_url: str
    """WebSocket URL for Centrifuge clients in JSON mode."""
    min_password_length: int
    api_docs: bool
    """Whether ``/docs`` serves the API documentation."""
    challenge: str
    """When requests that cause emails need a solved challenge: ``never``, ``under-load`` or
    ``always``."""
    challenge_provider: str
    """``altcha``, ``turnstile`` or ``hcaptcha``. A refusal carries the challenge itself."""


def describe_page(backend: Backend) -> PageConfig:
    """Returns the settings that the web page needs. Reads no table."""
    settings = backend.settings
    return PageConfig(
        stage=settings.stage,
        socket_url=settings.require("socket_url"),
        min_password_length=settings.min_password_length,
        api_docs=settings.api_docs,
        challenge=settings.challenge,
        challenge_provider=settings.challenge_provider,
    )
