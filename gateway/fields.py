"""Field types that every route shares: bounded, printable, and never a time without zone."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})")
_YEARS: Final = range(1970, 2201)


def _iso_with_zone(value: Any) -> Any:
    # Numbers would be read as seconds or milliseconds by their size, which is a guess.
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _ISO.fullmatch(value) or int(value[:4]) not in _YEARS:
        raise PydanticCustomError("iso_time", "write a time as ISO 8601 with its offset: 2026-03-02T09:30:00+01:00")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_iso_with_zone)]
"""An ISO 8601 time with offset, of the years 1970 to 2200."""

_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_PRINTABLE)]
Number = Annotated[str, StringConstraints(min_length=4, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
ShipmentId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
CommandId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
