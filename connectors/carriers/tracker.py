"""One carrier account that can be asked: always with its present credentials, failures told by number."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from connectors.carriers.account import AccountDirectory, CallingAccount
from connectors.carriers.answers import NotAnAnswerError, kept
from connectors.carriers.requests import askable, tracking_request
from connectors.carriers.tokens import TokenSource
from connectors.carriers.validators import Key, Validators
from connectors.http import Answer, PartnerHttp
from domain.carriers import AccountSwitch, CarrierAnswer, CarrierTracker, Fetched, NumberFailure
from domain.errors import (
    CredentialsRejectedError,
    NotKnownYetError,
    PartnerContractError,
    PartnerError,
    RequestRejectedError,
)
from domain.ports import Clock
from mappings.calls import Calls

_UNCHANGED: Final = 304
_NARROWING: Final = 12
"""Further requests at most to find the number that spoils a batch: enough for one among forty."""

_OF_A_NUMBER: Final = (RequestRejectedError, PartnerContractError, NotKnownYetError)


@dataclass(slots=True)
class _Outcome:
    answers: list[CarrierAnswer] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failures: list[NumberFailure] = field(default_factory=list)
    left: int = _NARROWING
    halted: PartnerError | None = None
    last: PartnerError | None = None

    def fail(self, numbers: Sequence[str], error: PartnerError) -> None:
        """Let the numbers fail; a failure that is not a number's own ends all asking."""
        self.failures += [NumberFailure(number, error.code, str(error)) for number in numbers]
        self.last = error
        if not _may_be_of_a_number(error):
            self.halted = error

    def nothing(self) -> PartnerError | None:
        """Return the failure to raise where nothing at all was learnt; an unknown number is something."""
        is_empty = not self.answers and not self.unchanged
        return self.last if is_empty and not isinstance(self.last, NotKnownYetError) else None


def _may_be_of_a_number(error: PartnerError) -> bool:
    """Tell whether a single number of a batch may be the cause, and not the account or the carrier."""
    return isinstance(error, _OF_A_NUMBER) and not isinstance(error, NotAnAnswerError)


class AccountTracker(CarrierTracker):
    """Asks one carrier through one account. Tasks of one event loop may share it."""

    def __init__(
        self,
        account: CallingAccount,
        calls: Calls,
        *,
        directory: AccountDirectory,
        http: PartnerHttp,
        clock: Clock,
        switch: AccountSwitch | None = None,
    ) -> None:
        """Keep what calls need; `switch` stops the account when its credentials are refused."""
        self._account = account
        self._calls = calls
        self._directory = directory
        self._http = http
        self._clock = clock
        self._switch = switch
        self._tokens = TokenSource(calls, http, clock)
        self._validators = Validators()

    @property
    @override
    def batch_size(self) -> int:
        return self._calls.call.batch

    @property
    @override
    def requests_per_second(self) -> float:
        return self._account.requests_per_second or self._calls.rate.per_second

    @override
    async def fetch(self, numbers: Sequence[str]) -> Fetched:
        """Ask for the numbers.

        Raises:
            ValueError: more numbers than `batch_size`.
            CredentialsRejectedError: the account is stopped, or is now; a person has to renew its credentials.
            PartnerError: nothing at all could be asked.
        """
        if len(numbers) > self.batch_size:
            raise ValueError(f"{len(numbers)} numbers in a batch of {self.batch_size}")
        asked = {number: plain for number in numbers if (plain := askable(number)) is not None}
        refused = [
            NumberFailure(name, RequestRejectedError.code, _NOT_ASKABLE) for name in numbers if name not in asked
        ]
        if not asked:
            return Fetched(failures=tuple(refused))
        outcome = _Outcome()
        await self._ask(asked, outcome)
        nothing = outcome.nothing()
        if nothing is not None:
            raise nothing
        return Fetched(tuple(outcome.answers), (*refused, *outcome.failures), tuple(outcome.unchanged))

    @override
    def stored(self, fetched: Fetched, /) -> None:
        for answer in fetched.answers:
            self._validators.stored(self._key(self._account, answer.numbers), answer.body)

    async def _ask(self, numbers: dict[str, str], outcome: _Outcome) -> None:
        """Ask for all numbers at once, and for halves of them where one number may have spoiled the whole."""
        names = tuple(numbers)
        if outcome.halted is not None:
            outcome.fail(names, outcome.halted)
            return
        try:
            answer = await self._ask_once(numbers)
        except PartnerError as error:
            if _may_be_of_a_number(error) and len(numbers) > 1 and outcome.left > 1:
                outcome.left -= 2
                middle = len(names) // 2
                for part in (names[:middle], names[middle:]):
                    await self._ask({name: numbers[name] for name in part}, outcome)
            else:
                outcome.fail(names, error)
        else:
            if answer is None:
                outcome.unchanged += names
            else:
                outcome.answers.append(answer)

    async def _ask_once(self, numbers: dict[str, str]) -> CarrierAnswer | None:
        """Return the answer, None for an unchanged one; refused credentials are tried again where they are fresh."""
        account = await self._fresh()
        token: str | None = None
        try:
            token = await self._tokens.token(account)
            return await self._exchange(account, numbers, token)
        except CredentialsRejectedError as error:
            renewed = await self._fresh()
            if not self._tokens.refused(token) and renewed.generation == account.generation:
                await self._stop(error)
                raise
        try:
            return await self._exchange(renewed, numbers, await self._tokens.token(renewed))
        except CredentialsRejectedError as error:
            await self._stop(error)
            raise

    async def _exchange(
        self, account: CallingAccount, numbers: dict[str, str], token: str | None
    ) -> CarrierAnswer | None:
        now = self._clock.now()
        request = tracking_request(self._calls, account, tuple(numbers.values()), token=token, now=now)
        key = self._key(account, tuple(numbers))
        conditions = self._validators.headers(key)
        answer = await self._http.request(
            request.method,
            request.url,
            headers={"accept": ", ".join(self._calls.answer.content_types), **request.headers, **conditions},
            body=request.body,
            partner=account.account_id,
        )
        if answer.status == _UNCHANGED and conditions:
            return None
        judged = kept(answer, self._calls, account, tuple(numbers), now=now)
        self._remember(key, judged, answer)
        return judged

    def _remember(self, key: Key, judged: CarrierAnswer, answer: Answer) -> None:
        if answer.is_success:
            self._validators.seen(key, judged.body, answer.headers)

    def _key(self, account: CallingAccount, numbers: tuple[str, ...]) -> Key:
        return (account.base_url, tuple(sorted(account.options.items())), numbers)

    async def _fresh(self) -> CallingAccount:
        """Return the account as it is now; raise `CredentialsRejectedError` when it is stopped."""
        account = await asyncio.to_thread(self._directory.calling, self._account.account_id)
        if account.stopped is not None:
            raise stopped(account)
        self._account = account
        return account

    async def _stop(self, error: CredentialsRejectedError) -> None:
        if self._switch is not None:
            await asyncio.to_thread(self._switch.stop, self._account.account_id, reason=str(error))


def stopped(account: CallingAccount) -> CredentialsRejectedError:
    """Return the failure of asking through a stopped account."""
    return CredentialsRejectedError(
        f"{account.account_id} is stopped: {account.stopped}", account=account.account_id, carrier=account.carrier
    )


_NOT_ASKABLE: Final = "a number that holds more than letters, digits and `-._` cannot be asked for"
