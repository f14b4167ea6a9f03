#!/usr/bin/env bash
# What the preview's proxy costs: the same small page asked of the site directly and through `site preview`, by turns, on
# kept connections and on new ones; and its peak memory with 100 connections open, each of which has had an answer, and with
# 50 websockets among them. Fails when something did not run, or when more than 1 ms (median) or 20 MiB are added.
#
#   tests/bench-site-preview.sh [--short]   3000 pairs of requests, or 300
#   TASKRUN=FILE tests/bench-site-preview.sh measures this binary
#
# Needs bash, python3, git, a Rust toolchain unless TASKRUN is set; peak memory needs /proc.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pairs=3000; [ "${1:-}" != --short ] || pairs=300
die() { echo "bench-site-preview: $*" >&2; exit 1; }
for tool in python3 git; do command -v "$tool" >/dev/null || die "needs $tool"; done

if [ -z "${TASKRUN:-}" ]; then
  (cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
  TASKRUN=$root/target/release/taskrun
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/taskrun-bench.XXXXXX")
preview=
end() {
  [ -z "$preview" ] || kill "$preview" 2>/dev/null || true
  (cd "$scratch/folder" && "$TASKRUN" site stop bench >/dev/null 2>&1) || true
  rm -rf "$scratch"
}
trap end EXIT

export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config GIT_CONFIG_NOSYSTEM=1
unset TASKRUN_WORKSPACE GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
mkdir -p "$HOME" "$scratch/folder/.taskrun" "$scratch/folder/site"
cat >"$scratch/folder/site/server.py" <<'PY'
import os, socketserver
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
PAGE = b"<!doctype html><title>bench</title>" + b"x" * 2000
class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        if self.headers.get("Upgrade"):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            self.wfile.flush()
            while data := self.connection.recv(4096):
                self.connection.sendall(data)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)
    def log_message(self, *_): pass
ThreadingHTTPServer.request_queue_size = 256
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Site).serve_forever()
PY
cd "$scratch/folder"
git init -q . 2>/dev/null
"$TASKRUN" site mount site --name bench --dev "python3 server.py" >/dev/null
"$TASKRUN" site start bench >/dev/null
site=$("$TASKRUN" site url bench)
"$TASKRUN" site preview bench >"$scratch/url" 2>"$scratch/said" &
preview=$!
for _ in $(seq 200); do [ -s "$scratch/url" ] && break; sleep 0.05; done
[ -s "$scratch/url" ] || die "no preview: $(cat "$scratch/said")"

python3 - "$site" "$(head -n 1 "$scratch/url")" "$pairs" "$preview" <<'PY'
import http.client, socket, statistics, sys, time
from urllib.parse import urlsplit
site, preview, pairs, pid = urlsplit(sys.argv[1]).port, urlsplit(sys.argv[2]).port, int(sys.argv[3]), sys.argv[4]

def connect(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection

def ask(connection, port, **fields):
    connection.request("GET", "/", headers={"Host": f"localhost:{port}", **fields})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200 and len(body) > 2000, (answer.status, body[:200])
    return answer

assert ask(connect(site), site).getheader("X-Frame-Options") == "DENY"
assert ask(connect(preview), preview).getheader("X-Frame-Options") is None

def timed(port, connection=None):
    start = time.perf_counter_ns()
    if connection:
        ask(connection, port)
    else:
        once = connect(port)
        ask(once, port, Connection="close")
        once.close()
    return (time.perf_counter_ns() - start) / 1000

bad = []
def compare(name, count, connections):
    direct, through = [], []
    for _ in range(count):
        direct.append(timed(site, connections.get(site)))
        through.append(timed(preview, connections.get(preview)))
    added = statistics.median(b - a for a, b in zip(direct, through))
    slow = [sorted(times)[len(times) * 99 // 100] for times in (direct, through)]
    print(f"{name:18} direct {statistics.median(direct):7.0f} µs   preview {statistics.median(through):7.0f} µs   "
          f"added {added:6.0f} µs (median)   99th: {slow[0]:.0f} and {slow[1]:.0f} µs")
    if added > 1000:
        bad.append(f"{name}: {added:.0f} µs added")

compare("kept connections", pairs, {port: connect(port) for port in (site, preview)})
compare("new connections", pairs // 2, {})

def peak():
    try:
        lines = open(f"/proc/{pid}/status").read().splitlines()
    except OSError:
        return None
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmHWM", "VmRSS"))}

before = peak()
held = [connect(preview) for _ in range(100)]
for connection in held[:50]:
    ask(connection, preview)
for number, connection in enumerate(held[50:]):
    connection.sock.sendall(f"GET /socket HTTP/1.1\r\nHost: localhost:{preview}\r\nConnection: Upgrade\r\n"
                            f"Upgrade: websocket\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.sock.recv(4096)
    text = f"message {number}".encode() * 100
    connection.sock.sendall(text)
    got = b""
    while len(got) < len(text):
        got += connection.sock.recv(4096)
    assert got == text
after = peak()
if after:
    print(f"peak memory        {before['VmHWM'] / 1024:.1f} MiB before, {after['VmHWM'] / 1024:.1f} MiB with 100 connections open")
    if after["VmHWM"] > 20 * 1024:
        bad.append(f"{after['VmHWM'] / 1024:.1f} MiB")
if bad:
    sys.exit("too much: " + "; ".join(bad))
PY
start=$(date +%s%N)
kill -INT "$preview"
status=0; wait "$preview" || status=$?
preview=
echo "Ctrl-C             ended after $((($(date +%s%N) - start) / 1000000)) ms, exit $status"
