"""Free ports that no outgoing connection can take meanwhile, also while the server that has one is away."""

import os
import pathlib
import random
import socket

FIRST = 10_240


def _last():
    """The last port below those that the kernel gives to outgoing connections."""
    first_ephemeral = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    return max(first_ephemeral - 1, FIRST + 10_000)


class Ports:
    """Walks through the range from a place of this process's own, so that none is given twice and test runs beside each
    other hardly meet."""

    def __init__(self):
        self.last = _last()
        self.next = random.Random(os.urandom(8)).randint(FIRST, self.last)

    def take(self):
        for _ in range(FIRST, self.last + 1):
            port = self.next
            self.next = port + 1 if port < self.last else FIRST
            with socket.socket() as probe:
                # As servers do: what waits in TIME_WAIT is no reason against a port.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
        raise AssertionError("no port is free")


PORTS = Ports()


def free_port():
    return PORTS.take()


def free_ports(count):
    return [PORTS.take() for _ in range(count)]
