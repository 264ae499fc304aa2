"""Tell a page what it has to know about its deployment."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend


@dataclass(frozen=True, slots=True)
class PageConfig:
    """What a page has to know about its deployment. Nothing of it is secret."""

    stage: str
    socket_url: str
    """For Centrifuge clients in JSON mode."""
    min_password_length: int


def describe_page(backend: Backend) -> PageConfig:
    """The settings that pages need; no table is asked."""
    settings = backend.settings
    return PageConfig(
        stage=settings.stage,
        socket_url=settings.require("socket_url"),
        min_password_length=settings.min_password_length,
    )
