"""What the sender of an interchange is told in the answer to the request that brought it."""

from collections.abc import Callable

import structlog

from domain.errors import PayloadError
from domain.messages import StoredMessage
from mappings.edi.acknowledging import Acknowledgement
from mappings.engine import Mappings

Acknowledger = Callable[[StoredMessage], Acknowledgement | None]
"""Returns the answer to kept bytes: the same each time they come; None for what is no interchange."""

_log = structlog.get_logger()


def acknowledger(mappings: Mappings) -> Acknowledger:
    """Return what acknowledges interchanges of the dialects. Blocks for as long as reading them takes."""

    def acknowledge(message: StoredMessage) -> Acknowledgement | None:
        try:
            answer = mappings.acknowledge(message.dialect, message.body, message.received_at)
            if answer is not None:
                # The envelope alone does not tell that the dialect will read it: nothing unread is acknowledged.
                mappings.normalise(message.dialect, message.body, received_at=message.received_at)
        except PayloadError:
            return None
        except Exception:  # noqa: BLE001 - the bytes are stored, and a sender that gets no 202 would send for ever
            _log.exception("gateway.acknowledging_failed", message_id=message.message_id)
            return None
        return answer

    return acknowledge


def nothing(_message: StoredMessage) -> None:
    """Acknowledge nothing: for a gateway without dialects."""
