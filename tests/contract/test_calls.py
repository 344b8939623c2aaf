"""Every `calls.toml`, and the language they are written in."""

from pathlib import Path

import pytest

from domain.errors import MappingInvalidError
from mappings.call_files import FILE, SCHEMA_FILE, load, load_all, schema_text
from mappings.loading import ROOT

CALLED = (
    "17track",
    "aftership",
    "cainiao",
    "canadapost",
    "dhl_express",
    "dhl_parcel_de",
    "dhl_universal",
    "dpd",
    "easypost",
    "fedex",
    "laposte",
    "mydhl",
    "royalmail",
    "sf_express",
    "ups",
    "usps",
)
"""A new file is added here by hand: a discovery that finds nothing must not pass."""

GOOD = """
source = "The documentation of an invented carrier"
host = "https://api.example.com"
[secrets]
key = "A key of the invented carrier"
[call]
path = "/parcels/${number}"
headers = { x-key = "${secret.key}" }
[answer]
format = "json"
content_types = ["application/json"]
[rate]
per_second = 1
source = "The documentation of an invented carrier"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / FILE
    path.write_text(text)
    return path


def test_discovery_finds_exactly_the_known_carriers() -> None:
    assert tuple(path.parent.name for path in sorted(ROOT.glob(f"*/{FILE}"))) == CALLED


def test_the_schema_for_editors_is_what_the_models_say() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run: python -m mappings schema"


@pytest.mark.parametrize("carrier", CALLED)
def test_the_file_is_good_and_names_the_schema(carrier: str) -> None:
    path = ROOT / carrier / FILE

    assert load(path).call.path.startswith("/")
    assert path.read_text().splitlines()[0] == "#:schema ../../calls.schema.json"


@pytest.mark.parametrize("carrier", CALLED)
def test_production_is_called_with_tls(carrier: str) -> None:
    calls = load(ROOT / carrier / FILE)

    assert calls.host.startswith("https://")
    assert calls.sandbox is None or calls.sandbox.startswith("https://")


def test_a_folder_without_a_mapping_is_no_carrier(tmp_path: Path) -> None:
    (tmp_path / "new_post").mkdir()
    written(tmp_path / "new_post", GOOD)
    assert load_all(tmp_path) == {}

    (tmp_path / "new_post" / "mapping.toml").touch()
    assert set(load_all(tmp_path)) == {"new_post"}


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("${secret.key}", "${secret.token}", "${secret.token} is not known"),
        ("${secret.key}", "plain", "nothing uses secret.key"),
        ("/parcels/${number}", "parcels/${number}", "call.path"),
        ('path = "/parcels/${number}"', 'path = "/parcels/${number}"\nbatch = 5', "needs ${numbers}"),
        ("https://api.example.com", "ftp://api.example.com", "an address is https://host"),
        ("https://api.example.com", "https://me:pw@api.example.com", "an address is https://host"),
        ("per_second = 1", "per_second = 0", "rate.per_second"),
        ("[call]", "[call]\nretries = 3", "call.retries"),
        ("[call]", '[call]\nbody = "x"', "body and content_type belong together"),
        ("[call]", '[call]\nbody = "x"\ncontent_type = "text/plain"', "a GET has neither form nor body"),
        ('format = "json"', 'format = "csv"', "answer.format"),
        ('format = "json"', 'format = "json"\nnumbers = ["a b"]', "answer.numbers"),
        (
            "[rate]",
            '[sign]\nover = "x"\nalgorithm = "hmac-sha256"\noutput = "hex"\n[rate]',
            "key belongs to hmac-sha256",
        ),
        ("[rate]", "[rate", "Expected"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, good: str, bad: str, said: str) -> None:
    assert good in GOOD
    assert load(written(tmp_path, GOOD)).call.batch == 1

    with pytest.raises(MappingInvalidError) as caught:
        load(written(tmp_path, GOOD.replace(good, bad)))

    assert said in str(caught.value)
    assert f"{tmp_path.name}/{FILE}" in str(caught.value)
