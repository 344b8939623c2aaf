"""The vector was made with sha256sum over the bytes, a slash and the key."""

import pytest

from connectors.signatures import SignatureProblem, SignatureRefusedError
from connectors.track17 import sign, verify

BODY = b'{"event":"TRACKING_UPDATED"}'
KEY = "0123456789ABCDEF"
SIGNATURE = "37ca9025a2b0f4e61916b45f201840d9467ded91255e7b473e9d6c449c5f575b"


def test_signs_the_known_vector():
    assert sign(BODY, KEY) == SIGNATURE


@pytest.mark.parametrize("signature", [SIGNATURE, SIGNATURE.upper(), f" {SIGNATURE} "])
@pytest.mark.parametrize("keys", [[KEY], ["the-next-key", KEY], [KEY, "the-previous-key"]])
def test_accepts_each_of_two_live_keys(signature: str, keys: list[str]):
    verify(BODY, signature, keys=keys)


@pytest.mark.parametrize(
    ("body", "signature", "keys", "problem"),
    [
        (BODY + b" ", SIGNATURE, [KEY], SignatureProblem.NO_MATCH),
        (BODY, SIGNATURE, ["another-key"], SignatureProblem.NO_MATCH),
        (BODY, SIGNATURE[:-1], [KEY], SignatureProblem.NO_MATCH),
        (BODY, "\u00e9", [KEY], SignatureProblem.NO_MATCH),
        (BODY, None, [KEY], SignatureProblem.HEADER_MISSING),
        (BODY, "", [KEY], SignatureProblem.HEADER_MISSING),
        (BODY, SIGNATURE, [], SignatureProblem.NO_KEY),
    ],
)
def test_refuses_anything_else(body: bytes, signature: str | None, keys: list[str], problem: SignatureProblem):
    with pytest.raises(SignatureRefusedError) as caught:
        verify(body, signature, keys=keys)

    assert caught.value.problem is problem
