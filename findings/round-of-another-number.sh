#!/usr/bin/env bash
# monty 1.4.0 (and 0.0.23): `round(2.675, 2)` is 2.68, where Python says 2.67, and no error tells.
#
# The number that is written 2.675 is a little less than that, so CPython rounds it down; whoever pays by the cent has met
# it. monty scales by 100 first, which gives 267.5 exactly, and rounds that. Its own f-string of the same number says 2.67.
# So a program's answer depends on which of the two it writes, and on which Python runs it. Of the 1,000 numbers below 10
# whose third and last decimal is a 5, monty rounds 412 to another than CPython does.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q pydantic-monty-runtime==1.4.0
cd "$place"
cat >program.py <<'P'
print(round(2.675, 2), f"{2.675:.2f}")
print(len([n for n in range(5, 10000, 10) if str(round(n / 1000, 2)) != str(float(f"{n / 1000:.2f}"))]), "of 1000")
P
"$place/venv/bin/python" program.py | tee cpython
"$place/venv/bin/monty" program.py | tee monty
grep -qx '2.67 2.67' cpython
grep -q '2.68 2.67' monty
