"""What servers need to speak TLS."""

import subprocess

import pytest


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The paths of a certificate for 127.0.0.1, signed by itself, and of its key."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=folder, check=True, capture_output=True, timeout=30)
    return folder / "certificate.pem", folder / "key.pem"
