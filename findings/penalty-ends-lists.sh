#!/usr/bin/env bash
# SmolLM2-135M-Instruct (llama.cpp's server, xllamacpp 2026.10.11549), held to a JSON schema with a list of strings at
# temperature 0: it often does not close the list before the limit on tokens. A frequency_penalty of 0.5 lets it
# close nearly all of them, and leaves the JSON whole.
#
# The penalty falls on quotes and commas as well, which come up most, and one expects broken or crippled JSON of it; but
# the grammar takes away every other choice, so that the penalty decides only where there is one: another entry, or the
# end. It is no cure for what stands in the list: entries may still repeat the customer's name or be made up.
# shellcheck source=lib/model.sh
. "$(dirname "$0")/lib/model.sh"
check smol <<'P'
import json

from model import INTEGER, STRING, chat, conclude, record

ORDERS = [
    "Two wool blankets and a cushion for Mia Brandt, please, by express.",
    "This is Tom Hale. I would like four soup bowls and a ladle, ordinary delivery.",
    "Please put aside a kettle for Rosa Lind, I will fetch it myself.",
    "Ivan Petrov here, three notebooks, two pens and one ruler, as soon as you can, express.",
    "I am Lena Fox and need one bread knife and one board, no hurry.",
    "Six candles for Omar Said, I will come by the shop.",
    "Can you send Paul Wright a raincoat and boots by express?",
    "Greta Holm orders two pillows. Standard shipping is fine.",
    "For Hugo Klein: a hammer, a saw and a box of nails, express please.",
    "Nina Costa would like five plant pots and one watering can, ordinary post.",
    "Please send one desk lamp to Carl Moss, no hurry at all.",
    "Eva Stern will collect three picture frames and a mirror on Friday.",
]
SYSTEM = """Read an order out of a message to a shop.

You are given:
- `message`: The customer's message.

You produce:
- `order`: What is ordered.

Reply with one JSON object:
{
  "order": {
    "customer": string, // First and last name.
    "pieces": integer, // How many pieces in all.
    "shipping": "standard" | "express" | "pickup",
    "items": list of string // The names of the things, in the singular.
  }
}"""
SHIPPING = {"enum": ["standard", "express", "pickup"]}
SCHEMA = record(order=record(customer=STRING, pieces=INTEGER, shipping=SHIPPING, items={"type": "array", "items": STRING}))


def closed(penalty):
    """The replies that end by themselves; each of them has to be JSON of the schema."""
    whole = 0
    for order in ORDERS:
        reply = chat(f"[[ ## message ## ]]\n{order}", SCHEMA, SYSTEM, max_tokens=192, frequency_penalty=penalty)
        if reply["finish_reason"] == "stop":
            whole += set(json.loads(reply["message"]["content"])["order"]) == {"customer", "pieces", "shipping", "items"}
    return whole


without, penalised = closed(0), closed(0.5)
conclude(penalised >= without + 2 and penalised >= 10, f"lists closed within 192 tokens, of {len(ORDERS)}: {without} without a penalty, {penalised} with frequency_penalty 0.5")
P
