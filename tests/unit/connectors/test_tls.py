"""The name of a partner is still proven, although the connection goes to an address that was resolved before."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.egress import EgressPolicy, GuardedTransport


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a self-signed certificate for a host name; return the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = (folder / f"{name}.pem", folder / f"{name}.key")
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the client did not like the certificate
    finally:
        writer.close()


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    chain, key = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def client(trusted: Path) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=str(trusted))
    transport = GuardedTransport(EgressPolicy(allow_loopback=True, https_only=True), verify=context)
    return httpx.AsyncClient(transport=transport, trust_env=False)


async def test_a_trusted_certificate_of_that_name_is_accepted(port: int, tmp_path: Path):
    async with client(tmp_path / "localhost.pem") as http:
        assert (await http.post(f"https://localhost:{port}/x")).status_code == 204


async def test_a_certificate_of_another_name_is_refused(port: int, tmp_path: Path):
    async with client(tmp_path / "localhost.pem") as http:
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            await http.post(f"https://127.0.0.1:{port}/x")


async def test_an_unknown_certificate_is_refused(port: int, tmp_path: Path):
    other, _ = certificate(tmp_path, "orders.example.com")

    async with client(other) as http:
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            await http.post(f"https://localhost:{port}/x")
