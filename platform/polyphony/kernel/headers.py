"""Headers on every answer, errors and static files included: one origin, no script but ours, no trace."""

from flask import Flask, Response, g, request, session

from polyphony.kernel import viewer

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
       "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # for plain text
SANDBOX = f"sandbox; {NOTHING}"  # for what people sent: no script, no form, no origin
ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def from_elsewhere() -> bool:
    """Whether another site has sent this form, as browsers say of themselves (Fetch Metadata, Sec-Fetch-Site)."""
    return request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")


def install(app: Flask) -> None:
    @app.after_request
    def _dress(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers[name] = value
        if g.get("sandboxed"):
            response.headers["Content-Security-Policy"] = SANDBOX
        if app.extensions["settings"].base_url.startswith("https://"):
            response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if request.endpoint == "static":
            if request.args.get("v") and response.status_code in (200, 206, 304):
                response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            return response
        if from_elsewhere():  # it came without her cookie, and takes none from her
            session.modified = False
            response.headers.pop("Clear-Site-Data", None)
        by = viewer.current()
        if by.is_signed_in or by.is_phrase or g.get("no_store") or g.get("leave_fast") or request.method != "GET":
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.pop("Server", None)
        return response
