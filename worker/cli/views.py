"""Where answers about shipments come from, the ledger or a gateway's API, and how people see them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any, Final, Protocol

import httpx
import typer
from rich.table import Table
from rich.text import Text

from gateway.answers import ShipmentDetail, ShipmentOut, TimelineEntry
from ledger.store import Ledger
from worker.cli.opening import begin, opened, tenant_of
from worker.cli.output import CommandFailedError, ExitCode, table
from worker.cli.texts import local, state_text

ApiOption = Annotated[str | None, typer.Option("--api", help="Ask this gateway instead of the ledger.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="API key for --api.")]

_PAGE: Final = 500
_UNAUTHORISED: Final = (401, 403)
_NOT_FOUND: Final = 404

Document = dict[str, Any]


class Query(Protocol):
    """Questions about shipments; the answers have the API's shape."""

    def shipments(self, filters: dict[str, Any]) -> Document:
        """Return one page: `items` and `next`."""
        ...

    def shipment(self, shipment_id: str) -> Document:
        """Return one shipment with its journey."""
        ...

    def timeline(self, shipment_id: str) -> list[Document]:
        """Return every audit entry, in order."""
        ...


def asking(tenant: str | None, api: str | None, key: str | None) -> AbstractContextManager[Query]:
    """Return whom to ask: the API where one is named, else the ledger of the settings."""
    return _through_api(api, key) if api is not None else _through_ledger(tenant)


class _LedgerQuery:
    def __init__(self, ledger: Ledger, tenant: str) -> None:
        self._reads = ledger.reads
        self._tenant = tenant

    def shipments(self, filters: dict[str, Any]) -> Document:
        page = self._reads.shipments(self._tenant, **filters)
        return {
            "items": [ShipmentOut.of(row).model_dump(mode="json") for row in page.items],
            "next": page.next_cursor,
        }

    def shipment(self, shipment_id: str) -> Document:
        row = self._reads.shipment(self._tenant, shipment_id)
        return ShipmentDetail.detailed(row, self._reads.journey(self._tenant, shipment_id)).model_dump(mode="json")

    def timeline(self, shipment_id: str) -> list[Document]:
        self._reads.shipment(self._tenant, shipment_id)
        entries: list[Document] = []
        while rows := self._reads.timeline(
            self._tenant, shipment_id, after_seq=entries[-1]["seq"] if entries else 0, limit=_PAGE
        ):
            entries += [TimelineEntry.of(row).model_dump(mode="json") for row in rows]
        return entries


@contextmanager
def _through_ledger(tenant: str | None) -> Iterator[Query]:
    settings = begin()
    with opened(settings) as ledger:
        yield _LedgerQuery(ledger, tenant_of(settings, tenant))


class _ApiQuery:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def shipments(self, filters: dict[str, Any]) -> Document:
        return self._get("/v1/shipments", filters)

    def shipment(self, shipment_id: str) -> Document:
        return self._get(f"/v1/shipments/{shipment_id}", {})

    def timeline(self, shipment_id: str) -> list[Document]:
        entries: list[Document] = []
        after: int | None = 0
        while after is not None:
            page = self._get(f"/v1/shipments/{shipment_id}/timeline", {"after": after, "limit": _PAGE})
            entries += page["items"]
            after = page["next"]
        return entries

    def _get(self, path: str, query: dict[str, Any]) -> Document:
        try:
            response = self._client.get(path, params=query)
        except httpx.TransportError as error:
            raise CommandFailedError(
                f"the gateway does not answer: {type(error).__name__}", hint="check --api", code=ExitCode.UNREACHABLE
            ) from error
        if response.status_code in _UNAUTHORISED:
            raise CommandFailedError("the gateway refuses the key", hint="`milepost keys create`", code=ExitCode.USAGE)
        if response.status_code == _NOT_FOUND:
            raise CommandFailedError("no such shipment for this key's tenant")
        if not response.is_success:
            raise CommandFailedError(f"the gateway answered {response.status_code}")
        document: Document = response.json()
        return document


@contextmanager
def _through_api(api: str, key: str | None) -> Iterator[Query]:
    if key is None:
        raise CommandFailedError("--api needs --key", hint="`milepost keys create --label me`", code=ExitCode.USAGE)
    with httpx.Client(base_url=api, headers={"authorization": f"Bearer {key}"}, timeout=15) as client:
        yield _ApiQuery(client)


def shipment_view(found: Document) -> list[Table | Text | str]:
    """Return one shipment as people see it."""
    head = Text.assemble((found["shipment_id"], "bold"), "  ", state_text(found["state"]))
    head.append(f"  acts next: {found['owner']}  order: {found['reference'] or '-'}", style="dim")
    legs = [(leg["role"], leg["carrier"], leg["tracking_number"]) for leg in found["legs"]]
    told = [(c["connection"], f"{c['acked']} of {c['wanted']}", c["outcome"]) for c in found["convergence"]]
    journey = found["journey"]
    steps = [
        (
            local(step["at"]),
            step["milestone"],
            state_text(step["state"]),
            " ".join(step.get("reasons") or ()),
            _note(step),
        )
        for step in journey.get("steps", ())
    ]
    parts: list[Table | Text | str] = [head, table("Legs", ["role", "carrier", "number"], legs)]
    if told:
        parts.append(table("Order systems", ["connection", "knows", "last outcome"], told))
    parts.append(table("Journey", ["at", "milestone", "state", "why", ""], steps))
    odd = [(local(a.get("at")), a["milestone"], a["flag"], a["state"]) for a in journey.get("anomalies", ())]
    if odd:
        parts.append(table("Anomalies", ["at", "milestone", "what", "state then"], odd))
    return parts


def _note(step: Document) -> str:
    return ", ".join(step.get("flags") or ()) or ("" if step["effect"] == "MOVED" else step["effect"].lower())
