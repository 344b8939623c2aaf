"""Failures of the hub in Temporal's words."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput
from typing_extensions import override

from domain import errors
from domain.errors import HubError, PartnerUnavailableError, RateLimitedError, RequestRejectedError
from worker.failures import FailureInterceptor, as_application_error


def _tree(kind: type[HubError]) -> list[type[HubError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _tree(child))]


TREE = [kind for kind in _tree(HubError) if kind.__module__ == errors.__name__]


def test_codes_are_unique():
    codes = [kind.code for kind in TREE]

    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.code)
def test_every_failure_keeps_code_retryability_evidence_and_pause(kind: type[HubError]):
    error = kind("it went wrong", retry_after=timedelta(seconds=7), http_status=599)

    translated = as_application_error(error)

    assert translated.type == kind.code
    assert translated.non_retryable is not kind.retryable
    assert translated.next_retry_delay == timedelta(seconds=7)
    assert translated.details == ({"http_status": 599},)
    assert translated.message == "it went wrong"


def test_evidence_is_cut_to_a_bounded_length():
    error = RequestRejectedError("no", reason="x" * 5_000)

    assert as_application_error(error).details == ({"reason": "x" * errors.MAX_EVIDENCE},)


class _Raising(ActivityInboundInterceptor):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        raise self.error


async def _through_interceptor(error: BaseException) -> None:
    given = ExecuteActivityInput(fn=lambda: None, args=[], executor=None, headers={})
    await FailureInterceptor().intercept_activity(_Raising(error)).execute_activity(given)


async def test_the_interceptor_translates_and_names_the_cause():
    error = RateLimitedError("slow down", retry_after=timedelta(seconds=30))

    with pytest.raises(ApplicationError) as caught:
        await _through_interceptor(error)

    assert (caught.value.type, caught.value.non_retryable) == ("rate_limited", False)
    assert caught.value.__cause__ is error


async def test_the_interceptor_leaves_other_failures_alone():
    with pytest.raises(ZeroDivisionError):
        await _through_interceptor(ZeroDivisionError())


async def test_without_the_interceptor_nothing_is_translated():
    @activity.defn
    async def failing() -> None:
        raise PartnerUnavailableError("no answer")

    with pytest.raises(PartnerUnavailableError):
        await ActivityEnvironment().run(failing)
