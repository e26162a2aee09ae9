#!/usr/bin/env bash
# llama.cpp's server (xllamacpp 2026.10.11549): a `pattern` in a JSON schema is applied or not by how it is spelled.
# Each of these requests is answered with status 200, and no part of the answer tells which patterns were dropped; the
# server's own log alone warns that it accepts any string in their place.
#
# Applied: ^[0-9]{3}$ and ^[A-Z]{2}-[0-9]{3}$. Dropped: ^\d{3}$, ^[A-Z]{2}-\d{3}$, ^\w+$
# and ^\S+$. SmolLM2-135M-Instruct, asked for a sentence, writes three digits under ^[0-9]{3}$ and a sentence under
# ^\d{3}$. Earlier releases of the server are known to have refused such patterns with status 400.
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check smol <<'P'
import re

from model import chat, conclude, record

APPLIED = [r"^[0-9]{3}$", r"^[A-Z]{2}-[0-9]{3}$"]
IGNORED = [r"^\d{3}$", r"^[A-Z]{2}-\d{3}$", r"^\w+$", r"^\S+$"]


def follows(pattern):
    """Says if the string, whole or cut off, keeps to the pattern, and gives the string."""
    reply = chat("Write a sentence about the sea.", record(code={"type": "string", "pattern": pattern}), max_tokens=24)
    value = reply["message"]["content"].split('"')[3]
    return re.search(pattern, value, re.ASCII) is not None, value


applied = [follows(pattern) for pattern in APPLIED]
ignored = [follows(pattern) for pattern in IGNORED]
conclude(
    all(ok for ok, _ in applied) and not any(ok for ok, _ in ignored),
    "; ".join(f"{pattern} gives {value[:12]!r}" for pattern, (_, value) in zip(APPLIED + IGNORED, applied + ignored)),
)
P
