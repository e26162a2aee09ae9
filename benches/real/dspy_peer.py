"""The six tasks of `cargo bench --bench real` with Python DSPy 3.4.1: one row of the table for each adapter.

    python -m venv .venv && .venv/bin/pip install dspy==3.4.1
    .venv/bin/python benches/real/dspy_peer.py http://127.0.0.1:8080/v1 [task …] [--adapter chat|json|xml] [--rows N] [--replies FILE]

Rows, labels, descriptions, scores and the longest reply are those of the Rust side, and so is temperature 0.
"""

import argparse
import json
import pathlib
import time
from datetime import date
from enum import Enum
from typing import Literal, Optional

import dspy
from pydantic import BaseModel, Field

HERE = pathlib.Path(__file__).parent / "data"


class SortTicket(dspy.Signature):
    """Decide which queue a customer message belongs to."""

    ticket_text: str = dspy.InputField(desc="The customer's message.")
    queue: Literal["delivery", "refund", "damage", "review"] = dspy.OutputField(desc="Where it goes.")


MEANINGS = {
    "card_arrival": "A new card was ordered and has not come.",
    "card_swallowed": "A machine kept the card.",
    "exchange_rate": "How an exchange rate comes about.",
    "lost_phone": "The phone with the app is lost or stolen.",
    "forgotten_code": "A PIN or passcode is forgotten.",
    "cash_fee": "A fee for taking out cash.",
    "transfer_missing": "A transfer has not reached who it was sent to.",
    "close_account": "The account is to be closed.",
}


class FindIntent(dspy.Signature):
    """Sort a message to a bank by what the customer wants."""

    text: str = dspy.InputField(desc="The customer's message.")
    intent: Literal[tuple(MEANINGS)] = dspy.OutputField(
        desc="What the customer wants. " + " ".join(f"{label}: {meaning}" for label, meaning in MEANINGS.items())
    )


class Order(BaseModel):
    customer: str = Field(description="First and last name.")
    pieces: int = Field(description="How many pieces in all.")
    shipping: Literal["standard", "express", "pickup"]
    items: list[str] = Field(description="The names of the things, in the singular.")
    due: Optional[str] = Field(description="The day it is needed by, as YYYY-MM-DD, if one is given.")


class ReadOrder(dspy.Signature):
    """Read an order out of a message to a shop."""

    message: str = dspy.InputField(desc="The customer's message.")
    order: Order = dspy.OutputField(desc="What is ordered.")


class Solve(dspy.Signature):
    """Solve the word problem."""

    question: str = dspy.InputField()
    answer: int = dspy.OutputField(desc="The number that is asked for.")


class ReadCard(dspy.Signature):
    """Tell who wrote a note, for which company, and in which city that is."""

    note: str = dspy.InputField(desc="A note to our office.")
    person: str = dspy.OutputField(desc="First and last name.")
    company: str = dspy.OutputField(desc="The name of the company.")
    city: str = dspy.OutputField(desc="The city of the company.")


class Line(BaseModel):
    item: str = Field(description="The name of the thing, in the singular.")
    pieces: int = Field(description="How many were bought.")
    euros: int = Field(description="The price of one.")


class ReadReceipt(dspy.Signature):
    """List what was bought."""

    text: str = dspy.InputField(desc="A note about a purchase.")
    lines: list[Line] = dspy.OutputField(desc="One entry for each kind of thing.")


def same(a, b):
    return plain(a) == plain(b)


def plain(text):
    words = " ".join(str(text).lower().split()).strip(".")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return words.removesuffix("s")


def of_order(row, out):
    want, got = row["order"], out.order
    due = got.due.isoformat() if isinstance(got.due, date) else got.due
    return (
        same(want["customer"], got.customer)
        + (want["pieces"] == got.pieces)
        + (want["shipping"] == got.shipping)
        + (sorted(map(plain, want["items"])) == sorted(map(plain, got.items)))
        + (want["due"] == due)
    ) / 5


def of_lines(row, out):
    want = [(plain(line["item"]), line["pieces"], line["euros"]) for line in row["lines"]]
    got = [(plain(line.item), line.pieces, line.euros) for line in out.lines]
    most, hits = max(len(want), len(got)), 0
    for line in got:
        if line in want:
            want.remove(line)
            hits += 1
    return hits / most if most else 1.0


TASKS = {
    "tickets": (dspy.Predict, SortTicket, lambda row, out: float(row["queue"] == out.queue)),
    "intents": (dspy.Predict, FindIntent, lambda row, out: float(row["intent"] == out.intent)),
    "orders": (dspy.Predict, ReadOrder, of_order),
    "sums": (dspy.ChainOfThought, Solve, lambda row, out: float(row["answer"] == out.answer)),
    "cards": (
        dspy.Predict,
        ReadCard,
        lambda row, out: (same(row["person"], out.person) + same(row["company"], out.company) + same(row["city"], out.city)) / 3,
    ),
    "receipts": (dspy.Predict, ReadReceipt, of_lines),
}
ADAPTERS = {"chat": dspy.ChatAdapter, "json": dspy.JSONAdapter, "xml": dspy.XMLAdapter}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("base")
    args.add_argument("tasks", nargs="*")
    args.add_argument("--adapter", choices=ADAPTERS, action="append")
    args.add_argument("--rows", type=int, default=20)
    args.add_argument("--data", type=pathlib.Path, default=HERE)
    args.add_argument("--replies", type=pathlib.Path)
    args = args.parse_args()
    replies = args.replies.open("a") if args.replies else None
    print("| task | adapter | rows | typed | score | calls | tokens in / out a row | s a row |\n|---|---|---|---|---|---|---|---|", flush=True)
    for name in args.tasks or TASKS:
        module, signature, score = TASKS[name]
        rows = [json.loads(line) for line in (args.data / f"{name}.jsonl").open()][: args.rows]
        for adapter in args.adapter or ["chat", "json"]:
            lm = dspy.LM("openai/model", api_base=args.base, api_key="none", temperature=0, max_tokens=512, cache=False)
            typed = total = 0
            begun = time.time()
            with dspy.context(lm=lm, adapter=ADAPTERS[adapter]()):
                for row in rows:
                    inputs = {field: row[field] for field in signature.input_fields}
                    try:
                        out = module(signature)(**inputs)
                        typed += 1
                        points = score(row, out)
                        total += points
                        said = str(out)
                    except Exception as error:  # a reply that is not typed
                        points, said = 0, f"{type(error).__name__}: {error}"
                    if replies:
                        replies.write(json.dumps({"task": name, "adapter": adapter, "id": row["id"], "points": points, "said": said[:2000]}) + "\n")
                        replies.flush()
            took = (time.time() - begun) / len(rows)
            usage = [call["usage"] for call in lm.history]
            read = sum(u.get("prompt_tokens") or 0 for u in usage) / len(rows)
            wrote = sum(u.get("completion_tokens") or 0 for u in usage) / len(rows)
            n = len(rows)
            print(f"| {name} | {adapter} | {n} | {typed / n:.2f} | {total / n:.2f} | {len(usage) / n:.2f} | {read:.0f} / {wrote:.0f} | {took:.1f} |", flush=True)


main()
