"""Signs standard input as the Python sample of KoeIQ's webhook reference does, and verifies it so.

Usage: reference.py SECRET < body
"""

import hashlib
import hmac
import sys


def verify(secret: str, body: bytes, header: str) -> bool:
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest("sha256=" + expected, header)


secret, body = sys.argv[1], sys.stdin.buffer.read()
signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
if not verify(secret, body, signature):
    sys.exit("The reference does not verify its own signature.")
sys.stdout.write(signature)
