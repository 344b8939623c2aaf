"""`milepost worker` and `milepost gateway`: one role per process, for production."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from worker.cli.output import ExitCode
from worker.logs import configure_logging
from worker.processes import serve_gateway, serve_worker
from worker.settings import Settings
from worker.workers import Role

worker_app = typer.Typer(rich_markup_mode="rich", add_completion=False)
gateway_app = typer.Typer(rich_markup_mode="rich", add_completion=False)


class RoleChoice(StrEnum):
    """What may follow `--role`."""

    SHIPMENTS = "shipments"
    ERP = "erp"
    CARRIERS = "carriers"
    ALL = "all"


@worker_app.command()
def worker(
    role: Annotated[RoleChoice, typer.Option(help="Which task queue to serve.")] = RoleChoice.ALL,
) -> None:
    """Run a worker until SIGTERM or Ctrl-C.

    [bold]shipments[/] runs the shipment workflows and their ledger commits,
    [bold]erp[/] the repeated pushes to order systems, [bold]carriers[/] asks
    carriers about numbers. Start as many processes of each as the load needs;
    nothing but Temporal and the ledger coordinates them.

    [bold]Examples[/]

      milepost worker --role shipments
      MILEPOST_SERVICE__METRICS=127.0.0.1:9464 milepost worker --role erp
    """
    settings = Settings.load()
    configure_logging(level=settings.log.level, style=settings.log.format)
    roles = tuple(Role) if role is RoleChoice.ALL else (Role(role.value),)
    if not asyncio.run(serve_worker(settings, roles)):
        raise typer.Exit(ExitCode.PROBLEMS)


@gateway_app.command()
def gateway() -> None:
    """Run the HTTP gateway until SIGTERM or Ctrl-C.

    It takes webhooks in also while Temporal is away: the bytes are kept and carried over later.

    [bold]Examples[/]

      milepost gateway
      MILEPOST_GATEWAY__HOST=0.0.0.0 MILEPOST_GATEWAY__PORT=9000 milepost gateway
    """
    settings = Settings.load()
    configure_logging(level=settings.log.level, style=settings.log.format)
    asyncio.run(serve_gateway(settings))
