"""Identifiers: derived from content, so that the same thing always gets the same id."""

from hashlib import blake2b, sha256


def event_id(*parts: str | int | None) -> str:
    """Return the id of a source event from what identifies it: system, number, code, time and place as sent.

    Wording and mapping results must not be among the parts: a reworded poll is the same event, and a better
    mapping gives the same event another meaning.
    """
    text = "\x1f".join(["" if part is None else str(part) for part in parts])
    return "e_" + blake2b(text.encode(), digest_size=15).hexdigest()


def message_id(body: bytes) -> str:
    """Return the content address of raw bytes."""
    return "m_" + sha256(body).hexdigest()


def shipment_workflow(tenant: str, shipment_id: str) -> str:
    """Return the workflow id of a shipment."""
    return f"shipment/{tenant}/{shipment_id}"


def account_workflow(account: str) -> str:
    """Return the workflow id of a carrier account."""
    return f"carrier-account/{account}"


def connection_workflow(tenant: str, connection: str) -> str:
    """Return the workflow id of an order system's connection that is read."""
    return f"erp-connection/{tenant}/{connection}"
