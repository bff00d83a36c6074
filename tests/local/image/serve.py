"""A container's `serve`: doubles numbers; `status` in a row asks for an error, `die` for the end."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL = Path(os.environ["SM_MODEL_DIR"])
if os.environ.get("REFUSE"):
    raise SystemExit("the artifact's signature does not match")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["rows"]
        if rows[0].get("die"):
            os._exit(1)
        if "status" in rows[0]:
            return self.answer(rows[0]["status"], {"error": "as asked"})
        version = os.environ["EVERGREEN_MODEL_VERSION"]
        return self.answer(
            200,
            {
                "model_version": version,
                "predictions": [{"prediction": 2 * r["x"]} for r in rows],
                "files": sorted(path.name for path in MODEL.rglob("*") if path.is_file()),
            },
        )

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


address = os.environ["EVERGREEN_BIND_HOST"], int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(address, Handler).serve_forever()
