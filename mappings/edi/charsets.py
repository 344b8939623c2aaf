"""Which characters the bytes of an interchange are.

What is sent and what is declared differ in practice: bytes that are valid UTF-8 are UTF-8, whatever the header says,
since text of a one-byte set hardly ever is by chance. Otherwise the declared set counts, and Windows-1252 where none
is declared.
"""

from typing import Final

from mappings.edi.segments import Decode, show_released

_DECLARED: Final = {
    # Syntax identifier of UNB -> Python codec (ISO 9735); UNOC is Latin-1, of which Windows-1252 is the sent form.
    "UNOC": "cp1252", "UNOD": "iso8859_2", "UNOE": "iso8859_5", "UNOF": "iso8859_7", "UNOG": "iso8859_3",
    "UNOH": "iso8859_4", "UNOI": "iso8859_6", "UNOJ": "iso8859_8", "UNOK": "iso8859_9",
}  # fmt: skip
_DEFAULT: Final = "cp1252"


def decoder(body: bytes, syntax: str | None, *, has_release: bool) -> Decode | None:
    """Return what makes real text of one value; None where the bytes are ASCII and nothing was released."""
    if body.isascii():
        return show_released if has_release else None
    try:
        body.decode("utf-8")
        codec = "utf-8"
    except UnicodeDecodeError:
        codec = _DECLARED.get(syntax or "", _DEFAULT)

    def decode(value: str) -> str:
        if value.isascii():
            return value
        return show_released(value).encode("latin-1", "replace").decode(codec, "replace")

    return decode
