#!/usr/bin/env bash
# llama.cpp's server (xllamacpp 2026.10.11549): a number without bounds in a reply that is held to a JSON schema has
# at most 16 digits, and 16 more after the point. A longer one is cut, not refused, and the reply counts as complete.
#
# SmolLM2-135M-Instruct, asked to copy 1234567890123456789 into {"type": "integer"}, replies 1234567890123456 with
# finish_reason "stop": a thousandth of the value, valid by the schema. Held to {"type": "string"} it copies all 19
# digits. With {"type": "number"} the fraction is cut likewise, and, since an exponent is then one of the few things
# that may follow, the copy of 3.14159265358979323846 comes out as 3.1415926535897932E+2348, which Python reads as infinity
# (or, the exponent being of no account to the model, as 3.1415926535897932E-324, nearly zero).
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check smol <<'P'
import json
import re

from model import INTEGER, NUMBER, STRING, chat, conclude, record

IDS = ["1234567890123456789", "9007199254740993123", "20261130072400123456"]


def copy(value, schema):
    reply = chat(f"Copy the parcel number {value} into JSON.", record(parcel=schema), max_tokens=60)
    assert reply["finish_reason"] == "stop", reply
    return str(json.loads(reply["message"]["content"], parse_float=str)["parcel"])


as_integer = [copy(value, INTEGER) for value in IDS]
as_string = [copy(value, STRING) for value in IDS]
as_number = copy("3.14159265358979323846", NUMBER)
fraction = re.match(r"\d+\.(\d+)", as_number)
conclude(
    as_integer == [value[:16] for value in IDS] and as_string == IDS and fraction is not None and len(fraction[1]) == 16,
    f"{IDS[0]} as an integer: {as_integer[0]}; as a string: {as_string[0]}; 3.14159265358979323846 as a number: {as_number}",
)
P
