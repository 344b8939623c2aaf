"""Error answers for the OpenAPI document."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.examples import ANSWERS
from gateway.problems import KINDS, MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]

_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}


def errors(*codes: str) -> Responses:
    """Return the `responses` of a route that may answer with these problems."""
    by_status: dict[int, list[str]] = {}
    for code in (*codes, "internal"):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {status: _response(names) for status, names in by_status.items()}


GUARDED: Final = ("unauthenticated", "forbidden", "invalid")
"""Problems of every route behind an API key."""


def _response(codes: list[str]) -> dict[str, Any]:
    examples = {code: {"value": _example(code)} for code in codes}
    description = " / ".join(dict.fromkeys(KINDS[code].title for code in codes))
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _SCHEMA, "examples": examples}}}


def _example(code: str) -> dict[str, Any]:
    kind = KINDS[code]
    return {
        "type": f"urn:milepost:problem:{code}",
        "title": kind.title,
        "status": kind.status,
        "code": code,
        "detail": kind.title + ".",
        "next_step": kind.next_step,
        "request_id": "5f0c6b1d2e3a4b5c",
    }


def describe(app: FastAPI, *, summary: str, description: str) -> None:
    """Give the app an OpenAPI document that knows the problem schema."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, summary=summary, description=description, routes=app.routes
            )
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(schema.pop("$defs", {}))
            schemas["Problem"] = schema
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for (method, path, status), example in ANSWERS.items():
                answer = document["paths"][path][method]["responses"][status]
                answer["content"]["application/json"]["example"] = example
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
