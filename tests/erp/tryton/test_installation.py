import httpx

from tests.erp.tryton.server import TrytonServer


def test_the_server_is_of_the_series_that_the_connector_is_written_for(tryton: TrytonServer) -> None:
    probe = {"id": 1, "method": "common.server.version", "params": []}

    answer = httpx.post(f"http://127.0.0.1:{tryton.port}/rpc/", json=probe)

    assert answer.json() == {"id": 1, "result": "8.0"}
