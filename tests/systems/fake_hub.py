"""A Hub of one repository on this machine: as much of its HTTP interface as saving and loading use.

Files go up in the commit itself (the Hub's "regular" mode) and come down from ``resolve``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def fake_hub():
    """Serves an empty repository; answers its address, its files and what was asked."""
    files: dict[str, bytes] = {}
    asked: list[tuple[str, str, str | None]] = []

    class Hub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def answer(self, content=b"", status=200, **headers):
            body = json.dumps(content).encode() if isinstance(content, dict | list) else content
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def note(self):
            asked.append((self.command, self.path, self.headers.get("Authorization")))

        def do_POST(self):
            self.note()
            given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/api/repos/create":
                name = json.loads(given)["name"]
                self.answer({"url": f"{address}/someone/{name}", "name": f"someone/{name}"})
            elif self.path == "/api/validate-yaml":
                self.answer({"errors": [], "warnings": []})
            elif "/preupload/" in self.path:
                named = [f["path"] for f in json.loads(given)["files"]]
                regular = {"uploadMode": "regular", "shouldIgnore": False}
                self.answer({"files": [{"path": path, **regular} for path in named]})
            elif "/commit/" in self.path:
                for line in given.splitlines():
                    entry = json.loads(line)
                    if entry["key"] == "file":
                        content = base64.b64decode(entry["value"]["content"])
                        files[entry["value"]["path"]] = content
                url = f"{address}/someone/small/commit/{COMMIT}"
                self.answer({"commitUrl": url, "commitOid": COMMIT, "success": True})
            else:
                self.answer({"error": f"no {self.path}"}, 404)

        def do_GET(self):
            self.note()
            path = self.path.partition("?")[0]
            if "/resolve/" in path and path.rpartition("/")[2] in files:
                content = files[path.rpartition("/")[2]]
                tag = f'"{hashlib.sha1(content).hexdigest()}"'
                self.answer(content, ETag=tag, X_Repo_Commit=COMMIT, Accept_Ranges="bytes")
            elif path.startswith("/api/models/someone/small/tree/"):
                entries = [
                    {"type": "file", "path": name, "size": len(held), "oid": COMMIT}
                    for name, held in files.items()
                ]
                self.answer(entries)
            elif path.startswith("/api/models/someone/small"):
                siblings = [{"rfilename": name} for name in files]
                self.answer({"id": "someone/small", "sha": COMMIT, "siblings": siblings})
            else:
                self.answer({"error": f"no {self.path}"}, 404)

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield SimpleNamespace(address=address, files=files, asked=asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
