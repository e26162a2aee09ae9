#!/usr/bin/env bash
# DSPy 3.4.1: an agent that calls no tool gives an answer like any other.
#
# `dspy.ReAct` lets the model choose `finish` in its first turn, and then asks it for the outputs with a trajectory that
# holds no observation. What comes back is a typed value; nothing in the prediction but the trajectory tells it from one
# that tools have led to. On Qwen2.5-Coder-0.5B all of 20 questions about a shop were answered so, 18 of them wrong.
# Seen here with the package's own stand-in for a model: number 12345, no tool called, no error and no warning.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q dspy==3.4.1
cd "$place"
"$place/venv/bin/python" - <<'P'
import sys
import warnings

import dspy
from dspy.utils import DummyLM

called = []


def stock(item: str) -> int:
    """Says how many pieces of an item are in stock."""
    called.append(item)
    return 7


class Shop(dspy.Signature):
    """Answer the question about the shop."""

    question: str = dspy.InputField()
    number: int = dspy.OutputField()


turns = [
    {"next_thought": "Done.", "next_tool_name": "finish", "next_tool_args": "{}"},
    {"reasoning": "So it is.", "number": "12345"},
]
dspy.configure(lm=DummyLM(turns))
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    reply = dspy.ReAct(Shop, tools=[stock])(question="How many lamps are there?")
tools = [value for name, value in reply.trajectory.items() if name.startswith("tool_name")]
told = [str(warning.message) for warning in warned if "tool" in str(warning.message).lower()]
print(f"dspy {dspy.__version__}: number {reply.number}, tools {tools}, called {called}, warnings {told}")
if (reply.number, tools, called, told) != (12345, ["finish"], [], []):
    sys.exit("it has changed")
P
