"""The message in the terminal when the stack is ready."""

from local.settings import Options
from local.terminal import paint, say

_ACCOUNT = '{"email":"you@example.org","password":"correct horse battery staple"}'


def show(options: Options) -> None:
    """Prints the addresses, three commands to try, and how to stop the stack."""
    say()
    for name, url in _addresses(options).items():
        say(f"  {name:<12}{paint(url, 'bold')}")
    say()
    say(paint("  Try it:", "dim"))
    for line in _examples(options.http_url):
        say(f"  {line}")
    say()
    say(paint("  Saved files are reloaded. Ctrl-C stops the stack and keeps the data.", "dim"))
    say(paint("  make reset deletes the data.", "dim"))
    say()


def _addresses(options: Options) -> dict[str, str]:
    return {
        "Service": options.http_url,
        "Page": options.page_url,
        "API docs": options.docs_url,
        "WebSocket": options.socket_url,
        "AWS APIs": f"http://localhost:{options.aws_port}",
        "Emails": options.mails_url,
    }


def _examples(url: str) -> tuple[str, str, str]:
    def post(path: str) -> str:
        return f"curl -s {url}/{path} -H 'content-type: application/json' -d '{_ACCOUNT}'"

    only_token = r"""sed -E 's/.*"access_token": ?"([^"]+)".*/\1/'"""
    return (
        post("register"),
        f"TOKEN=$({post('login')} | {only_token})",
        f'curl -s {url}/profile -H "authorization: Bearer $TOKEN"',
    )
