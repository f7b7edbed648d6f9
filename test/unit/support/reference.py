"""Verifies as the Python sample of KoeIQ's webhook reference is described to.

Reads a JSON list [secret, body in base64, header or null] a line, and writes a verdict a line:
accepts, refuses, or the name of what the sample raises.
"""

import base64
import hashlib
import hmac
import json
import sys


def verify(secret, body, header):
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest("sha256=" + expected, header)


for line in sys.stdin.buffer:
    secret, body, header = json.loads(line)
    try:
        verdict = "accepts" if verify(secret, base64.b64decode(body), header or "") else "refuses"
    except Exception as error:
        verdict = type(error).__name__
    print(verdict)
