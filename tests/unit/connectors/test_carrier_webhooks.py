"""The vectors were made with sha256sum and openssl; EasyPost's secret was written decomposed there."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors import standard_webhooks
from connectors.carrier_webhooks import AFTERSHIP, EASYPOST, OWN_SCHEMES, STANDARD, TRACK17, UPS, Digest, scheme_of
from connectors.signatures import Headers, SignatureProblem, SignatureRefusedError

BODY = b'{"event":"TRACKING_UPDATED"}'
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

VECTORS = [
    (
        TRACK17,
        "0123456789ABCDEF",
        "sign",
        "37ca9025a2b0f4e61916b45f201840d9467ded91255e7b473e9d6c449c5f575b",
    ),
    (
        EASYPOST,
        "s\u00e9cret-of-the-webhook",
        "x-hmac-signature",
        "hmac-sha256-hex=988802d03ec74c30569eb7400094070af2150e45e4cd2f632d94c2b7d5f3d29a",
    ),
    (AFTERSHIP, "aftership-webhook-secret", "aftership-hmac-sha256", "X6FVdDK47yfWAHEuEqrUUqEMJZOxtoyGP5NN0dfl+Yo="),
    (UPS, "credential-of-32-characters-0001", "credential", "credential-of-32-characters-0001"),
]
each_scheme = pytest.mark.parametrize(("scheme", "key", "header", "value"), VECTORS)


def problem_of(scheme: Digest, headers: Headers, *keys: str, body: bytes = BODY) -> SignatureProblem:
    with pytest.raises(SignatureRefusedError) as caught:
        scheme.verify(body, headers, keys=keys, now=AT)
    return caught.value.problem


@each_scheme
def test_the_known_vector_is_signed(scheme: Digest, key: str, header: str, value: str):
    assert (scheme.header, scheme.sign(BODY, key)) == (header, value)


@each_scheme
@pytest.mark.parametrize("around", ["{}", " {}\t"])
def test_each_of_two_live_keys_is_accepted(scheme: Digest, key: str, header: str, value: str, around: str):  # noqa: PLR0917 - one vector and one way to write it
    headers = [("content-type", "application/json"), (header, around.format(value))]

    for keys in ([key], ["the-next-secret-of-all", key], [key, "the-secret-before-it"]):
        scheme.verify(BODY, headers, keys=keys, now=AT)


@each_scheme
def test_anything_else_is_refused(scheme: Digest, key: str, header: str, value: str):
    no_match, missing = SignatureProblem.NO_MATCH, SignatureProblem.HEADER_MISSING
    right = [(header, value)]

    assert problem_of(scheme, right, "another-key-altogether") is no_match
    assert problem_of(scheme, [(header, value[:-1])], key) is no_match
    assert problem_of(scheme, [(header, value + "0")], key) is no_match
    assert problem_of(scheme, [(header, "\u00e9\x00")], key) is no_match
    assert problem_of(scheme, [], key) is missing
    assert problem_of(scheme, [(header, "  ")], key) is missing
    assert problem_of(scheme, [(f"x-{header}", value)], key) is missing
    assert problem_of(scheme, right) is SignatureProblem.NO_KEY


@each_scheme
def test_a_repeated_header_is_refused_also_when_both_are_right(scheme: Digest, key: str, header: str, value: str):
    assert problem_of(scheme, [(header, value), (header, value)], key) is SignatureProblem.HEADER_REPEATED
    assert problem_of(scheme, [(header, ""), (header, value)], key) is SignatureProblem.HEADER_REPEATED


@each_scheme
def test_an_empty_key_is_no_key(scheme: Digest, key: str, header: str, value: str):
    del key, value

    assert problem_of(scheme, [(header, scheme.sign(BODY, "") or "-")], "", " ") is SignatureProblem.NO_KEY


@pytest.mark.parametrize("scheme", [TRACK17, EASYPOST, AFTERSHIP])
@pytest.mark.parametrize("altered", [BODY + b" ", b" " + BODY, BODY.replace(b"D", b"d"), b"", b"\xff\xfe"])
def test_altered_bytes_are_refused(scheme: Digest, altered: bytes):
    headers = [(scheme.header, scheme.sign(BODY, "a-key-of-some-length"))]

    assert problem_of(scheme, headers, "a-key-of-some-length", body=altered) is SignatureProblem.NO_MATCH


@pytest.mark.parametrize("scheme", [TRACK17, EASYPOST])
def test_hexadecimal_digits_may_be_upper_case(scheme: Digest):
    given = scheme.sign(BODY, "a-key").upper()

    scheme.verify(BODY, [(scheme.header, given)], keys=["a-key"], now=AT)


def test_base64_and_credentials_keep_their_case():
    assert problem_of(AFTERSHIP, [(AFTERSHIP.header, AFTERSHIP.sign(BODY, "k").swapcase())], "k") == "no_match"
    assert problem_of(UPS, [(UPS.header, "CREDENTIAL-0000001")], "credential-0000001") == "no_match"


def test_easypost_wants_the_prefix():
    bare = EASYPOST.sign(BODY, "k").removeprefix("hmac-sha256-hex=")

    assert problem_of(EASYPOST, [(EASYPOST.header, bare)], "k") is SignatureProblem.NO_MATCH


def test_a_secret_is_one_in_both_ways_of_writing_it():
    assert EASYPOST.sign(BODY, "se\u0301cret") == EASYPOST.sign(BODY, "s\u00e9cret")


def test_other_dialects_use_standard_webhooks_with_its_window():
    key = scheme_of("acme").fresh_secret()
    headers = list(standard_webhooks.sign(BODY, message_id="msg_1", at=AT, keys=[key]).items())

    STANDARD.verify(BODY, headers, keys=[key], now=AT)
    for name, value in headers:
        with pytest.raises(SignatureRefusedError) as repeated:
            STANDARD.verify(BODY, [*headers, (name, value)], keys=[key], now=AT)
        assert repeated.value.problem is SignatureProblem.HEADER_REPEATED
    with pytest.raises(SignatureRefusedError) as late:
        STANDARD.verify(BODY, headers, keys=[key], now=AT + standard_webhooks.TOLERANCE + timedelta(seconds=1))
    assert late.value.problem is SignatureProblem.TIMESTAMP_TOO_OLD


@pytest.mark.parametrize("dialect", [*OWN_SCHEMES, "acme"])
def test_a_fresh_secret_is_new_each_time_and_one_the_scheme_takes(dialect: str):
    scheme = scheme_of(dialect)
    made = {scheme.fresh_secret() for _ in range(3)}

    assert len(made) == 3
    for secret in made:
        scheme.check_secret(secret)


@pytest.mark.parametrize(
    ("dialect", "secret"),
    [
        *[(dialect, bad) for dialect in OWN_SCHEMES for bad in ("", "  ", "two\nlines", "\udcff")],
        ("ups", "too-short"),
        ("ups", " credential-of-32-characters-0001"),
        ("ups", "cr\u00e9dential-of-32-characters-0001"),
        ("acme", "no-standard-key"),
    ],
)
def test_a_secret_that_cannot_work_is_refused_without_telling_it(dialect: str, secret: str):
    with pytest.raises(ValueError, match=r"a (signing (secret|key)|credential) ") as caught:
        scheme_of(dialect).check_secret(secret)

    assert not secret.strip() or secret not in str(caught.value)
