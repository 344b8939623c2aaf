"""What is wrong with a set-up is said in words, with the next step, and never by a traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger import migrate
from ledger.store import Ledger
from tests.e2e.conftest import up_settings
from tests.e2e.processes import MILEPOST, Child, eventually, milepost
from worker.devserver import free_port

pytestmark = pytest.mark.xdist_group("e2e-misconfigured")


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def _sealed(state: Path) -> None:
    """Make a ledger with something sealed in it, by a key that is not the one in `master.key`."""
    state.mkdir()
    url = f"sqlite:///{state / 'ledger.db'}"
    migrate.upgrade(url)
    ledger = Ledger.open(url, master_key=b"k" * 32)
    ledger.accounts.add("fedex-main", "main", "fedex", signing_keys=["s"])
    ledger.close()


def test_paths_that_cannot_be_used(tmp_path: Path):
    (tmp_path / "file").write_text("")

    code, said = milepost({"MILEPOST_STATE_DIR": str(tmp_path / "file" / "state")}, "up")
    assert code == 2
    assert "the state directory" in said
    assert "MILEPOST_STATE_DIR names another" in said

    ledger = f"sqlite:///{tmp_path}/file/ledger.db"
    code, findings = milepost({"MILEPOST_STATE_DIR": str(tmp_path / "s"), "MILEPOST_LEDGER__URL": ledger}, "doctor")
    assert code == 1
    [found] = [one for one in findings if one["verdict"] == "failed"]
    assert (found["name"], found["fix"]) == ("ledger", "check MILEPOST_LEDGER__URL")


def test_a_file_that_is_no_ledger(tmp_path: Path):
    (tmp_path / "ledger.db").write_bytes(bytes(range(256)) * 40)

    code, said = milepost({"MILEPOST_STATE_DIR": str(tmp_path)}, "erp", "status")

    assert code == 3
    assert "file is not a database" in said


def test_a_master_key_of_another_ledger(tmp_path: Path):
    state = tmp_path / "state"
    _sealed(state)
    settings = {"MILEPOST_STATE_DIR": str(state), "MILEPOST_TEMPORAL__ADDRESS": f"127.0.0.1:{free_port()}"}

    for role in (["gateway"], ["worker"]):
        process = Child(role[0], [MILEPOST, *role], settings, tmp_path / "role.log")
        process.start()
        assert process.process is not None
        assert process.process.wait(timeout=30) == 2
        assert "the master key does not open what this ledger holds" in (tmp_path / "role.log").read_text()
        process.kill()
    code, findings = milepost({"MILEPOST_STATE_DIR": str(state)}, "doctor")
    assert code == 1
    assert "master key" in next(one["detail"] for one in findings if one["name"] == "ledger")


@pytest.mark.temporal
def test_taken_ports(tmp_path: Path, taken: int):
    settings = up_settings(tmp_path / "state")

    code, said = milepost(settings, "up", "--port", str(taken))
    assert (code, "the port is taken" in said) == (2, True)
    code, said = milepost(settings | {"MILEPOST_TEMPORAL__PORT": str(taken)}, "up", "--port", "0")
    assert (code, f"port {taken}, which the Temporal server is to use, is taken" in said) == (3, True)


def test_a_gateway_without_tables_and_without_temporal_says_so(tmp_path: Path):
    port = free_port()
    settings = up_settings(tmp_path / "state") | {
        "MILEPOST_TEMPORAL__ADDRESS": f"127.0.0.1:{free_port()}",
        "MILEPOST_GATEWAY__PORT": str(port),
    }
    gateway = Child("gateway", [MILEPOST, "gateway"], settings, tmp_path / "gateway.log")
    gateway.start()
    try:
        assert eventually(lambda: "gateway.started" in gateway.log.read_text(), within=30), gateway.log.read_text()
        readiness = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10)
        assert readiness.status_code == 503
        assert readiness.json()["failing"] == {
            "ledger": "has no tables; run `milepost migrate`",
            "temporal": "does not answer; check the server and MILEPOST_TEMPORAL__ADDRESS",
        }
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
        refused = httpx.post(f"http://127.0.0.1:{port}/webhooks/carriers/any", content=b"{}", timeout=10)
        assert refused.status_code == 503

        code, findings = milepost(settings, "doctor")
        verdicts = {one["name"]: (one["verdict"], one["fix"]) for one in findings}
        assert code == 3
        assert verdicts["ledger"] == ("failed", "run `milepost migrate`")
        assert verdicts["Temporal"] == ("unreachable", "check MILEPOST_TEMPORAL__ADDRESS")
        assert milepost(settings, "migrate")[0] == 0
        again = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).json()
        assert list(again["failing"]) == ["temporal"]
    finally:
        assert gateway.terminate() == 0
