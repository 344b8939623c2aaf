"""The OpenAPI document says what the gateway does: generated requests, fitting or not, never surprise it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connectors import track17
from domain.states import State

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    ("POST", "/webhooks/carriers/{account}"),
    ("POST", "/webhooks/erps/{tenant}/{connection}"),
    ("GET", "/v1/carriers/detect"),
    ("POST", "/v1/messages/{dialect}"),
    ("POST", "/v1/shipments"),
    ("GET", "/v1/shipments"),
    ("GET", "/v1/shipments/{shipment_id}"),
    ("GET", "/v1/shipments/{shipment_id}/timeline"),
    ("POST", "/v1/shipments/{shipment_id}/commands"),
    ("GET", "/v1/changes"),
    ("GET", "/v1/counts"),
    ("GET", "/v1/unmapped"),
    ("GET", "/v1/mappings/coverage"),
    ("GET", "/v1/mappings/unmapped/shipments"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]


@pytest.fixture
def served(make_world: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """A running gateway with one shipment, and how to run a coroutine in its event loop."""
    with asyncio.Runner() as runner:
        world = make_world()
        lifespan = world.app.router.lifespan_context(world.app)
        runner.run(lifespan.__aenter__())
        runner.run(world.register("S-2026-0001", "TN-0001", reference="ORDER-10045"))
        world.tell("S-2026-0001", State.FIRST_MILE, State.CUSTOMS_HOLD)
        yield world, runner.run
        runner.run(lifespan.__aexit__(None, None, None))
        runner.run(world.http.aclose())


def test_every_operation_is_tried(world: Any):
    documented = {
        (method.upper(), path) for path, methods in world.app.openapi()["paths"].items() for method in methods
    }

    assert documented == set(OPERATIONS)


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(method, path, GenerationMode.POSITIVE) for method, path in OPERATIONS]
    # Where there is nothing to send, nothing can be wrong.
    + [(method, path, GenerationMode.NEGATIVE) for method, path in OPERATIONS if path.startswith(("/v1", "/web"))],
)
def test_generated_requests_get_documented_answers(served: Any, method: str, path: str, mode: GenerationMode):
    world, run = served
    operation = schemathesis.openapi.from_dict(world.app.openapi())[path][method]
    key = world.key("admin")

    @settings(max_examples=30, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if case.query:
            case.query.pop("wait", None)  # not a second per example
        answer = run(world.http.request(**as_httpx(case, key)))
        case.validate_response(answer, checks=CHECKS)

    check()


def as_httpx(case: Any, key: dict[str, str]) -> dict[str, Any]:
    """Return the case as arguments of httpx, with our key in place of the generated one."""
    request = case.as_transport_kwargs(base_url="http://gateway.test")
    generated = {name: value for name, value in request.get("headers", {}).items() if name.lower() != "authorization"}
    body = {"content": request["data"]} if isinstance(request.get("data"), bytes | str) else {}
    kept = {name: request[name] for name in ("method", "url", "params", "json") if name in request}
    return {**kept, **body, "headers": {**generated, **key}}


@pytest.mark.parametrize("account", ["17track-main"])
def test_signed_webhooks_of_any_bytes_are_kept(served: Any, account: str):
    world, run = served
    for body in [b"", b"\x00", b"[" * 50_000, b'{"a":' * 5_000, b"<!DOCTYPE x>", "\u202e".encode(), b"[[null]]"]:
        sign = track17.sign(body, "current-key")

        answer = run(world.http.post(f"/webhooks/carriers/{account}", content=body, headers={"sign": sign}))

        assert answer.status_code == 202, body[:20]


def test_every_operation_is_described(world: Any):
    document = world.app.openapi()

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert len(operation["description"]) > 40, (method, path)
    problems = json.dumps(document["paths"]["/v1/shipments"]["post"]["responses"])
    assert '"code": "conflict"' in problems
    assert "HTTPValidationError" not in json.dumps(document)


def test_every_answer_has_an_example_that_fits_its_schema(world: Any):
    document = world.app.openapi()
    tried = 0

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                for content in answer["content"].values():
                    examples = [content["example"]] if "example" in content else []
                    examples += [one["value"] for one in content.get("examples", {}).values()]
                    assert examples, (method, path, status)
                    schema = {**content["schema"], "components": document["components"]}
                    for example in examples:
                        jsonschema.validate(example, schema, cls=jsonschema.Draft202012Validator)
                        tried += 1

    assert tried > 60


def test_every_request_has_an_example_that_is_accepted(served: Any):
    world, run = served
    key = world.key("admin") | {"content-type": "application/json"}
    schemas = world.app.openapi()["components"]["schemas"]

    for example in schemas["ShipmentIn"]["examples"]:
        fresh = example | {"shipment_id": "S-fresh"}
        assert run(world.http.post("/v1/shipments", json=fresh, headers=key)).status_code == 201
    for example in schemas["CommandIn"]["examples"]:
        assert run(world.http.post("/v1/shipments/S-fresh/commands", json=example, headers=key)).status_code == 200
