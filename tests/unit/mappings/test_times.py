"""Times: an instant where the zone is known, a day where it is not, never a guess."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.axes import Precision
from domain.errors import MappingInvalidError
from mappings.schema import TimeSpec
from mappings.stamps import reader
from mappings.times import (
    NO_ZONE,
    SKIPPED,
    TWICE,
    ZONES_DIFFER,
    TimeUnreadableError,
    When,
    compile_times,
    zone,
)
from mappings.zones import clocks_of, zones_of

LOCAL = ["%d.%m.%Y %H:%M", "%d.%m.%Y"]


def read(spec: TimeSpec, node: dict[str, str], place: tuple[str | None, ...] = (None,)) -> When:
    return compile_times([spec], {"EST": "-05:00", "MEZ": "Europe/Berlin"})(node, (), lambda: clocks_of(*place))


def iso(**keys: object) -> TimeSpec:
    return TimeSpec.model_validate({"fields": ["t"], "formats": ["iso"], **keys})


def said(when: When) -> tuple[str | None, str | None, str | None]:
    return when.at.isoformat() if when.at else None, when.precision, when.note


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2026-03-01T10:00:05+02:00", "2026-03-01T10:00:05+02:00", "SECOND"),
        ("2026-03-01T10:00:05 -0500", "2026-03-01T10:00:05-05:00", "SECOND"),
        ("2026-03-01 10:00Z", "2026-03-01T10:00:00+00:00", "MINUTE"),
        ("2026-03-01T10:00:05.123456789+01:00", "2026-03-01T10:00:05.123456+01:00", "SECOND"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00", "DAY"),
    ],
)
def test_an_offset_in_the_value_counts(text: str, at: str, precision: str) -> None:
    assert said(read(iso(), {"t": text})) == (at, precision, None)


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "2026-02-30T10:00:00Z", "1899-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00+23:00",
     "20260301", "2026-W10-1", "2026-03-01T25:00:00Z"],
)  # fmt: skip
def test_what_cannot_be_real_rejects_the_event(text: str) -> None:
    with pytest.raises(TimeUnreadableError):
        read(iso(), {"t": text})


def test_no_value_is_no_time() -> None:
    assert read(iso(), {}) == When(None, None, None)


def test_a_local_time_of_an_unknown_place_is_a_day() -> None:
    assert said(read(iso(), {"t": "2026-03-01T23:30:00"})) == ("2026-03-01T00:00:00+00:00", "DAY", NO_ZONE)


@pytest.mark.parametrize(
    ("place", "at"),
    [
        (("DE", None, None), "2026-07-01T10:00:00+02:00"),
        (("US", "CA", None), "2026-07-01T10:00:00-07:00"),
        (("US", "TX", "Houston"), "2026-07-01T10:00:00-05:00"),
        (("US", "Texas", "EL PASO"), "2026-07-01T10:00:00-06:00"),
        (("CA", "QC", "Montréal"), "2026-07-01T10:00:00-04:00"),
        (("CA", "BC", "VANCOUVER"), "2026-07-01T10:00:00-07:00"),
        (("AU", "NSW", "Sydney"), "2026-07-01T10:00:00+10:00"),
        (("CN", None, "Urumqi"), "2026-07-01T10:00:00+08:00"),
        (("ES", None, "Las Palmas de Gran Canaria"), "2026-07-01T10:00:00+01:00"),
        (("AR", None, None), "2026-07-01T10:00:00-03:00"),
    ],
)
def test_the_zone_of_the_place_makes_an_instant(place: tuple[str | None, ...], at: str) -> None:
    assert said(read(iso(), {"t": "2026-07-01T10:00:00"}, place)) == (at, "SECOND", None)


@pytest.mark.parametrize("place", [("US", None, None), ("US", "TN", None), ("ES", None, None), ("RU", None, "Nowhere")])
def test_a_place_with_several_clocks_is_a_day(place: tuple[str | None, ...]) -> None:
    assert said(read(iso(), {"t": "2026-07-01T10:00:00"}, place))[1:] == ("DAY", ZONES_DIFFER)


def test_a_time_that_the_clocks_skip_is_a_day_and_says_so() -> None:
    when = read(iso(zone="Europe/Berlin"), {"t": "2026-03-29T02:30:00"})

    assert said(when) == ("2026-03-29T00:00:00+00:00", "DAY", SKIPPED)


def test_a_time_that_occurs_twice_is_a_day_and_says_so() -> None:
    when = read(iso(zone="Europe/Berlin"), {"t": "2026-10-25T02:30:00"})

    assert said(when) == ("2026-10-25T00:00:00+00:00", "DAY", TWICE)


def test_the_hours_around_a_clock_change_are_instants() -> None:
    spec = iso(zone="Europe/Berlin")

    assert said(read(spec, {"t": "2026-03-29T01:59:59"}))[0] == "2026-03-29T01:59:59+01:00"
    assert said(read(spec, {"t": "2026-03-29T03:00:00"}))[0] == "2026-03-29T03:00:00+02:00"


def test_zone_field_beats_documented_zone_beats_place() -> None:
    spec = TimeSpec.model_validate({"fields": ["d", "h"], "formats": LOCAL, "zone_field": "z", "zone": "Asia/Shanghai"})
    node = {"d": "01.02.2026", "h": "10:00"}

    assert said(read(spec, node | {"z": "EST"}, ("DE",)))[0] == "2026-02-01T10:00:00-05:00"
    assert said(read(spec, node | {"z": "mez"}, ("DE",)))[0] == "2026-02-01T10:00:00+01:00"
    assert said(read(spec, node | {"z": "GMT+3"}, ("DE",)))[0] == "2026-02-01T10:00:00+03:00"
    assert said(read(spec, node | {"z": "???"}, ("DE",)))[0] == "2026-02-01T10:00:00+08:00"
    assert said(read(spec, node, ("DE",)))[0] == "2026-02-01T10:00:00+08:00"


def test_a_date_without_its_time_is_a_day() -> None:
    spec = TimeSpec.model_validate({"fields": ["d", "h"], "formats": LOCAL, "zone": "Europe/Berlin"})

    assert said(read(spec, {"d": "01.02.2026"})) == ("2026-02-01T00:00:00+00:00", "DAY", None)
    assert said(read(spec, {"h": "10:00"})) == (None, None, None)


def test_midnight_without_offset_is_a_date_only_where_declared() -> None:
    midnight, offset = {"t": "2026-02-01T00:00:00"}, {"t": "2026-02-01T00:00:00-06:00"}

    assert said(read(iso(midnight_is_date=True), midnight, ("DE",))) == ("2026-02-01T00:00:00+00:00", "DAY", None)
    assert said(read(iso(), midnight, ("DE",)))[0] == "2026-02-01T00:00:00+01:00"
    assert said(read(iso(midnight_is_date=True), offset))[0] == "2026-02-01T00:00:00-06:00"


def test_an_epoch_counted_in_the_wrong_zone_is_undone() -> None:
    spec = TimeSpec.model_validate(
        {"fields": ["t"], "formats": ["epoch_ms"], "counted_in": "+08:00", "zone_field": "z"}
    )
    thirteen_in_shanghai = str(int(datetime(2026, 1, 27, 5, 23, tzinfo=UTC).timestamp() * 1000))

    assert said(read(spec, {"t": thirteen_in_shanghai, "z": "GMT+2"}))[0] == "2026-01-27T13:23:00+02:00"
    assert said(read(spec, {"t": thirteen_in_shanghai}))[:2] == ("2026-01-27T00:00:00+00:00", "DAY")


def test_a_distrusted_offset_is_dropped() -> None:
    assert (
        said(read(iso(distrust_offset=True), {"t": "2026-02-01T10:00:00Z"}, ("DE",)))[0] == "2026-02-01T10:00:00+01:00"
    )


def test_the_first_way_with_a_value_is_used() -> None:
    times = compile_times([iso(), TimeSpec.model_validate({"fields": ["e"], "formats": ["epoch_s"]})], {})

    assert said(times({"e": 1_770_000_000}, (), tuple)) == ("2026-02-02T02:40:00+00:00", "SECOND", None)


@pytest.mark.parametrize("text", ["", "12", "10000000000000000000000", "nan", "-1"])
def test_a_broken_epoch_is_unreadable(text: str) -> None:
    stamp = reader("epoch_ms")(text)

    assert stamp is None or stamp.at.year < 1990


@pytest.mark.parametrize(
    ("pattern", "text", "at", "precision"),
    [
        ("%d.%m.%Y %H:%M", "17.03.2016 11:44", datetime(2016, 3, 17, 11, 44), Precision.MINUTE),  # noqa: DTZ001 - as read
        ("%Y%m%d%H%M%S", "20260301101112", datetime(2026, 3, 1, 10, 11, 12), Precision.SECOND),  # noqa: DTZ001 - as read
        ("%m/%d/%y %I:%M %p", "03/01/26 01:05 PM", datetime(2026, 3, 1, 13, 5), Precision.MINUTE),  # noqa: DTZ001 - as read
        ("wcf", "/Date(1772446080000+0300)/", datetime(2026, 3, 2, 10, 8, tzinfo=UTC), Precision.SECOND),
        ("wcf", "/Date(1772446080000)/", datetime(2026, 3, 2, 10, 8, tzinfo=UTC), Precision.SECOND),
        ("%d %b %Y", "1 Mar 2026", datetime(2026, 3, 1), Precision.DAY),  # noqa: DTZ001 - as read
    ],
)
def test_a_pattern_reads_what_it_says(pattern: str, text: str, at: datetime, precision: Precision) -> None:
    assert reader(pattern)(text) == (at, precision)


@pytest.mark.parametrize("text", ["/Date(now)/", "Date(1772446080000)", "/Date(1772446080000+03:00)/", "1772446080000"])
def test_a_date_of_microsofts_json_is_read_in_no_other_form(text: str) -> None:
    assert reader("wcf")(text) is None


@pytest.mark.parametrize("text", ["31.02.2016 10:00", "1.1.2016", "17.03.2016 11:44 Uhr", "\u0661\u0667.03.2016 11:44"])
def test_a_pattern_reads_nothing_else(text: str) -> None:
    assert reader("%d.%m.%Y %H:%M")(text) is None


def test_a_pattern_without_directives_is_refused() -> None:
    with pytest.raises(MappingInvalidError, match="expected iso"):
        reader("ISO8601")


def test_zone_names() -> None:
    assert zone("UTC") is UTC
    assert zone("GMT-3") == zone("-03:00")
    assert zone("+0530") == zone("UTC+5:30")
    assert [zone("EST"), zone("GMT+99"), zone("Europe/Nowhere"), zone("../../etc/passwd")] == [None] * 4
    assert zone("+05:30") is not None
    assert zone("+05:30").utcoffset(None) == timedelta(hours=5, minutes=30)  # type: ignore[union-attr]  # checked above


def test_zones_of_places() -> None:
    assert zones_of(None) == ()
    assert zones_of("IL") == ("Asia/Jerusalem",)
    assert zones_of("CA", "QC", "SAINTE-FOY") == ("America/Toronto",)
    assert zones_of("US", "GA", None) == ("America/New_York",)
    assert len(clocks_of("DE")) == 1
