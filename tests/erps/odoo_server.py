"""A strict Odoo 19: the JSON-2 API over deliveries (`stock.picking`) and their messages.

Read for it: Odoo 19 documentation, External JSON-2 API (request, named arguments, one transaction per call, errors as
`{name, message, arguments, context, debug}`), API keys that live three months at most, and how its endpoint answers
unknown models, methods and arguments. Legacy XML-RPC and JSON-RPC, which report errors in a 200, are not offered.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

KEY_LIFE: Final = timedelta(days=90)
OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "ilike": lambda left, right: str(right).casefold() in str(left).casefold(),
}


class OdooError(Exception):
    """A failure with the HTTP status that Odoo gives its kind."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name


def missing(message: str) -> OdooError:
    return OdooError(404, "werkzeug.exceptions.NotFound", message)


def unprocessable(message: str) -> OdooError:
    return OdooError(422, "werkzeug.exceptions.UnprocessableEntity", message)


def user_error(message: str) -> OdooError:
    return OdooError(422, "odoo.exceptions.UserError", message)


Record = dict[str, Any]


@dataclass
class Odoo:
    """The database's memory. `access` lists what the key's user may do: pairs of model and right."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    database: str = "example"
    key: str = "0123456789abcdef0123456789abcdef01234567"
    key_made: datetime | None = None
    pickings: dict[int, Record] = field(default_factory=dict)
    messages: list[Record] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    may_write: bool = True
    ahead: list[Response] = field(default_factory=list)
    after: list[Response] = field(default_factory=list)

    def picking(self, name: str, origin: str) -> Record:
        """Let a clerk confirm an order: a delivery waits to be sent."""
        number = len(self.pickings) + 1
        made = {
            "id": number,
            "name": name,
            "origin": origin,
            "state": "assigned",
            "carrier_tracking_ref": False,
            "scheduled_date": stamp(self.now()),
            "write_date": stamp(self.now()),
            "partner_id": [7, "A. Example"],
        }
        self.pickings[number] = made
        return made

    def touch(self, record: Record) -> None:
        """Move the record's time of writing."""
        record["write_date"] = max(stamp(self.now()), record["write_date"])


def stamp(moment: datetime) -> str:
    """Write an instant as Odoo does: UTC, to the second, without a zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def matches(record: Record, domain: list[Any]) -> bool:
    """Tell whether a record is in a domain in Polish notation with `|`, `&` and leaves."""
    terms = list(domain)

    def take() -> bool:
        term = terms.pop(0)
        if isinstance(term, str):
            left, right = take(), take()
            return (left or right) if term == "|" else (left and right)
        name, operator, value = term
        if name not in record:
            raise OdooError(500, "builtins.ValueError", f"Invalid field {name!r} in domain")
        return OPERATORS[operator](record[name], value)

    held = True
    while terms:
        held = take() and held
    return held


@dataclass
class Model:
    """The public methods of one model; `ids` are the records a call is about."""

    odoo: Odoo
    name: str

    def records(self) -> list[Record]:
        return list(self.odoo.pickings.values()) if self.name == "stock.picking" else self.odoo.messages

    def search_read(
        self,
        *,
        domain: list[Any] | None = None,
        fields: list[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str = "id",
    ) -> list[Record]:
        found = [one for one in self.records() if matches(one, domain or [])]
        for term in reversed(order.split(",")):
            name, _, way = term.strip().partition(" ")
            found.sort(key=lambda one, name=name: one[name], reverse=way == "desc")  # type: ignore[misc]
        shown = found[offset : None if limit is None else offset + limit]
        return [{name: one[name] for name in {"id", *(fields or one)}} for one in shown]


@dataclass
class Pickings(Model):
    """`stock.picking`: what a hub calls of it."""

    ids: list[int] = field(default_factory=list)

    def mine(self) -> list[Record]:
        found = [self.odoo.pickings.get(one) for one in self.ids]
        if None in found:
            raise OdooError(404, "odoo.exceptions.MissingError", "Record does not exist or has been deleted.")
        return [one for one in found if one is not None]

    def read(self, fields: list[str]) -> list[Record]:
        return [{name: one[name] for name in {"id", *fields}} for one in self.mine()]

    def write(self, vals: Record) -> bool:
        if not self.odoo.may_write:
            raise OdooError(403, "odoo.exceptions.AccessError", "You are not allowed to modify 'Transfer' records.")
        for record in self.mine():
            unknown = vals.keys() - record.keys()
            if unknown:
                name = min(unknown)
                raise OdooError(500, "builtins.ValueError", f"Invalid field {name!r} in 'stock.picking'")
            record.update(vals)
            self.odoo.touch(record)
            self.odoo.writes.append(f"write {record['name']} {sorted(vals)}")
        return True

    def message_post(self, body: str = "", message_type: str = "notification", subtype_xmlid: str | None = None) -> int:
        """Post to the record's chatter; its time of writing stays."""
        (record,) = self.mine()
        made = {
            "id": 500 + len(self.odoo.messages),
            "model": "stock.picking",
            "res_id": record["id"],
            "body": f"<p>{escape(body)}</p>",
            "message_type": message_type,
            "subtype_id": subtype_xmlid or False,
        }
        self.odoo.messages.append(made)
        self.odoo.writes.append(f"message {record['name']}")
        return int(made["id"])

    def button_validate(self) -> bool:
        for record in self.mine():
            if record["state"] in {"done", "cancel"}:
                raise user_error(f"The transfer {record['name']} cannot be validated in this state.")
            record["state"] = "done"
            self.odoo.touch(record)
            self.odoo.writes.append(f"button_validate {record['name']}")
        return True

    def action_cancel(self) -> bool:
        for record in self.mine():
            if record["state"] == "done":
                raise user_error("You cannot cancel a stock move that has been set to 'Done'.")
            record["state"] = "cancel"
            self.odoo.touch(record)
        return True


def create_odoo(odoo: Odoo) -> FastAPI:
    """Return the server's JSON-2 side."""
    app = FastAPI(openapi_url=None)

    @app.post("/json/2/{model}/{method}")
    async def call(model: str, method: str, request: Request) -> Response:
        if odoo.ahead:
            return odoo.ahead.pop(0)
        try:
            _allowed(odoo, request)
            answer: Response = JSONResponse(_called(odoo, model, method, await _arguments(request)))
        except OdooError as error:
            text = str(error)
            answer = JSONResponse(
                {"name": error.name, "message": text, "arguments": [text], "context": {}, "debug": "Traceback ..."},
                error.status,
            )
        return odoo.after.pop(0) if odoo.after else answer

    return app


def _allowed(odoo: Odoo, request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    made = odoo.key_made or odoo.now()
    if scheme.lower() != "bearer" or key != odoo.key or odoo.now() - made > KEY_LIFE:
        raise OdooError(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
    if request.headers.get("x-odoo-database", odoo.database) != odoo.database:
        raise missing("the database does not exist")


async def _arguments(request: Request) -> Record:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise OdooError(415, "werkzeug.exceptions.UnsupportedMediaType", "application/json expected")
    try:
        body = await request.json()
    except ValueError:
        raise OdooError(400, "werkzeug.exceptions.BadRequest", "Invalid JSON data") from None
    if not isinstance(body, dict):
        raise unprocessable("a JSON object of named arguments is expected")
    return body


def _called(odoo: Odoo, model: str, method: str, arguments: Record) -> Any:
    ids, _ = arguments.pop("ids", []), arguments.pop("context", {})
    if model not in {"stock.picking", "mail.message"}:
        raise missing(f"the model {model!r} does not exist")
    made = Pickings(odoo, model, ids) if model == "stock.picking" else Model(odoo, model)
    function = getattr(made, method, None)
    if method.startswith("_") or method in {"mine", "records"} or not callable(function):
        raise missing(f"the method '{model}.{method}' does not exist")
    if method == "search_read" and ids:
        raise unprocessable(f"cannot call {model}.{method} with ids")
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise unprocessable(str(error)) from None
    return function(**arguments)
