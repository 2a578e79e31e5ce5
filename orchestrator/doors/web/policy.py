"""What a page may load and run: the content security policy and its nonce."""

import secrets

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


def new_nonce() -> str:
    """A secret for one response, 128 bits."""
    return secrets.token_urlsafe(16)


def policy_of(nonce: str, *, with_map: bool) -> str:
    """The `Content-Security-Policy` of a page.

    Trusted Types are demanded of every page but those with a map: MapLibre makes
    its worker from a plain address.
    """
    rules = [
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{nonce}'",
        "font-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    if not with_map:
        rules += ["require-trusted-types-for 'script'", "trusted-types htmx fab"]
    return "; ".join(rules)
