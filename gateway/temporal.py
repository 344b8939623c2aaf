"""The connection to Temporal: one data converter for every process, and the search attributes."""

from collections.abc import Sequence
from typing import Final

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import PydanticPayloadConverter, ToJsonOptions
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from gateway.codec import EncryptingCodec
from workflows.attributes import ATTRIBUTES

Keys = Sequence[tuple[str, bytes]]
"""Payload keys as `(id, key)`, newest first."""

_TYPES: Final = {"Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD}


class CompactPayloadConverter(PydanticPayloadConverter):
    """Pydantic JSON without the fields nobody set: wire models have a default for everything optional."""

    def __init__(self) -> None:
        super().__init__(ToJsonOptions(exclude_unset=True))


def data_converter(keys: Keys = ()) -> DataConverter:
    """Return the converter of the hub; with keys, payloads and the texts of failures are sealed."""
    if not keys:
        return DataConverter(payload_converter_class=CompactPayloadConverter)
    return DataConverter(
        payload_converter_class=CompactPayloadConverter,
        payload_codec=EncryptingCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(
    address: str, namespace: str, *, keys: Keys = (), lazy: bool = False, runtime: Runtime | None = None
) -> Client:
    """Connect to `host:port`; a lazy client connects with its first call and cannot serve a worker.

    Raises:
        RuntimeError: The server does not answer (never when lazy).
    """
    return await Client.connect(
        address, namespace=namespace, data_converter=data_converter(keys), lazy=lazy, runtime=runtime
    )


async def register_search_attributes(client: Client) -> list[str]:
    """Add the hub's search attributes that the namespace lacks; return their names. May be repeated."""
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {name: _TYPES[kind] for name, kind in ATTRIBUTES.items() if name not in listed.custom_attributes}
    if not missing:
        return []
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        # Another process of the hub was faster.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
    return sorted(missing)
