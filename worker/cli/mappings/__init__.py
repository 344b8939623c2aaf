"""`milepost mappings`: what the tables know, what they do not, and what a better table changes."""

import typer

from worker.cli.mappings.check import check
from worker.cli.mappings.coverage import coverage
from worker.cli.mappings.draft import draft
from worker.cli.mappings.expect import expect
from worker.cli.mappings.explain import explain
from worker.cli.mappings.new import new
from worker.cli.mappings.renormalise import renormalise
from worker.cli.mappings.words import words
from worker.cli.unmapped import unmapped

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="""Look after the tables that turn carriers' codes into milestones.

    [bold]Examples[/]

      milepost mappings new nordbahn                       the folder of a new carrier
      milepost mappings draft nordbahn samples/*.json      what is where in its payloads?
      milepost mappings words customs                      which milestones and reasons are there?
      milepost mappings check nordbahn                     what is left to do?
      milepost mappings expect nordbahn                    write down what its fixtures become
      milepost mappings coverage                           which documented codes are judged?
      milepost mappings explain fedex DE/08                which row decides, and why?
      milepost mappings unmapped                           which codes came that nobody knows?
      milepost mappings renormalise --carrier fedex        what would today's table change?

    docs/adding-a-carrier.md walks through a new carrier,
    docs/changing-a-mapping.md through a change from unknown code to corrected order systems.
    """,
)

app.command()(new)
app.command()(draft)
app.command()(words)
app.command()(check)
app.command()(expect)
app.command()(coverage)
app.command()(explain)
app.command()(unmapped)
app.command()(renormalise)
