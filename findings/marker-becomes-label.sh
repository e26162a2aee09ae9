#!/usr/bin/env bash
# Qwen2.5-Coder-0.5B-Instruct (llama.cpp's server, xllamacpp 2026.10.11549), asked to put one of four labels under a
# marker line, writes the label as the marker.
#
# Shown the layout "[[ ## queue ## ]]", an ellipsis, "[[ ## completed ## ]]", it replies "[[ ## delivery ## ]]" and
# leaves the field's own name out; shown "<queue>…</queue>" it replies "<delivery>". The answer is there, yet a reader
# that looks for the field's name finds nothing. Shown {"queue": …} and held to nothing, it writes readable JSON.
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check qwen <<'P'
import json
import re

from model import conclude, text

LABELS = ["delivery", "refund", "damage", "review"]
TICKETS = [
    "My parcel was due on Monday and the tracking page has not moved since.",
    "You took the money twice for one order, please send half of it back.",
    "The vase came in three pieces although the box looks fine.",
    "The courier left the box with a neighbour whom I do not know.",
    "I sent the shoes back two weeks ago and still wait for my money.",
    "The lamp has a crack in its glass and does not light up.",
]
TASK = """Decide which queue a customer message belongs to.

You are given:
- `ticket_text`: The customer's message.

You produce:
- `queue` (one of "delivery", "refund", "damage", "review"): Where it goes.

"""


def is_label(name):
    return name.strip().strip('"').lower() in LABELS


def markers(reply):
    return re.findall(r"\[\[ ## (.+?) ## \]\]", reply)


def tags(reply):
    return re.findall(r"<([^/>]+)>", reply)


def replies(layout, wrap):
    return [text(wrap.format(ticket), system=TASK + layout, max_tokens=32) for ticket in TICKETS]


def misnamed(replies, names):
    return sum("queue" not in names(reply) and any(map(is_label, names(reply))) for reply in replies)


def readable(reply):
    try:
        return json.loads(re.search(r"\{.*\}", reply, re.S)[0])["queue"] in LABELS
    except (KeyError, TypeError, ValueError):
        return False


sections = replies("Reply in sections, each under its marker line:\n\n[[ ## queue ## ]]\n…\n\n[[ ## completed ## ]]\n", "[[ ## ticket_text ## ]]\n{}")
tagged = replies("Reply in tags:\n\n<queue>\n…\n</queue>\n", "<ticket_text>\n{}\n</ticket_text>")
objects = replies('Reply with one JSON object:\n{"queue": …}\n', "[[ ## ticket_text ## ]]\n{}")
in_markers, in_tags, in_json = misnamed(sections, markers), misnamed(tagged, tags), sum(map(readable, objects))
conclude(
    in_markers >= 4 and in_tags >= 3 and in_json >= 4,
    f"of {len(TICKETS)} replies, {in_markers} have the label as the marker and {in_tags} as the tag (such as {sections[0]!r} and {tagged[0]!r}), {in_json} are readable JSON",
)
P
