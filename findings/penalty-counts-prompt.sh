#!/usr/bin/env bash
# llama.cpp's server (xllamacpp 2026.10.11549): `frequency_penalty` counts the tokens of the prompt, too, not only those
# that the model has written.
#
# After "yes, yes, yes, …," SmolLM2-135M-Instruct goes on with " yes" at temperature 0. With a frequency_penalty of 1 the
# very first token that it writes, when nothing of its own can have been counted, is " no"; after "north, north, …," it is
# " south". A reply that has to quote its input (names, labels, dates) is thus pushed away from the input's own words.
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check smol <<'P'
from model import conclude, post

WORDS = ["yes", "north", "red", "one"]


def first(word, penalty):
    body = {"prompt": ", ".join([word] * 12) + ",", "n_predict": 1, "temperature": 0, "frequency_penalty": penalty}
    return post("/completion", body)["content"]


without = [first(word, 0) for word in WORDS]
penalised = [first(word, 1) for word in WORDS]
conclude(
    all(token.strip() == word for word, token in zip(WORDS, without)) and not any(token.strip() == word for word, token in zip(WORDS, penalised)),
    f"first tokens after {WORDS}, each given twelve times: {without}; with frequency_penalty 1: {penalised}",
)
P
