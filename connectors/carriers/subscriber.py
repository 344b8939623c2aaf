"""Asking a provider for webhooks about numbers: the way out of asking about them, with another reading of answers."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from typing_extensions import override

from connectors.carriers.account import AccountDirectory, CallingAccount
from connectors.carriers.answers import read
from connectors.carriers.tracker import AccountTracker
from connectors.http import PartnerHttp
from domain.carriers import AccountSwitch, CarrierAnswer, NumberFailure
from domain.errors import PartnerContractError, RequestRejectedError
from domain.ports import Clock
from domain.subscriptions import Subscribed
from mappings.access import getter
from mappings.call_subscriptions import WEBHOOK_SECRET, WEBHOOK_URL, Subscribe, Told
from mappings.calls import Calls
from mappings.scalars import text
from mappings.walks import walker

_NOT_CONFIRMED: Final = "the provider's answer does not confirm it"
_MOST_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Receivers(AccountDirectory):
    """Accounts that also know the `url` where their webhooks come in, and the newest signing `secret`."""

    directory: AccountDirectory
    url: str
    secret: str = field(repr=False)

    @override
    def calling(self, account: str, /) -> CallingAccount:
        """Return the account with address and secret of its webhooks; raise `NotFoundError`."""
        found = self.directory.calling(account)
        told = {WEBHOOK_SECRET: self.secret} if self.secret else {}
        return replace(
            found,
            credentials={**found.credentials, **told},
            options={**found.options, WEBHOOK_URL: self.url},
        )


class AccountSubscriber:
    """Subscribes numbers at one provider through one account. Tasks of one event loop may share it."""

    def __init__(
        self,
        account: str,
        calls: Calls,
        *,
        directory: Receivers,
        http: PartnerHttp,
        clock: Clock,
        switch: AccountSwitch | None = None,
    ) -> None:
        """Keep what calls need; raise `ValueError` where the provider takes no subscriptions. Blocks for one look."""
        if calls.subscribe is None:
            raise ValueError("these calls subscribe to nothing")
        self._subscribe: Final = calls.subscribe
        self._caller = AccountTracker(
            directory.calling(account),
            calls.subscribing(),
            directory=directory,
            http=http,
            clock=clock,
            switch=switch,
        )

    @property
    def batch_size(self) -> int:
        """Numbers that one request may carry."""
        return self._caller.batch_size

    async def subscribe(self, numbers: Sequence[str]) -> AsyncIterator[Subscribed]:
        """Ask for webhooks about the numbers and yield what came of each batch, at the account's rate.

        A number counts as taken only where the answer names it or says that it was there before.

        Raises:
            CredentialsRejectedError: the account is stopped, or is now.
            PartnerError: a batch could not be asked about at all; those before it were.
        """
        size, pause = self.batch_size, 1 / self._caller.requests_per_second
        for first in range(0, len(numbers), size):
            if first:
                await asyncio.sleep(pause)
            fetched = await self._caller.fetch(numbers[first : first + size])
            told = [told_by(answer, self._subscribe) for answer in fetched.answers]
            yield Subscribed(
                taken=tuple(number for one in told for number in one.taken),
                failures=(*fetched.failures, *(failure for one in told for failure in one.failures)),
            )


def told_by(answer: CarrierAnswer, subscribe: Subscribe) -> Subscribed:
    """Return what an answer says about each number that it was asked for."""
    tree = read(answer.body, subscribe.answer.format)
    confirmed = {_bare(text(item) or "") for path in subscribe.taken for item, _ in walker(path)(tree, ()) or ()}
    refused = dict(_refused(tree, subscribe.refused))
    known = subscribe.refused.known if subscribe.refused is not None else []
    all_known = subscribe.known is not None and bool(
        {text(item) for item, _ in walker(subscribe.known.path)(tree, ()) or ()} & set(subscribe.known.values)
    )
    taken, failures = [], []
    for number in answer.numbers:
        bare = _bare(number)
        code = refused.get(bare)
        # A refusal outweighs a confirmation: an answer that says both is not to be relied on.
        if all_known or (bare in refused and code in known) or (bare in confirmed and bare not in refused):
            taken.append(number)
        elif bare in refused:
            failures.append(NumberFailure(number, RequestRejectedError.code, f"refused{f': {code}' if code else ''}"))
        else:
            failures.append(NumberFailure(number, PartnerContractError.code, _NOT_CONFIRMED))
    return Subscribed(tuple(taken), tuple(failures))


def _refused(tree: Any, told: Told | None) -> Iterable[tuple[str, str | None]]:
    if told is None:
        return
    for item, scopes in walker(told.each)(tree, ()) or ():
        number = getter(told.number)(item, scopes) if told.number is not None else text(item)
        code = getter(told.code)(item, scopes) if told.code is not None else None
        if number:
            yield _bare(number), code[:_MOST_WORDS] if code else None


def _bare(number: str) -> str:
    return "".join(character for character in number.upper() if character.isalnum())
