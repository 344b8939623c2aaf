"""One pipeline for every log line of a process, from structlog and from the standard library alike."""

import logging
import sys
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

QUIET: Final = {
    # httpx prints URLs at INFO: they hold tracking numbers and sometimes keys.
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "alembic": logging.WARNING,
    "uvicorn": logging.WARNING,
    "temporalio.worker": logging.WARNING,
    "asyncio": logging.WARNING,
}
"""Loggers that say too much, and from which level on they are heard."""

_SECRET_WORDS: Final = ("token", "secret", "password", "authorization", "cookie", "api_key", "signature", "master_key")


def _execution_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Name the workflow or activity that speaks; a workflow that replays its history stays silent."""
    if workflow.in_workflow():
        if workflow.unsafe.is_replaying_history_events():
            raise structlog.DropEvent
        info = workflow.info()
        event.setdefault("workflow_id", info.workflow_id)
        event.setdefault("workflow", info.workflow_type)
    elif activity.in_activity():
        running = activity.info()
        event.setdefault("workflow_id", running.workflow_id)
        event.setdefault("activity", running.activity_type)
        event.setdefault("attempt", running.attempt)
    return event


def _workflow_extra(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Lift what `workflow.logger` hides in `extra`: the identity, and the fields of the call."""
    record = event.get("_record")
    identity = getattr(record, "temporal_workflow", None)
    if isinstance(identity, dict):
        event.setdefault("workflow_id", identity.get("workflow_id"))
        event.setdefault("workflow", identity.get("workflow_type"))
    return event


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank every field whose name sounds like a secret; a slip must not become a leak."""
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "[hidden]"
    return event


def configure_logging(
    *, level: str = "INFO", style: Literal["auto", "json", "console"] = "auto", stream: TextIO | None = None
) -> None:
    """Route every log line of the process through one renderer to `stream` (standard error by default)."""
    target = stream or sys.stderr
    as_json = style == "json" or (style == "auto" and not target.isatty())
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    shared: list[Processor] = [
        # First: a replaying workflow must be silenced before anything looks at a clock.
        _execution_fields,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=_FIELDS),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(shared, as_json=as_json, colours=target.isatty()))
    root = logging.getLogger()  # noqa: TID251 - the root logger itself has to be set up
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, floor in QUIET.items():
        logging.getLogger(name).setLevel(floor)  # noqa: TID251 - as above


_FIELDS: Final = (
    "anomaly", "command_id", "connection", "count", "error", "events", "facts", "kind", "milestone", "outcome",
    "problem", "revision", "shipment_id", "state", "tenant",
)  # fmt: skip
"""Fields that `workflow.logger.info(..., extra={...})` may add; anything else of `extra` is dropped."""


def _formatter(shared: list[Processor], *, as_json: bool, colours: bool) -> logging.Formatter:
    renderer: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[_workflow_extra, structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
