"""What the gateway counts. Labels are closed lists: no tenants, no numbers, no people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class GatewayMetrics:
    """One registry per app, so that several apps can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "milepost_http_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "milepost_http_request_seconds",
            "Time to answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.kept = Counter(
            "milepost_intake_messages",
            "Messages stored, by way in and whether they were new.",
            ["way", "outcome"],
            registry=self.registry,
        )
        self.refused = Counter(
            "milepost_webhook_refusals", "Carrier webhooks refused, by problem.", ["problem"], registry=self.registry
        )
        self.read = Counter("milepost_intake_read", "Messages read, by outcome.", ["outcome"], registry=self.registry)
        self.facts = Counter(
            "milepost_intake_facts", "Facts recorded, by outcome.", ["outcome"], registry=self.registry
        )
        self.handed_over = Counter(
            "milepost_courier_facts_handed_over", "Facts given to shipment workflows.", registry=self.registry
        )
        self.hand_overs = Counter(
            "milepost_courier_hand_overs",
            "Hand-overs to shipment workflows, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.waiting = Gauge(
            "milepost_courier_waiting_messages", "Messages in memory, not read yet.", registry=self.registry
        )
        self.outage = Gauge(
            "milepost_courier_outage", "1 while hand-overs fail and facts wait in the ledger.", registry=self.registry
        )
        self.commands = Counter(
            "milepost_commands", "Commands by kind and outcome.", ["kind", "outcome"], registry=self.registry
        )
