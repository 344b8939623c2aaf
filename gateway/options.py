"""What an operator may set about the gateway; the worker room fills it from its settings."""

from dataclasses import dataclass, field
from datetime import timedelta

KIB = 1024


@dataclass(frozen=True, slots=True)
class CourierOptions:
    """Rhythm of the courier.

    `settle_quiet` without a new message closes a batch, `settle_most` closes it anyway. Work that a crash or an
    outage left behind is looked for every `sweep_every`, among rows older than `sweep_older_than`; shipments without a
    workflow every `start_older_than`.
    """

    settle_quiet: timedelta = timedelta(milliseconds=150)
    settle_most: timedelta = timedelta(milliseconds=600)
    sweep_every: timedelta = timedelta(seconds=5)
    sweep_older_than: timedelta = timedelta(seconds=4)
    start_older_than: timedelta = timedelta(seconds=20)
    retry_first: timedelta = timedelta(milliseconds=500)
    retry_most: timedelta = timedelta(seconds=15)
    max_waiting: int = 2_000
    max_waiting_bytes: int = 64 * KIB * KIB
    max_batch: int = 500
    parallel: int = 16


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """Limits in bytes, rows and seconds."""

    webhook_limit: int = 256 * KIB
    upload_limit: int = 4 * KIB * KIB
    request_limit: int = 256 * KIB
    max_waiters: int = 100
    courier: CourierOptions = field(default_factory=CourierOptions)
