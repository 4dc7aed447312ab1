"""HTTP/1.1 as bytes, for what proper clients do not send."""

import socket


def exchange(port, data, timeout=10):
    """Sends bytes and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def parse(answer):
    """(status, headers with lower-case names, body) of one answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(first.split(" ")[1]), headers, body


def upgrade_request(port, path, *, method="GET", version="13", key="dGhlIHNhbXBsZSBub25jZQ==", extra=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n{extra}\r\n").encode()


def read_head(connection):
    """Reads one answer's head from a socket that stays open."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        chunk = connection.recv(1)
        if not chunk:
            break
        answer += chunk
    return parse(answer)
