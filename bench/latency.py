"""From a carrier's webhook to the order system, on an idle hub: the time a person would measure.

The clock starts when the webhook is sent and stops when the order system has the change, asked every few milliseconds.
"""

import statistics
import sys
import time
from typing import Final

import httpx

from bench.hub import ACCOUNT, BIN, CONNECTION, Site, site, wait_for
from bench.parcels import JOURNEY, expected_states, number, plan, webhook
from connectors.track17 import SIGNATURE_HEADER, sign

PARCELS: Final = 6
_ASK_EVERY: Final = 0.004
_TOO_LONG: Final = 30.0


def measure() -> dict[str, float]:
    """Return seconds from webhook to order system (p50, p95, max) and the acknowledgement's p50."""
    with site() as here:
        here.add("up", str(BIN / "milepost"), "up")
        wait_for(f"{here.url}/readyz")
        with httpx.Client(timeout=30) as client:
            arrivals, answers = [], []
            for index in range(PARCELS):
                _register(here, client, index)
                for step in range(len(JOURNEY)):
                    answer, arrival = _once(here, client, index, step)
                    answers.append(answer)
                    if arrival is not None:
                        arrivals.append(arrival)
        book = here.order_book()
        for index in range(PARCELS):
            assert book["orders"][number(index)]["states"] == expected_states(), book["orders"][number(index)]
    return {
        "p50_s": statistics.median(arrivals),
        "p95_s": statistics.quantiles(arrivals, n=20)[-1],
        "max_s": max(arrivals),
        "webhook_answer_p50_s": statistics.median(answers),
        "webhook_answer_p95_s": statistics.quantiles(answers, n=20)[-1],
        "samples": len(arrivals),
    }


def _register(here: Site, client: httpx.Client, index: int) -> None:
    answer = client.post(
        f"{here.url}/v1/shipments",
        json=plan(index, connection=CONNECTION),
        headers={"authorization": f"Bearer {here.token}"},
    )
    answer.raise_for_status()
    time.sleep(0.5)


def _once(here: Site, client: httpx.Client, index: int, step: int) -> tuple[float, float | None]:
    """Send one webhook; return seconds to its answer and to the order system, None where no status changes."""
    state, before = JOURNEY[step][3], JOURNEY[step - 1][3] if step else "CREATED"
    body = webhook(index, step)
    started = time.perf_counter()
    client.post(
        f"{here.url}/webhooks/carriers/{ACCOUNT}",
        content=body,
        headers={SIGNATURE_HEADER: sign(body, here.key), "content-type": "application/json"},
    ).raise_for_status()
    answered = time.perf_counter() - started
    if state == before:
        time.sleep(1.0)
        return answered, None
    while time.perf_counter() - started < _TOO_LONG:
        order = client.get(f"{here.orders}/orders/{number(index)}")
        if order.status_code == httpx.codes.OK and order.json()["state"] == state:
            arrival = time.perf_counter() - started
            time.sleep(0.3)  # let the hub come to rest: this measures an idle hub
            return answered, arrival
        time.sleep(_ASK_EVERY)
    raise AssertionError(f"{number(index)} did not become {state}")


if __name__ == "__main__":
    for name, value in measure().items():
        sys.stdout.write(f"{name:24} {value:.4f}\n")
