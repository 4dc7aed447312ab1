#!/usr/bin/env python3
"""What a push costs the server: queued pushes leave for an HTTP/2 endpoint on this machine; see README.md beside this."""

import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))

from support.api import Api  # noqa: E402
from support.firebase import Certificates  # noqa: E402
from support.outbox import count, fill, on_file  # noqa: E402
from support.postgres import free_port  # noqa: E402
from support.server import Server  # noqa: E402

PROJECT = "shop-1"
# As long as Firebase's are.
TOKEN = "fGh1kq0aQx9ZtWm3-{}:APA91b" + "x" * 134
ACCESS = "ya29.c." + "x" * 217
BODY = "Hello Ada, your order has left our house today and will be with you on Thursday."


class Endpoint:
    """nghttpd serving two files: it answers at once and gives no connection up."""

    def __init__(self, folder, certificates):
        program = shutil.which("nghttpd") or shutil.which("/usr/sbin/nghttpd")
        assert program, "nghttpd is missing: apt-get install nghttp2-server"
        messages = folder / f"www/v1/projects/{PROJECT}"
        messages.mkdir(parents=True)
        (messages / "messages:send").write_text('{"name":"projects/shop-1/messages/0:1500415314455276%31bd1c9631bd1c96"}')
        (folder / "www/token").write_text(json.dumps({"access_token": ACCESS, "expires_in": 3600, "token_type": "Bearer"}))
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, "-a", "127.0.0.1", "-d", str(folder / "www"), "-m", "128", str(self.port),
             str(certificates.folder / "server.key"), str(certificates.folder / "good.pem")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, "nghttpd does not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break

    def settings(self, certificates):
        account = json.dumps(certificates.account(self.port, PROJECT))
        return {"service_account": account, "endpoint": f"https://127.0.0.1:{self.port}",
                "ca_file": str(certificates.authority)}

    def stop(self):
        self.process.kill()
        self.process.wait(10)


def cpu(pid):
    """Seconds that each of a process's threads has run, by the thread's name."""
    used = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            nanoseconds = int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue
        used[name] = used.get(name, 0) + nanoseconds / 1e9
    return used


def whole(pid):
    """Seconds of user and system time of a process, ended threads included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_sent(folder, number, timeout):
    deadline = time.monotonic() + timeout
    while (sent := count(folder, "sent")) < number:
        assert time.monotonic() < deadline, f"{sent} of {number} were sent in {timeout} s"
        time.sleep(0.02)


class Bench:
    """A server with a Firebase, an app, and a conversation."""

    def __init__(self, options, certificates):
        self.options = options
        self.certificates = certificates
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-bench-"))
        self.endpoint = Endpoint(self.folder, certificates)
        push = json.loads(options.push)
        config = on_file(settings={
            "Push": push, "FCM": self.endpoint.settings(certificates), "Rest": {"local_id": "token"},
            "SocketIO": {"connections_per_device": 1000, "connections_per_address": 0, "address_rate": 0}})
        self.server = Server(self.folder, config, binary=options.binary.resolve()).start()
        self.app = self.server.create_app()
        self.api = self.server.api(self.app, "bench-0")
        self.conversation = self.api.open()["id"]

    def queue(self, due_in):
        fill(self.folder, self.app.id, self.conversation, self.options.pushes, due_in=due_in, token=TOKEN, body=BODY)

    def remove(self):
        self.server.stop(60)
        self.endpoint.stop()
        shutil.rmtree(self.folder)


def measure_cost(options, certificates):
    """The cost of a push: the process's time from before the first to after the last one was noted."""
    bench = Bench(options, certificates)
    try:
        bench.server.stop()
        bench.queue(due_in=0)
        bench.server.start()
        pid = bench.server.pid
        if options.perf:
            recorder = subprocess.Popen(["perf", "record", "-q", *options.perf_options.split(), "-o", options.perf, "-p", str(pid)])
        threads, before, began = cpu(pid), whole(pid), time.monotonic()
        while count(bench.folder, "sent") == 0:
            time.sleep(0.005)
        first = time.monotonic()
        wait_sent(bench.folder, options.pushes, 300)
        ended = time.monotonic()
        after = {name: used - threads.get(name, 0) for name, used in cpu(pid).items()}
        cost = (whole(pid) - before) / options.pushes * 1e6
        if options.perf:
            recorder.terminate()
            recorder.wait(60)
        shares = {name: round(used / options.pushes * 1e6, 1) for name, used in after.items() if used > 0.001}
        print(f"{cost:.1f} us of CPU for each push, {options.pushes / (ended - first):.0f} pushes/s; by thread: {shares}",
              flush=True)
        return cost
    finally:
        bench.remove()


def payload():
    """As the plugin FCM writes it."""
    conversation, message = "conv_0123456789abcdef01234567", "msg_0123456789abcdef01234567"
    names = {"conversation_id": conversation, "message_id": message, "sender_type": "agent"}
    return json.dumps({"message": {
        "token": TOKEN.format(10_000),
        "data": {"title": "New message", "body": BODY, **names, "conversationId": conversation, "messageId": message},
        "android": {"priority": "HIGH", "ttl": "86397s"},
        "apns": {
            "headers": {"apns-priority": "10", "apns-push-type": "alert", "apns-collapse-id": message,
                        "apns-expiration": "1790000000"},
            "payload": {"aps": {"alert": {"title": "New message", "body": BODY}, "sound": "default",
                                "thread-id": conversation}, **names}}}}, separators=(",", ":"))


def measure_floor(options, certificates):
    """What libcurl alone needs for as many requests."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-bench-"))
    endpoint = Endpoint(folder, certificates)
    try:
        (folder / "body").write_text(payload())
        source = ROOT / "Benchmarks/curl_floor.c"
        subprocess.run(["cc", "-O2", "-o", folder / "floor", source, "-lcurl"], check=True)
        url = f"https://127.0.0.1:{endpoint.port}/v1/projects/{PROJECT}/messages:send"
        for _ in range(options.runs):
            subprocess.run([folder / "floor", url, certificates.authority, folder / "body", str(options.pushes), ACCESS],
                           check=True)
    finally:
        endpoint.stop()
        shutil.rmtree(folder)


# Works for a part of each 4 ms, as something that has nothing to do with the server would.
BURN = """
import sys, time
share, end = float(sys.argv[1]), time.monotonic() + float(sys.argv[2])
while (began := time.monotonic()) < end:
    used = time.process_time()
    while time.process_time() - used < share * 0.004: pass
    time.sleep(max(0, began + 0.004 - time.monotonic()))
"""


def measure_traffic(options, certificates, kind, burnt=0):
    """How long messages take to reach a room, as the load generator sees it; with pushes going meanwhile or without.

    Returns how much CPU the server and the endpoint used meanwhile, as a share of one core. So much is used beside them if
    `burnt` says so, by two processes.
    """
    bench = Bench(options, certificates)
    burners = []
    try:
        auth = json.dumps(bench.api.auth)
        if kind == "with":
            # They begin with the measuring, after connecting and warming up.
            bench.queue(due_in=4)
        arguments = [
            options.loadgen, "--scenario", "fanout", "--port", str(bench.server.port), "--server-pid",
            str(bench.server.pid), "--connections", str(options.connections), "--rate", str(options.rate), "--warmup", "3",
            "--duration", str(options.duration), "--auth", auth, "--ready-prefix", '42/client,["conversation:joined"',
            "--rest-path", f"/v1/conversations/{bench.conversation}/messages", "--event-prefix",
            '42/client,["message:new"', "--http-conns", "1"]
        for name, value in [("X-App-Id", bench.app.id), ("X-Device-Id", "bench-0"), ("X-Api-Key", bench.app.key)]:
            arguments += ["--rest-header", f"{name}: {value}"]
        arguments += ["--rest-header", "Content-Type: application/json", "--rest-body",
                      '{"local_id":"{id}","body":"{body}"}']
        burners = [subprocess.Popen([sys.executable, "-c", BURN, str(burnt / 2), str(options.duration + 3)])
                   for _ in range(2 if burnt else 0)]
        pids = [bench.server.pid, bench.endpoint.process.pid]
        used, began = sum(map(whole, pids)), time.monotonic()
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
        used = (sum(map(whole, pids)) - used) / (time.monotonic() - began)
        [line] = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        result = json.loads(line.removeprefix("RESULT "))
        sent = count(bench.folder, "sent")
        assert result["lost"] == 0 and result["rest_bad"] == 0, result
        print(f"{kind} pushes ({sent} sent meanwhile, {used + burnt:.2f} cores): "
              f"delivery p50 {result['lat_p50_us'] / 1000:.1f} p99 {result['lat_p99_us'] / 1000:.1f} ms, "
              f"POST p50 {result['post_p50_us'] / 1000:.1f} p99 {result['post_p99_us'] / 1000:.1f} ms, "
              f"{result['deliveries_per_s']:.0f} deliveries/s", flush=True)
        return used
    finally:
        for burner in burners:
            burner.wait(60)
        bench.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / ".build/release/replyhq")
    parser.add_argument("--pushes", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--push", default="{}", help="settings of the plugin Push that differ from the defaults, as JSON")
    parser.add_argument("--perf", help="record a profile to this file")
    parser.add_argument("--perf-options", default="-g", help="what else perf is told")
    parser.add_argument("--floor", action="store_true", help="measures libcurl alone instead")
    parser.add_argument("--loadgen", help="the load generator; measures other traffic's latency instead")
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--duration", type=int, default=8)
    options = parser.parse_args()
    certificates = Certificates()
    try:
        if options.floor:
            measure_floor(options, certificates)
        elif options.loadgen:
            for _ in range(options.runs):
                alone = measure_traffic(options, certificates, "without")
                pushing = measure_traffic(options, certificates, "with")
                measure_traffic(options, certificates, "in place of", burnt=max(0, pushing - alone))
        else:
            costs = [measure_cost(options, certificates) for _ in range(options.runs)]
            print(f"median {statistics.median(costs):.1f} us, {min(costs):.1f} to {max(costs):.1f}")
    finally:
        certificates.remove()


if __name__ == "__main__":
    main()
