"""Reads spans as JSON from the standard input and says where `pytest_genai_semconv` finds them wrong."""

import json
import sys

from pytest_genai_semconv import GenAISpanComplianceError, assert_genai_span_compliant
from pytest_genai_semconv.testing import build_span

wrong, count = [], 0
for span in json.load(sys.stdin):
    count += 1
    try:
        assert_genai_span_compliant(build_span(**span))
    except GenAISpanComplianceError as error:
        wrong.append(str(error))
if wrong:
    sys.exit("\n".join(wrong))
print(count)
