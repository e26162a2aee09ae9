#!/usr/bin/env bash
# DSPy 3.4.1: MIPROv2 notices that optuna is missing only after it has paid for demonstrations and proposals.
#
# Installing the package does not install optuna, which MIPROv2 cannot run without. It is imported at the last of the three
# steps: by then all sets of demonstrations were bootstrapped and all instructions proposed, and the error throws them away.
# Seen here with the package's own stand-in for a model, one predictor and 30 rows: 22 calls, then an ImportError.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q dspy==3.4.1
cd "$place"
DSPY_CACHEDIR="$place/cache" "$place/venv/bin/python" - 2>/dev/null <<'P'
import contextlib
import importlib.util
import io
import logging
import sys

import dspy
from dspy.utils import DummyLM

logging.disable(logging.CRITICAL)


class Counted(DummyLM):
    calls = 0

    def forward(self, *arguments, **settings):
        Counted.calls += 1
        return super().forward(*arguments, **settings)


class Sort(dspy.Signature):
    """Sort a message."""

    text: str = dspy.InputField()
    queue: str = dspy.OutputField()


answer = {"queue": "refund", "observations": "Short.", "summary": "Short.", "program_description": "Sorts.",
          "module_description": "Sorts.", "proposed_instruction": "Sort it."}
model = Counted([answer] * 10_000)
dspy.configure(lm=model)
rows = [dspy.Example(text=f"message {n}", queue="refund").with_inputs("text") for n in range(60)]
optimizer = dspy.MIPROv2(metric=lambda row, out, trace=None: row.queue == out.queue, auto="light", num_threads=1)
error = None
try:
    with contextlib.redirect_stdout(io.StringIO()):
        optimizer.compile(dspy.Predict(Sort), trainset=rows[:30], valset=rows[30:])
except ImportError as raised:
    error = raised
installed = importlib.util.find_spec("optuna") is not None
print(f"dspy {dspy.__version__}: optuna installed {installed}, calls before the error {Counted.calls}, error: {error!r:.100}")
if installed or error is None or "optuna" not in str(error) or Counted.calls < 20:
    sys.exit("it has changed")
P
