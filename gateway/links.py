"""Links to the page after this one (RFC 8288), relative to the request."""

from fastapi import Request


def next_link(request: Request, **query: str | int) -> str:
    """Return the `Link` header for the same request with these query parameters."""
    following = request.url.include_query_params(**query)
    return f'<{following.path}?{following.query}>; rel="next"'
