"""The searches of `cargo bench --bench real -- search` with Python DSPy 3.4.1: one row of the table for each.

    python -m venv .venv && .venv/bin/pip install dspy==3.4.1 optuna
    .venv/bin/python benches/real/dspy_search.py http://127.0.0.1:8080/v1 ../shared/data/banking77 [mipro] [gepa] [--rows N]
        [--seed N]

Rows, labels, descriptions, the metric and its feedback are those of the Rust side, temperature 0 but for proposals.
"""

import argparse
import json
import pathlib
import time
from typing import Literal

import dspy

INTENTS = 8


def lines(folder, name):
    return [json.loads(line) for line in (pathlib.Path(folder) / name).read_text().splitlines()]


class Counted(dspy.LM):
    """Counts the calls that reach the server, those of the program apart from the others."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.calls = {"task": 0, "proposer": 0}

    def forward(self, prompt=None, messages=None, **settings):
        reply = super().forward(prompt=prompt, messages=messages, **settings)
        if not getattr(reply, "cache_hit", False):
            text = json.dumps(messages or prompt)
            of_task = "Sort a message to a bank" in text and "`intent`" in text and "proposed_instruction" not in text
            of_task = of_task or ("## intent ##" in text and "## text ##" in text and "curr_" not in text)
            self.calls["task" if of_task else "proposer"] += 1
        return reply


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("data")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    names = given.names or ["mipro", "gepa"]
    all_train, rest = lines(given.data, "train.jsonl"), lines(given.data, "validation.jsonl")
    labels = sorted({row["intent"] for row in all_train})[:INTENTS]

    class Sort(dspy.Signature):
        """Sort a message to a bank by what the customer wants."""

        text: str = dspy.InputField(desc="The customer's message.")
        intent: Literal[tuple(labels)] = dspy.OutputField(desc="What the customer wants.")

    def examples(rows):
        rows = [row for row in rows if row["intent"] in labels]
        return [dspy.Example(text=row["text"], intent=row["intent"]).with_inputs("text") for row in rows]

    count = given.rows
    ours = examples(all_train)
    train, validation, test = ours[:count], ours[count : 2 * count], examples(rest)[: 2 * count]

    def right(row, out, trace=None, pred_name=None, pred_trace=None):
        score = float(getattr(out, "intent", None) == row.intent)
        if pred_name is not None or pred_trace is not None:
            return dspy.Prediction(score=score, feedback=f"it is {row.intent}")
        return score

    lm = Counted("openai/qwen", api_base=given.url, api_key="none", temperature=0.0, max_tokens=512, cache=True)
    dspy.configure(lm=lm, adapter=dspy.ChatAdapter())
    evaluate = dspy.Evaluate(devset=test, metric=right, num_threads=4, display_progress=False, max_errors=10_000)
    program = dspy.Predict(Sort)
    before = evaluate(program).score / 100
    print(f"{INTENTS} intents; {len(train)} train, {len(validation)} validation, {len(test)} test rows", flush=True)
    print("| search | test before | test after | task calls | proposer calls | seconds |", flush=True)
    print("|---|---|---|---|---|---|", flush=True)
    for name in names:
        lm.calls = {"task": 0, "proposer": 0}
        begun = time.time()
        if name == "mipro":
            optimizer = dspy.MIPROv2(metric=right, auto="light", num_threads=4, seed=given.seed, verbose=False)
            found = optimizer.compile(program.deepcopy(), trainset=train, valset=validation)
        else:
            proposer = Counted(
                "openai/qwen", api_base=given.url, api_key="none", temperature=1.0, max_tokens=1024, cache=True
            )
            optimizer = dspy.GEPA(metric=right, auto="light", reflection_lm=proposer, num_threads=4, seed=given.seed)
            found = optimizer.compile(program.deepcopy(), trainset=train, valset=validation)
            lm.calls["proposer"] += sum(proposer.calls.values())
        calls, seconds = dict(lm.calls), time.time() - begun
        after = evaluate(found).score / 100
        print(
            f"| {name} | {before:.2f} | {after:.2f} | {calls['task']} | {calls['proposer']} | {seconds:.0f} |",
            flush=True,
        )
        print(f"  - {found.signature.instructions!r}", flush=True)


main()
