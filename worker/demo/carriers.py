"""The carriers of the demonstration: each signs its payloads as it does in earnest and repeats until it is heard."""

import asyncio
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from connectors import standard_webhooks, track17
from worker.demo.dialects import WRITERS, Scan
from worker.demo.story import Episode, Track

TRACK17: Final = "17track"
_TRIES: Final = 40
_PAUSE: Final = 0.25


@dataclass(slots=True)
class Account:
    """A carrier's side of a carrier account."""

    name: str
    dialect: str
    secret: str

    @classmethod
    def new(cls, dialect: str) -> "Account":
        """Return an account with a fresh secret of the kind its carrier uses."""
        secret = secrets.token_hex(16) if dialect == TRACK17 else standard_webhooks.new_key()
        return cls(f"{dialect}-demo", dialect, secret)

    def headers(self, body: bytes) -> dict[str, str]:
        """Return content type and signature for these bytes."""
        kind = {"content-type": WRITERS[self.dialect][1]}
        if self.dialect == TRACK17:
            return kind | {track17.SIGNATURE_HEADER: track17.sign(body, self.secret)}
        message_id = "msg_" + secrets.token_hex(12)
        return kind | standard_webhooks.sign(body, message_id=message_id, at=datetime.now(UTC), keys=[self.secret])


@dataclass(slots=True)
class Carriers:
    """Sends payloads to the gateway. `sent` counts accepted webhooks, repeats included."""

    http: httpx.AsyncClient
    accounts: dict[str, Account]
    sent: int = 0
    _live: dict[tuple[str, int], datetime] = field(default_factory=dict)

    async def report(self, episode: Episode, wave: int, *, rng: random.Random) -> int:
        """Send what the carriers of this shipment know by that round; return the number of webhooks."""
        letters = [letter for track in episode.tracks if wave in track.cuts for letter in self._letters(track, wave)]
        if not episode.is_unruly:
            for account, body in letters:
                await self.send(account, body)
            return len(letters)
        shuffled = letters * 2
        rng.shuffle(shuffled)
        await asyncio.gather(*(self.send(account, body) for account, body in shuffled))
        return len(shuffled)

    def _letters(self, track: Track, wave: int) -> Iterator[tuple[Account, bytes]]:
        write, account = WRITERS[track.dialect][0], self.accounts[track.dialect]
        known = [self._dated(track, place, scan) for place, scan in track.known(wave)]
        first = 1 if len(track.cuts) == 1 else len(known)
        # A carrier that sends everything in one go has pushed a payload per scan before: each one longer.
        for count in range(first, len(known) + 1):
            yield account, write(track.parcel, known[:count])

    def _dated(self, track: Track, place: int, scan: Scan) -> Scan:
        if track.live_from is None or place < track.live_from:
            return scan
        # The whole second after now: a stamp cut down to seconds must not lie before the command that led to it.
        now = datetime.now(scan.at.tzinfo).replace(microsecond=0) + timedelta(seconds=1)
        return scan._replace(at=self._live.setdefault((track.parcel.number, place), now))

    async def send(self, account: Account, body: bytes) -> None:
        """Send one payload and repeat it until it is accepted.

        Raises:
            RuntimeError: Nobody accepted it, or it was refused for good.
        """
        for _ in range(_TRIES):
            try:
                answer = await self.http.post(
                    f"/webhooks/carriers/{account.name}", content=body, headers=account.headers(body)
                )
            except httpx.TransportError:
                await asyncio.sleep(_PAUSE)
                continue
            if answer.is_success:
                self.sent += 1
                return
            if answer.is_client_error:
                raise RuntimeError(f"the gateway refused a webhook of {account.name}: {answer.status_code}")
            await asyncio.sleep(_PAUSE)
        raise RuntimeError(f"the gateway did not accept a webhook of {account.name}")
