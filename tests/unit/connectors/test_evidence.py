import pytest

from connectors.evidence import MAX_EXCERPT, excerpt


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"", "application/json", "empty"),
        (b'{"code":"bad_state","detail":"Ask A. Example"}', "application/json", '{"code":"bad_state"}'),
        (
            b'{"errors":[{"field":"changes.0.state","message":"not for Mr. Example"}]}',
            "application/json",
            '{"errors":[{"field":"changes.0.state"}]}',
        ),
        (b'{"title":"mail a@example.com or +44 20 7946 0000"}', "", '{"title":"mail [mail] or [number]"}'),
        (b'{"error":true,"name":"A. Example"}', "", '{"error":true}'),
    ],
)
def test_only_machine_readable_members_are_kept(body: bytes, content_type: str, text: str):
    assert excerpt(body, content_type) == text


@pytest.mark.parametrize("body", [b"<h1>A. Example lives here</h1>", b'"A. Example"', b"[" * 100_000, b'{"name":"A."}'])
def test_free_text_leaves_only_type_size_and_digest(body: bytes):
    text = excerpt(body, "text/html; charset=utf-8")

    assert text.startswith(f"text/html, {len(body)} bytes, sha256 ")
    assert "Example" not in text


def test_the_excerpt_is_bounded():
    body = b'{"errors":[' + b",".join(b'{"code":"%s"}' % (b"x" * 500) for _ in range(50)) + b"]}"

    assert len(excerpt(body, "application/json")) == MAX_EXCERPT
