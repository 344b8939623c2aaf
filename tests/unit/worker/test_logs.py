"""Every log line goes through one renderer, without secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from worker.logs import configure_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()  # noqa: TID251 - the test restores what it changes
    before, level = root.handlers[:], root.level
    captured = io.StringIO()
    configure_logging(level="INFO", style="json", stream=captured)
    yield captured
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_structlog_and_stdlib_share_one_form(stream: io.StringIO):
    structlog.get_logger("gateway").info("intake.kept", count=3)
    logging.getLogger("temporalio.worker").warning("told by %s", "stdlib")  # noqa: TID251 - the stdlib is the subject

    first, second = _lines(stream)
    assert (first["event"], first["count"], first["level"], first["logger"]) == ("intake.kept", 3, "info", "gateway")
    assert (second["event"], second["level"], second["logger"]) == ("told by stdlib", "warning", "temporalio.worker")
    assert str(first["timestamp"]).endswith("Z")


def test_urls_of_httpx_are_not_logged(stream: io.StringIO):
    logging.getLogger("httpx").info("HTTP Request: GET https://carrier.example.com/track/123")  # noqa: TID251 - as above

    assert stream.getvalue() == ""


def test_fields_that_sound_like_secrets_are_hidden(stream: io.StringIO):
    structlog.get_logger("x").info("account.added", webhook_secret="whsec_abc", Authorization="Bearer abc")

    (line,) = _lines(stream)
    assert (line["webhook_secret"], line["Authorization"]) == ("[hidden]", "[hidden]")


def test_only_named_extra_fields_get_through(stream: io.StringIO):
    logging.getLogger("workflow").info("milestone.reached", extra={"state": "EXPORT", "street": "1 Example St"})  # noqa: TID251 - as above

    (line,) = _lines(stream)
    assert line["state"] == "EXPORT"
    assert "street" not in line


def test_a_failure_is_one_line(stream: io.StringIO):
    try:
        raise ValueError("broken")  # noqa: TRY301 - the traceback is the subject
    except ValueError:
        structlog.get_logger("x").exception("area.failed")

    (line,) = _lines(stream)
    assert line["exception"][0]["exc_type"] == "ValueError"  # type: ignore[index] - JSON
