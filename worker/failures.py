"""The one place where failures of the hub become failures of Temporal."""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override

from domain.errors import HubError


def as_application_error(error: HubError) -> ApplicationError:
    """Return the same failure in Temporal's words: type is the code, details hold the evidence."""
    return ApplicationError(
        str(error),
        error.evidence,
        type=error.code,
        non_retryable=not error.retryable,
        next_retry_delay=error.retry_after,
    )


class _TranslatingActivities(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except HubError as error:
            raise as_application_error(error) from error


class FailureInterceptor(Interceptor):
    """Translates `HubError`s that leave an activity. Put it on the worker only: on a client too it would run twice."""

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _TranslatingActivities(next)
