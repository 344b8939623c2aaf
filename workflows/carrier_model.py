"""What the workflow of a carrier account is given, carries over, and tells when asked; every field has a default."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel

from domain.facts import FROZEN


class PollMode(StrEnum):
    """`ASKING` is in a round (or waits for a carrier that is away), `WAITING` until the next number is due."""

    ASKING = "ASKING"
    WAITING = "WAITING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class AccountCarried(BaseModel):
    """The state that continue-as-new takes along; `wake_at` and `subscribe_at` are waits that are not over."""

    model_config = FROZEN

    is_paused: bool = False
    is_hurried: bool = False
    asked: int = 0
    failed: int = 0
    runs: int = 1
    trouble: str | None = None
    wake_at: AwareDatetime | None = None
    subscribed: int = 0
    unsubscribed: int = 0
    subscribe_trouble: str | None = None
    subscribe_at: AwareDatetime | None = None


class AccountStart(BaseModel):
    """The one argument of an account's workflow. `events` is the length of history that ends a run."""

    model_config = FROZEN

    account: str
    events: int = 1_900
    carried: AccountCarried = AccountCarried()


class AccountProgress(BaseModel):
    """The short answer about an account; counts are since its workflow was started.

    `trouble` says why the account is stopped, or what was wrong with the latest round. `subscribed` are confirmations
    by the provider, `unsubscribed` numbers it did not take, and `subscribe_trouble` is what was wrong with the latest
    attempt.
    """

    model_config = FROZEN

    account: str
    mode: PollMode
    asked: int = 0
    failed: int = 0
    runs: int = 1
    wake_at: AwareDatetime | None = None
    trouble: str | None = None
    subscribed: int = 0
    unsubscribed: int = 0
    subscribe_at: AwareDatetime | None = None
    subscribe_trouble: str | None = None
