#!/usr/bin/env bash
# llama.cpp's server (xllamacpp 2026.10.11549): a property that is not `required` is written after every required one,
# wherever the schema lists it.
#
# A schema that lists an optional `reasoning` first and a required `answer` second cannot make a model think before it
# answers: the grammar made of it has the answer first. With SmolLM2-135M-Instruct all four replies read
#   {"answer": "no", "reasoning": "17 is not a prime number."}
# and with `reasoning` among the required ones all four begin with it. Schema generators leave a field with a default
# out of `required`, so that giving a field a default moves it in the reply.
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check smol <<'P'
from model import chat, conclude, record

QUESTIONS = ["Is 17 a prime number?", "Is 21 more than 3 times 6?", "Is Oslo in Sweden?", "Is a whale a fish?"]
FIELDS = {"reasoning": {"type": "string", "maxLength": 120}, "answer": {"enum": ["yes", "no"]}}


def first_key(question, required):
    reply = chat(question + " Reason first, then answer.", record(required, **FIELDS), max_tokens=24)
    return reply["message"]["content"].split('"')[1]


optional = {first_key(question, ["answer"]) for question in QUESTIONS}
both = {first_key(question, ["reasoning", "answer"]) for question in QUESTIONS}
conclude(
    optional == {"answer"} and both == {"reasoning"},
    f"first key with an optional `reasoning` listed first: {sorted(optional)}; with a required one: {sorted(both)}",
)
P
