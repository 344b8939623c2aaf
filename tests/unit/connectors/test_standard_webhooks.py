"""Vectors were made with openssl (`dgst -sha256 -mac HMAC`), not with the code under test."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from connectors.signatures import SignatureProblem, SignatureRefusedError
from connectors.standard_webhooks import key_bytes, new_key, sign, verify

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

OTHER_KEY = "whsec_bWlsZXBvc3Qtc2Vjb25kLWtleS0zMi1ieXRlcy1vayE="

HEADERS = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}


def problem_of(body: bytes, headers: dict[str, str], *, keys: list[str], now: datetime = AT) -> SignatureProblem:
    with pytest.raises(SignatureRefusedError) as caught:
        verify(body, headers, keys=keys, now=now)
    return caught.value.problem


def test_signs_the_known_vector():
    assert sign(BODY, message_id=ID, at=AT, keys=[KEY]) == HEADERS


def test_signs_a_second_vector_of_our_own_id_form():
    headers = sign(b'{"a":1}', message_id="main:S-1:2", at=datetime.fromtimestamp(1700000000, UTC), keys=[OTHER_KEY])

    assert headers["webhook-signature"] == "v1,crHvonI9EO5f9TY8uZiMfpkdy5V/07JERutmrfDMcIQ="


def test_accepts_the_known_vector_and_returns_its_id():
    assert verify(BODY, HEADERS, keys=[KEY], now=AT) == ID


def test_signs_with_every_live_key():
    headers = sign(BODY, message_id=ID, at=AT, keys=[OTHER_KEY, KEY])

    assert headers["webhook-signature"].split()[1] == SIGNATURE
    assert len(headers["webhook-signature"].split()) == 2


@pytest.mark.parametrize("keys", [[KEY], [OTHER_KEY], [KEY, OTHER_KEY], [new_key(), KEY]])
def test_a_receiver_with_any_live_key_accepts_during_a_rotation(keys: list[str]):
    headers = sign(BODY, message_id=ID, at=AT, keys=[OTHER_KEY, KEY])

    assert verify(BODY, headers, keys=keys, now=AT) == ID


def test_a_retired_key_no_longer_verifies():
    headers = sign(BODY, message_id=ID, at=AT, keys=[KEY])

    assert problem_of(BODY, headers, keys=[OTHER_KEY]) is SignatureProblem.NO_MATCH


@pytest.mark.parametrize("position", range(len(BODY)))
def test_every_single_changed_byte_is_noticed(position: int):
    tampered = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]

    assert problem_of(tampered, HEADERS, keys=[KEY]) is SignatureProblem.NO_MATCH


def test_the_same_json_with_other_blanks_is_other_bytes():
    assert problem_of(b'{"test":2432232314}', HEADERS, keys=[KEY]) is SignatureProblem.NO_MATCH


@pytest.mark.parametrize(
    ("shift", "problem"),
    [
        (timedelta(minutes=5, seconds=1), SignatureProblem.TIMESTAMP_TOO_OLD),
        (timedelta(minutes=-5, seconds=-1), SignatureProblem.TIMESTAMP_TOO_NEW),
    ],
)
def test_a_signature_outside_five_minutes_is_a_replay(shift: timedelta, problem: SignatureProblem):
    assert problem_of(BODY, HEADERS, keys=[KEY], now=AT + shift) is problem


@pytest.mark.parametrize("shift", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_exactly_five_minutes_are_accepted(shift: timedelta):
    assert verify(BODY, HEADERS, keys=[KEY], now=AT + shift) == ID


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str):
    headers = {key: value for key, value in HEADERS.items() if key != name}

    assert problem_of(BODY, headers, keys=[KEY]) is SignatureProblem.HEADER_MISSING


@pytest.mark.parametrize("timestamp", ["soon", "-1614265330", "1614265330.5", "9" * 13, "9" * 5000, "١٦١٤", " 1 "])
def test_a_malformed_timestamp_is_refused(timestamp: str):
    headers = HEADERS | {"webhook-timestamp": timestamp}

    assert problem_of(BODY, headers, keys=[KEY]) is SignatureProblem.TIMESTAMP_MALFORMED


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v2," + SIGNATURE[3:], "v1a," + SIGNATURE[3:], "\u00e9 , ,,"])
def test_a_list_without_a_matching_v1_entry_is_refused(signature: str):
    problem = problem_of(BODY, HEADERS | {"webhook-signature": signature}, keys=[KEY])

    assert problem in {SignatureProblem.NO_MATCH, SignatureProblem.HEADER_MISSING}


def test_entries_of_other_versions_are_skipped():
    headers = HEADERS | {"webhook-signature": f"v1a,xyz {SIGNATURE} v9,abc"}

    assert verify(BODY, headers, keys=[KEY], now=AT) == ID


def test_parts_cannot_be_shifted_over_the_full_stop():
    shifted = HEADERS | {"webhook-id": f"{ID}.1614265330", "webhook-timestamp": "1614265330"}

    assert problem_of(BODY, shifted, keys=[KEY]) is SignatureProblem.ID_MALFORMED
    with pytest.raises(ValueError, match="full stops"):
        sign(BODY, message_id="a.b", at=AT, keys=[KEY])


def test_without_keys_nothing_is_signed_or_accepted():
    assert problem_of(BODY, HEADERS, keys=[]) is SignatureProblem.NO_KEY
    with pytest.raises(ValueError, match="at least one key"):
        sign(BODY, message_id=ID, at=AT, keys=[])


def test_new_keys_are_32_random_bytes():
    first, second = new_key(), new_key()

    assert first != second
    assert len(key_bytes(first)) == 32


@pytest.mark.parametrize(
    "key", ["whsec_not base64", "whsec_" + base64.b64encode(b"x" * 23).decode(), base64.b64encode(b"x" * 65).decode()]
)
def test_a_malformed_key_is_refused_without_being_repeated(key: str):
    with pytest.raises(ValueError, match="signing key") as caught:
        key_bytes(key)

    assert key not in str(caught.value)
