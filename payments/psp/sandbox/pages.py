"""The page a cardholder sees in a 3-D Secure challenge: two buttons, no script."""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .books import Body
from .money_rules import display

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *"

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas }
main { max-width: 24rem; padding: 2rem; border: 1px solid GrayText; border-radius: .75rem }
h1 { font-size: 1.25rem; margin: 0 0 .5rem }
form { display: inline-block; margin: 1rem .5rem 0 0 }
button { font: inherit; padding: .6rem 1.2rem; border-radius: .5rem; border: 1px solid GrayText }
button.primary { background: #0a5dc2; color: #fff; border-color: #0a5dc2 }
small { color: GrayText }
"""


def challenge_page(intent: Body) -> str:
    """The challenge while the intent waits for it, and a plain notice once it no longer does."""
    if intent["status"] != "requires_action":
        return _page("Already settled", f"<p>This authentication is over: {escape(intent['status'])}.</p>")
    if intent["object"] in ("payment_intent", "payment"):
        asked = (
            f"Approve a payment of <strong>{escape(display(intent['amount'], intent['currency']))}</strong>?"
        )
    else:
        asked = "Approve saving your card for later payments?"
    path = f"/3ds/{escape(intent['id'])}"
    return _page(
        "3D Secure test page",
        f"<p>{asked}</p>"
        f'<form method="post" action="{path}/complete"><input type="hidden" name="browser" value="1">'
        '<button class="primary">Complete authentication</button></form>'
        f'<form method="post" action="{path}/fail"><input type="hidden" name="browser" value="1">'
        "<button>Fail authentication</button></form>"
        f"<p><small>{escape(intent['id'])} &middot; PSP sandbox, no real money</small></p>",
    )


def missing_page() -> str:
    return _page("Not found", "<p>The sandbox knows no such authentication.</p>")


def return_location(return_url: str, intent: Body, *, is_passed: bool) -> str:
    """`return_url` with the parameters Stripe appends."""
    noun = intent["object"]
    target = urlsplit(return_url)
    query = parse_qsl(target.query, keep_blank_values=True)
    query += [
        (noun, intent["id"]),
        (f"{noun}_client_secret", intent["client_secret"]),
        ("redirect_status", "succeeded" if is_passed else "failed"),
    ]
    return urlunsplit(target._replace(query=urlencode(query)))


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{content}</main></body></html>"
    )
