"""What the gateway counts. Labels are closed lists: no tenants, no numbers, no people."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class GatewayMetrics:
    """One registry per app, so that several apps can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        by_route = ["method", "route"]
        self.requests = counter("milepost_http_requests", "Requests by route and status.", [*by_route, "status"])
        self.latency = Histogram(
            "milepost_http_request_seconds", "Time to answer.", by_route, buckets=_SECONDS, registry=self.registry
        )
        self.kept = counter(
            "milepost_intake_messages", "Messages stored, by way in and whether they were new.", ["way", "outcome"]
        )
        self.refused = counter("milepost_webhook_refusals", "Carrier webhooks refused, by problem.", ["problem"])
        self.read = counter("milepost_intake_read", "Messages read, by outcome.", ["outcome"])
        self.facts = counter("milepost_intake_facts", "Facts recorded, by outcome.", ["outcome"])
        self.events = counter(
            "milepost_intake_events",
            "New source events by dialect, and whether a table knew them.",
            ["dialect", "outcome"],
        )
        self.handed_over = counter("milepost_courier_facts_handed_over", "Facts given to shipment workflows.")
        self.hand_overs = counter(
            "milepost_courier_hand_overs", "Hand-overs to shipment workflows, by outcome.", ["outcome"]
        )
        self.links = counter("milepost_legs_linked", "Numbers that payloads tie together, by outcome.", ["outcome"])
        self.waiting = gauge("milepost_courier_waiting_messages", "Messages in memory, not read yet.")
        self.outage = gauge("milepost_courier_outage", "1 while hand-overs fail and facts wait in the ledger.")
        self.commands = counter("milepost_commands", "Commands by kind and outcome.", ["kind", "outcome"])
