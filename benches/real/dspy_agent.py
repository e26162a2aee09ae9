"""The questions of agent_questions.jsonl asked of dspy.ReAct: python dspy_agent.py http://127.0.0.1:8080/v1 [model]"""

import json
import pathlib
import sys
import time

import dspy

SHOP = {"lamp": (7, 30), "kettle": (4, 25), "cup": (40, 3), "chair": (6, 50), "rug": (2, 80), "clock": (5, 20),
        "vase": (9, 12), "basket": (10, 8)}
called = []


def look_up(item, place):
    name = item.lower().removesuffix("s")
    if name not in SHOP:
        raise ValueError(f"there is no item `{item}`")
    return SHOP[name][place]


def stock(item: str) -> int:
    """Says how many pieces of an item are in stock."""
    called.append("stock")
    return look_up(item, 0)


def price(item: str) -> int:
    """Says what one piece of an item costs, in euros."""
    called.append("price")
    return look_up(item, 1)


class Shop(dspy.Signature):
    """Answer the question about the shop."""

    question: str = dspy.InputField()
    number: int = dspy.OutputField(desc="The answer.")


def main():
    model = sys.argv[2] if len(sys.argv) > 2 else "qwen"
    dspy.configure(lm=dspy.LM(f"openai/{model}", api_base=sys.argv[1], api_key="x", temperature=0, max_tokens=300,
                              cache=False))
    rows = pathlib.Path(__file__).with_name("agent_questions.jsonl").read_text().splitlines()
    right = failed = asked = invented = 0
    begun = time.time()
    for row in map(json.loads, rows):
        called.clear()
        try:
            number = dspy.ReAct(Shop, tools=[stock, price], max_iters=6)(question=row["question"]).number
        except Exception as error:
            number = None
            failed += 1
            print(row["id"], "error:", str(error).splitlines()[0][:150], flush=True)
        else:
            print(row["id"], number, "of", row["number"], called, flush=True)
        right += number == row["number"]
        asked += bool(called) or not row["tools"]
        invented += number is not None and bool(row["tools"]) and not called
    print(f"dspy.ReAct: {right} right, {failed} failed, {asked} of {len(rows)} called what they need, "
          f"{invented} answered without a tool, {time.time() - begun:.0f} s")


if __name__ == "__main__":
    main()
