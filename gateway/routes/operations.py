"""For operators: liveness, readiness, metrics. Open, without personal data and without tenants."""

from typing import Any, Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.answers import Health
from gateway.deps import InGateway
from gateway.readiness import failing

router: Final = APIRouter(tags=["operations"])

_METRICS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Prometheus text format.",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "milepost_courier_outage 0.0\n"}},
    }
}


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Answer as long as the process serves requests; says nothing about what it needs."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Can it do its work?",
    responses={503: {"model": Health, "description": "At least one part is not ready; `failing` names it."}},
)
async def readyz(gateway: InGateway, response: Response) -> Health:
    """Check that the ledger answers with its tables at this version, and that Temporal answers."""
    problems = await failing(gateway)
    if not problems:
        return Health(status="ok")
    response.status_code = 503
    return Health(status="failing", failing=problems)


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response, responses=_METRICS)
def metrics(gateway: InGateway) -> Response:
    """Return requests, latencies, intake, backlog and pushes."""
    return Response(generate_latest(gateway.metrics.registry), media_type=CONTENT_TYPE_LATEST)
