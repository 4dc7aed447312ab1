"""Access tokens of agents, made from nothing but hmac."""

import base64
import hashlib
import hmac
import json
import time

from .server import JWT_SECRET


def _part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _json(value):
    return _part(json.dumps(value, separators=(",", ":")).encode())


def access_token(app, role="OWNER", *, secret=JWT_SECRET, algorithm="HS256", lifetime=900, **changes):
    """A token as the contract describes it; `changes` replace claims, and remove them where they are None."""
    now = int(time.time())
    claims = {"userId": "agent-1", "appId": app.id, "role": role, "email": "agent@example.org",
              "iss": "replyhq-api", "aud": "replyhq-admin", "iat": now, "exp": now + lifetime, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    signed = _json({"alg": algorithm, "typ": "JWT"}) + b"." + _json(claims)
    signature = b"" if algorithm == "none" else hmac.digest(secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + _part(signature)).decode()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}
