#!/usr/bin/env python3
"""How many instructions a connection, a request, a message or a reply costs the server, as valgrind counts them; see README.md beside this."""

import argparse
import pathlib
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import time

import callgrind
import realtime

SHIM = pathlib.Path(__file__).with_name("valgrind_shim.c")

# Counted in two runs that differ by their duration alone: what opening their sockets costs cancels out.
SHORT, LONG = "1", "10"
SOCKETS = {
    "message": (["--scenario", "fanout", "--connections", "100", "--window", "4", "--http-conns", "10", "--warmup", "0"], 10),
    "ack": ([*realtime.SCENARIOS["ack"][0], "--warmup", "0"], realtime.SCENARIOS["ack"][1]),
}
SCENARIOS = ("connect", "post", *SOCKETS)


def stripped(binary, folder):
    """The binary and its plugins without debug information, which valgrind may be too old to read."""
    for file in [binary, *binary.parent.glob("*.so")]:
        subprocess.run(["strip", "--strip-debug", "-o", folder / file.name, file], check=True)
    for resources in binary.parent.glob("*.resources"):
        shutil.copytree(resources, folder / resources.name)
    return folder / binary.name


def under_valgrind(binary, folder):
    """A program that runs the binary under valgrind, and counts nothing until it is told to."""
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", folder / "shim.so", SHIM], check=True)
    program = folder / "replyhq-counted"
    words = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/counts.%p", binary]
    program.write_text(f"#!/bin/sh\nLD_PRELOAD={shlex.quote(str(folder / 'shim.so'))} "
                       f"exec {shlex.join(str(word) for word in words)} \"$@\"\n")
    program.chmod(0o755)
    return program


def rows(folder, table):
    with sqlite3.connect(folder / "replyhq.db") as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def switch(server, state):
    subprocess.run(["callgrind_control", "-i", state, str(server.pid)], check=True, stdout=subprocess.DEVNULL)


def count_once(loadgen, server, app, name, folder, count):
    """Runs the generator twice and counts in the second run; answers the profile and how many operations it had."""
    arguments = list(realtime.SCENARIOS[name][0])
    if name == "connect":
        arguments[arguments.index("--connections") + 1] = str(count)
    # What is done once is done before, and who came is noted for the hour, some seconds later.
    realtime.load(loadgen, server, app, arguments, count)
    deadline = time.monotonic() + 60
    while name == "connect" and rows(server.folder, "transport_uses") < count:
        assert time.monotonic() < deadline, "the devices were not noted"
        time.sleep(0.1)
    done = rows(server.folder, "messages")
    switch(server, "on")
    realtime.load(loadgen, server, app, arguments, count)
    switch(server, "off")
    operations = count if name == "connect" else rows(server.folder, "messages") - done
    server.stop(120)
    return callgrind.Profile(folder / f"counts.{server.pid}"), operations


def count_difference(loadgen, server, app, name, folder, count):
    """Counts in a short and in a long run; answers what the long one had more, in instructions and in operations."""
    def run(duration):
        done = rows(server.folder, "messages")
        result = realtime.load(loadgen, server, app, [*SOCKETS[name][0], "--duration", duration], count)
        return round(result["rtps"] * int(duration)) if name == "ack" else rows(server.folder, "messages") - done

    run(SHORT)
    counted = []
    for number, duration in enumerate((SHORT, LONG), 1):
        switch(server, "on")
        operations = run(duration)
        switch(server, "off")
        # Into a file of its own; the counters begin anew.
        subprocess.run(["callgrind_control", "-d", str(server.pid)], check=True, stdout=subprocess.DEVNULL)
        counted.append((callgrind.Profile(folder / f"counts.{server.pid}.{number}"), operations))
    server.stop(120)
    (less, few), (more, many) = counted
    more.subtract(less)
    return more, many - few


def measure(options, name, binary, folder):
    count = options.connections if name == "connect" else (SOCKETS.get(name) or realtime.SCENARIOS[name])[1]
    data = folder / name
    data.mkdir()
    where = argparse.Namespace(loops=1, binary=under_valgrind(binary, folder))
    server, app = realtime.prepare(where, data, count)
    try:
        server.start(timeout=120)
        counted = count_difference if name in SOCKETS else count_once
        profile, operations = counted(options.loadgen, server, app, name, folder, count)
    finally:
        server.kill()
    print(f"{name}: {profile.total / operations:,.0f} instructions each, {operations} counted", flush=True)
    for cost, calls, function, parts in profile.functions(options.top):
        print(f"{cost / operations:10,.0f} {calls / operations:7.2f} calls  {function[:180]}")
        print(" " * 27 + "; ".join(f"{part} {share / operations:,.0f}" for part, share in parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"some of: {', '.join(SCENARIOS)} (all)")
    parser.add_argument("--loadgen", required=True, help="the load generator")
    parser.add_argument("--binary", type=pathlib.Path, default=realtime.ROOT / ".build/release/replyhq")
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--top", type=int, default=0, help="also print so many functions")
    options = parser.parse_args()
    for name in options.scenario:
        if name not in SCENARIOS:
            parser.error(f"unknown scenario {name}")
    for tool in ("valgrind", "callgrind_control", "strip", "cc"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is missing: apt-get install valgrind binutils gcc")
    for name in options.scenario or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="replyhq-bench-") as folder:
            folder = pathlib.Path(folder)
            measure(options, name, stripped(options.binary.resolve(), folder), folder)


if __name__ == "__main__":
    main()
