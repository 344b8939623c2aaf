"""The floor of the webhook benchmark: the bare framework takes the same bytes, keeps nothing and answers the same."""

from typing import Final

from fastapi import FastAPI, Request

app: Final = FastAPI()


@app.get("/readyz")
async def ready() -> dict[str, bool]:
    """Say that the process serves."""
    return {"is_ready": True}


@app.post("/webhooks/carriers/{account}", status_code=202)
async def receive(account: str, request: Request) -> dict[str, str | bool]:
    """Read the body whole and answer in the gateway's form."""
    body = await request.body()
    return {"message_id": f"{account}-{len(body)}", "is_new": True}
