#!/usr/bin/env bash
# llama.cpp's server (xllamacpp 2026.10.11549): a reply held to a schema for a map, {"type": "object",
# "additionalProperties": {"type": "integer"}}, may hold one key several times.
#
# SmolLM2-135M-Instruct, asked for three such maps, writes 15, 9 and 12 entries with 4, 2 and 1 different keys ("apples":
# 2, … "apples": 4, … "apples": 9). JSON readers commonly keep the last of such entries without a word, so the others
# are lost unseen. Declared properties cannot repeat in a reply; only the names that a schema leaves open can.
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check smol <<'P'
import json

from model import INTEGER, chat, conclude, record

NOTES = [
    "List each fruit with its price as JSON: two apples at 3, three pears at 4, one apple at 5, four plums at 1, an apple at 9.",
    "Map each person to a score as JSON: Ann 3, Bob 4, Ann 5, Cid 2, Ann 9, Bob 1.",
    "Goals by team as JSON: Lions 2, Bears 1, Lions 3, Wolves 0, Lions 4, Bears 2.",
]


def names(note):
    """The keys as they are written. A list cut off by the limit on tokens is closed, so that it can be read."""
    reply = chat(note, record(entries={"type": "object", "additionalProperties": INTEGER}), max_tokens=120)["message"]["content"]
    entries = reply.split("{", 2)[2].split("}")[0].split(",")
    whole = [entry for entry in entries if entry.count('"') == 2 and entry.rstrip()[-1].isdigit()]
    written = []
    kept = json.loads("{" + ",".join(whole) + "}", object_pairs_hook=lambda pairs: written.extend(key for key, _ in pairs) or dict(pairs))
    return len(written), len(kept)


counts = [names(note) for note in NOTES]
conclude(any(kept < written for written, kept in counts), "entries written and entries that a JSON reader keeps: " + ", ".join(f"{w} and {k}" for w, k in counts))
P
