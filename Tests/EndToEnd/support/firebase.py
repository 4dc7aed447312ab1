"""Two Firebases that are not ours: one on NIO's HTTP/2, one on nginx. Both speak TLS and take their answers from the
push's token: `ok/x`, `status/404/UNREGISTERED/x`, `once/503/x`, `rst/x`, `goaway/x`, `half/x`, `hang/x`,
`hold/x` (the first hangs), `slow/250/x`."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

import pytest

from .ports import free_port
from .server import BINARY


class Certificates:
    """An authority of this test run, and what it signed: one certificate that is good, one that expired."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-firebase-", dir="/tmp"))
        os.chmod(self.folder, 0o755)
        self.authority = self.folder / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-days", "2", "-subj", "/CN=Test authority")
        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr",
                      "-subj", "/CN=firebase")
        self._sign("good.pem", "-days", "2")
        # Signed so that it ended a day ago.
        (self.folder / "index").write_text("")
        (self.folder / "ca.cnf").write_text(f"""
[ca]
default_ca = one
[one]
database = {self.folder}/index
new_certs_dir = {self.folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
""")
        self._openssl("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", "server.csr",
                      "-out", "expired.pem", "-notext", "-extfile", "names",
                      "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
        self._openssl("genrsa", "-out", "account.key", "2048")
        for path in self.folder.iterdir():
            os.chmod(path, 0o644)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def _sign(self, name, *arguments):
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-extfile", "names", "-out", name, *arguments)

    def account(self, port, project="shop-1"):
        """A service account whose access tokens come from that port."""
        return {"type": "service_account", "project_id": project, "private_key_id": "k1",
                "private_key": (self.folder / "account.key").read_text(),
                "client_email": f"push@{project}.iam.gserviceaccount.com",
                "token_uri": f"https://127.0.0.1:{port}/token"}

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Firebase:
    """What both have in common: the requests that came, in order."""

    def __init__(self, certificates, certificate="good.pem"):
        self.certificates = certificates
        self.certificate = certificates.folder / certificate
        self.key = certificates.folder / "server.key"
        self.port = None
        self.lines = []
        self._grew = threading.Condition()

    @property
    def endpoint(self):
        return f"https://127.0.0.1:{self.port}"

    def settings(self, **changes):
        """What the FCM plugin is told."""
        return {"service_account": json.dumps(self.certificates.account(self.port)), "endpoint": self.endpoint,
                "ca_file": str(self.certificates.authority), "timeout": "15s", **changes}

    def _heard(self, line):
        with self._grew:
            self.lines.append(line)
            self._grew.notify_all()

    @property
    def pushes(self):
        with self._grew:
            return [line for line in self.lines if "payload" in line]

    @property
    def token_requests(self):
        with self._grew:
            return [urllib.parse.parse_qs(line["form"]) for line in self.lines if "form" in line]

    def to(self, token):
        return [push for push in self.pushes if push["payload"]["message"]["token"] == token]

    def wait(self, condition, timeout=20, what="what was waited for"):
        with self._grew:
            found = self._grew.wait_for(lambda: condition(self), timeout)
        assert found, f"{what} did not come; last: {self.lines[-3:]}"

    def wait_to(self, token, count=1, timeout=20):
        """The first `count` pushes to a token, when they have come."""
        self.wait(lambda _: len(self.to(token)) >= count, timeout, f"push {count} to {token}")
        return self.to(token)[:count]


class NIOFirebase(Firebase):
    """On NIOHTTP2, which resets and gives up as servers of Google's kind do."""

    # As many pushes as a debug build of it takes in a few seconds.
    many = 2_000

    def start(self):
        binary = BINARY.parent / "FakeFCM"
        assert binary.exists(), f"build the tests first: {binary} is missing"
        self.process = subprocess.Popen([str(binary), str(self.certificate), str(self.key)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        first = self.process.stdout.readline().split()
        assert first and first[0] == b"listening", first
        self.port = int(first[1])
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def _read(self):
        for line in self.process.stdout:
            self._heard(json.loads(line))

    def pause(self):
        """It hangs: connections stay and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.kill()
        self.process.wait(10)


LUA = r"""
ngx.req.read_body()
local body = ngx.req.get_body_data() or ""
local shared = ngx.shared.seen
local function say(line)
    local file = io.open("FOLDER/requests", "a")
    file:write(line, "\n")
    file:close()
end
ngx.header["Content-Type"] = "application/json"
if ngx.var.uri == "/token" then
    say('{"path":"/token","form":"' .. body .. '"}')
    local number = shared:incr("tokens", 1, 0)
    ngx.print('{"access_token":"access-' .. number .. '","expires_in":3600,"token_type":"Bearer"}')
    return
end
local token = body:match('"token":"([^"]*)"'):gsub("\\/", "/")
local first = shared:incr(token, 1, 0) == 1
say('{"path":"' .. ngx.var.uri .. '","authorization":"' .. (ngx.var.http_authorization or "") .. '","connection":'
    .. ngx.var.connection .. ',"payload":' .. body .. '}')
local verb, rest = token:match("^([^/]*)/(.*)$")
local function fail(status, code)
    local details = ""
    if code then
        details = '{"errorCode":"' .. code .. '"}'
        if code == "INVALID_ARGUMENT" then
            details = details .. ',{"fieldViolations":[{"field":"message.token"}]}'
        end
    end
    if status == 429 or status == 503 then ngx.header["Retry-After"] = "1" end
    ngx.status = status
    ngx.print('{"error":{"code":' .. status .. ',"message":"as asked","details":[' .. details .. ']}}')
    ngx.exit(ngx.HTTP_OK)
end
if verb == "slow" then ngx.sleep(tonumber(rest:match("^(%d+)")) / 1000) end
if verb == "hang" or verb == "hold" and first then
    ngx.sleep(30)
elseif (verb == "rst" or verb == "goaway") and first then
    ngx.exit(444)
elseif verb == "half" and first then
    ngx.header["Content-Length"] = 100
    ngx.print('{"name":')
    ngx.flush(true)
    ngx.exit(ngx.ERROR)
elseif verb == "status" then
    local status, code = rest:match("^(%d+)/?([A-Z_]*)")
    fail(tonumber(status), code ~= "" and code or nil)
elseif verb == "once" and first then
    fail(tonumber(rest:match("^(%d+)")), nil)
else
    ngx.print('{"name":"projects/p/messages/' .. token .. '"}')
end
"""


class NginxFirebase(Firebase):
    """Debian's nginx with answers in Lua. It says GOAWAY by itself after every 100 requests of a connection."""

    many = 10_000

    def start(self):
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        assert program, "nginx is missing: scripts/setup --test installs it"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-nginx-", dir="/tmp"))
        os.chmod(self.folder, 0o777)
        self.port = free_port()
        (self.folder / "requests").touch()
        os.chmod(self.folder / "requests", 0o666)
        (self.folder / "answer.lua").write_text(LUA.replace("FOLDER", str(self.folder)))
        modules = "/usr/share/nginx/modules-available"
        loads = "".join((pathlib.Path(modules) / name).read_text()
                        for name in ("mod-http-ndk.conf", "mod-http-lua.conf"))
        loads = loads.replace("load_module modules/", "load_module /usr/lib/nginx/modules/")
        (self.folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/errors warn;
{loads}
events {{ worker_connections 512; }}
http {{
    lua_shared_dict seen 10m; access_log off; client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;
    fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
    server {{
        listen 127.0.0.1:{self.port} ssl http2; keepalive_requests 100; http2_max_concurrent_streams 128;
        ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
        location / {{ client_body_buffer_size 64k; content_by_lua_file {self.folder}/answer.lua; }}
    }}
}}
""")
        self.process = subprocess.Popen([program, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20
        while not (self.folder / "pid").exists():
            assert self.process.poll() is None and time.monotonic() < deadline, self.errors
            time.sleep(0.02)
        self._is_ended = False
        self._requests, self._rest = open(self.folder / "requests"), ""
        self._follower = threading.Thread(target=self._follow, daemon=True)
        self._follower.start()
        return self

    @property
    def errors(self):
        path = self.folder / "errors"
        return path.read_text() if path.exists() else ""

    def _follow(self):
        while not self._is_ended:
            if not self._catch_up():
                time.sleep(0.01)

    def _catch_up(self):
        """Takes in what nginx has written, which it does before it answers: so whoever knows of an answer sees its request.
        Answers whether there was anything."""
        with self._grew:
            self._rest += self._requests.read()
            *whole, self._rest = self._rest.split("\n")
            for line in whole:
                self._heard(json.loads(line))
            return bool(whole)

    @property
    def pushes(self):
        self._catch_up()
        return super().pushes

    @property
    def token_requests(self):
        self._catch_up()
        return super().token_requests

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.kill()
        self.process.wait(10)
        self._is_ended = True
        self._follower.join(10)
        self._requests.close()
        shutil.rmtree(self.folder, ignore_errors=True)


KINDS = {"nio": NIOFirebase, "nginx": NginxFirebase}


@pytest.fixture(scope="module")
def certificates():
    certificates = Certificates()
    yield certificates
    certificates.remove()


@pytest.fixture(params=sorted(KINDS))
def firebase(request, certificates):
    firebase = KINDS[request.param](certificates).start()
    yield firebase
    firebase.stop()


@pytest.fixture
def nio(certificates):
    firebase = KINDS["nio"](certificates).start()
    yield firebase
    firebase.stop()


@pytest.fixture
def nginx(certificates):
    """The one that gives no connection up with requests on it, so that what arrives can be counted."""
    firebase = KINDS["nginx"](certificates).start()
    yield firebase
    firebase.stop()
