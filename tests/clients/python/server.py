"""A `patchbay serve --sandbox` of its own: fresh store, free port, ended by its process id."""

import json
import os
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[3]
# The OAuth app that the sandbox's Notion knows; it takes any redirect URI on loopback.
OPERATORS_APP = {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret"}
READY_WITHIN_S = 60
STOPPED_WITHIN_S = 15


@dataclass(frozen=True)
class Application:
    """What a user of Patchbay puts into a client: one application of one organization."""

    organization_id: str
    client_id: str
    client_secret: str


class Patchbay:
    def __init__(self) -> None:
        given = os.environ.get("PATCHBAY_BIN", "target/debug/patchbay")
        self.binary = (REPOSITORY / given).resolve()
        if not self.binary.is_file():
            raise FileNotFoundError(f"no {self.binary}: build it with `cargo build -p patchbay`, or set PATCHBAY_BIN")
        self._directory = tempfile.TemporaryDirectory(prefix="patchbay-clients-")
        self._data = Path(self._directory.name)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def application(self, organization_name: str) -> Application:
        """Creates an organization with one application, as an operator does."""
        organization = self._command("organization", "create", organization_name)
        application = self._command("application", "create", "--organization", organization["id"])
        return Application(organization["id"], application["client_id"], application["client_secret"])

    def start(self) -> None:
        with self._log_path().open("wb") as log:
            self._process = subprocess.Popen(
                [self.binary, "serve", "--sandbox"],
                env=self._environment(),
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if time.monotonic() > give_up_at:
                self.stop()
                raise RuntimeError(f"patchbay did not become ready; it said:\n{self.log()}")
            self._must_run()
            time.sleep(0.1)

    def stop(self) -> None:
        self._must_run()
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def discard(self) -> None:
        self._directory.cleanup()

    def log(self) -> str:
        return self._log_path().read_text(errors="replace")

    def _must_run(self) -> None:
        if self._process.poll() is not None:
            raise RuntimeError(f"patchbay ended by itself with {self._process.returncode}; it said:\n{self.log()}")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _command(self, *arguments: str) -> dict:
        done = subprocess.run(
            [self.binary, *arguments],
            env=self._environment(),
            cwd=self._data,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=READY_WITHIN_S,
        )
        if done.returncode != 0:
            raise RuntimeError(f"patchbay {' '.join(arguments)} failed:\n{done.stderr}")
        return json.loads(done.stdout)

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PATCHBAY_")}
        return inherited | {
            "PATCHBAY_DATA_DIR": str(self._data / "data"),
            "PATCHBAY_BIND": f"127.0.0.1:{self._port}",
            "PATCHBAY_PUBLIC_URL": self.url,
            "PATCHBAY_OAUTH_NOTION_CLIENT_ID": OPERATORS_APP["client_id"],
            "PATCHBAY_OAUTH_NOTION_CLIENT_SECRET": OPERATORS_APP["client_secret"],
        }

    def _log_path(self) -> Path:
        return self._data / "patchbay.log"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
