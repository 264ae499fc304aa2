"""GET /app, GET /app/config.json, GET /app/{file}, GET /docs, GET /openapi.json"""

from pathlib import Path

from gatehouse.errors import NotAcceptable, NotFound
from gatehouse.flows.accounts.describe_page import PageConfig, describe_page
from gatehouse.http.api import Api
from gatehouse.http.files import FOR_A_WHILE, FOR_EVER, UNCHANGED, WIDGETS, Files, pages_only
from gatehouse.http.replies import Reply
from gatehouse.http.requests import Request

handler = api = Api()
here = Path(__file__).parent
built, documents = Files(here / "assets", "web"), Files(here, "docs", only=("openapi.json",))
VIEWER = ("docs", "swagger-ui")
"""How the names of the documentation viewer's files begin."""


@api.route("GET", "/app", media_type="text/html", other_statuses=UNCHANGED)
def get_app(request: Request[None]) -> Reply:
    """Get the web page for accounts and a chat room."""
    settings = request.backend.settings
    widget = WIDGETS.get(settings.challenge_provider, "")
    return pages_only(built.page("app.html", request), settings.socket_url, widget)


@api.route("GET", "/app/config.json", returns=PageConfig, headers=FOR_A_WHILE)
def get_config(request: Request[None]) -> PageConfig:
    """Get the settings that the web page needs to know about this deployment."""
    return describe_page(request.backend)


@api.route(
    "GET",
    "/app/{file}",
    media_type="*/*",
    other_statuses=UNCHANGED,
    errors=(NotFound, NotAcceptable),
)
def get_file(request: Request[None]) -> Reply:
    """Get a script or a style sheet of a page.

    The name of the file changes with its content, so clients may cache it forever.
    """
    name = request.path["file"]
    if name.startswith(VIEWER) and not request.backend.settings.api_docs:
        raise NotFound
    return built.reply(name, request, headers=FOR_EVER)


@api.route("GET", "/docs", media_type="text/html", other_statuses=UNCHANGED, errors=(NotFound,))
def get_docs(request: Request[None]) -> Reply:
    """Get this documentation as a page, to read and to try out.

    The operator decides whether a deployment serves it.
    """
    if not request.backend.settings.api_docs:
        raise NotFound("This deployment serves no documentation page. See /openapi.json.")
    return pages_only(built.page("docs.html", request))


@api.route(
    "GET",
    "/openapi.json",
    media_type="application/json",
    other_statuses=UNCHANGED,
    errors=(NotFound, NotAcceptable),
)
def get_openapi(request: Request[None]) -> Reply:
    """Get this description of the HTTP API (OpenAPI 3.1)."""
    return documents.reply("openapi.json", request, headers=FOR_A_WHILE)
