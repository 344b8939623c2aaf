"""The texts of a new partner's folder; `mappings.scaffold` puts id, name and format in."""

from typing import Final

MAPPING: Final = """\
#:schema ../../mapping.schema.json
carrier = "@CARRIER@"
name = "@NAME@"
format = "@FORMAT@"

# docs/mapping-language.md explains every key. Replace what says EXAMPLE; take out what the partner does not have.

# ---------------------------------------------------------------- where things are

[[shapes]] # one per form of the payload; the first that fits is used
shipments = "$.shipments[]" # from the document ($); [] takes every item of a list
events = "events[]" # from each shipment

[shipment] # paths start at the shipment; ^. is one enclosing item further out
tracking_number = "trackingNumber"
# origin_country = "from.country"
# destination_country = "to.country"

[event] # paths start at the event
code = { parts = ["code"] } # the field by which the partner tells events apart; several parts are joined by "/"
text = "description" # kept and shown, never used to find the meaning
# reason_code = "reason" # a second code that says why; its values go to [reasons]

[[time]] # the first whose fields have a value is used
fields = ["timestamp"] # date and time in two fields: ["date", "time"]
formats = ["iso"] # iso, epoch_s, epoch_ms, or patterns such as "%d.%m.%Y %H:%M"
# zone = "Europe/Berlin" # only if the partner documents that all its times run in it

[place]
city = "location.city"
country = "location.country" # ISO codes and names alike; odd spellings go to [countries]
# postcode = "location.postcode"
# facility = "location.depot"

# ---------------------------------------------------------------- what codes mean

# Judge each code by the partner's own definition. A code whose meaning is open is not written here: it becomes UNMAPPED
# and somebody sees it. A leading ~ leaves the place in the journey (hub, origin, destination) to the parcel's context.
[codes]
EXAMPLE = "SHIPMENT_CREATED"
# D = "DELIVERED"
# A = "~HUB_ARRIVED"
# N = { milestone = "DELIVERY_ATTEMPTED", reasons = ["RECIPIENT.NOT_AVAILABLE"] }

[[unverified]] # rows that no fixture shows, and why they are believed
because = "EXAMPLE: the partner's code table, its chapter and date"
codes = ["EXAMPLE"]

# [reasons]
# 1 = "RECIPIENT.NOT_AVAILABLE"

# [excused] # documented codes that are left UNMAPPED on purpose
# X = "says that a record was changed, not what happened to the parcel"

# ---------------------------------------------------------------- what failures look like

# [[errors]]
# each = "$.errors[]"
# code = "code"
# text = "message"

# [error_codes]
# 404 = "not_known_yet"
"""

TABLES: Final = """\
# Every code that @NAME@ documents. Codes only: what they mean is said by the rows of mapping.toml.
# `milepost mappings coverage @CARRIER@` counts them: each must be mapped, or excused with a reason.

[[tables]]
name = "tracking events"
source = "EXAMPLE: the document, its version, the day it was read"
codes = ["EXAMPLE"]

# [[tables]]
# name = "reasons of failed deliveries"
# source = "the same document, chapter 5"
# read = "reason" # values of event.reason_code
# codes = ["1", "2"]
"""

QUIRKS: Final = """\
# @NAME@

EXAMPLE: which service answers in this form, and what for.

## Quirks

- EXAMPLE: what somebody who changes this mapping would trip over: clocks, codes with two meanings, fields that lie.

## Sources

- EXAMPLE: document, version, day it was read.
"""
