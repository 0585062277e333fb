# SPDX-License-Identifier: GPL-2.0-or-later
"""A real web server in a namespace, with a configuration of its own and nothing written outside `directory`."""

import pathlib
import subprocess

from .daemon import wait_for_port
from .namespace import Namespace
from .tls import Certificate

CONFIGURATION = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    default_type text/plain;
    sendfile on;
    gzip on;  # for clients that ask for it
    gzip_types *;
    client_max_body_size 0;
    server {{
        listen unix:{directory}/kept.sock;
        location / {{ return 200 "$http_x_kept_as"; }}
    }}
    server {{
        {listen}
        location / {{ return 200 "{greeting}"; }}
        location /files/ {{ alias {directory}/files/; }}
        location /upload {{
            client_body_in_file_only on;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Kept-As $request_body_file;
            proxy_pass http://unix:{directory}/kept.sock:/;
        }}
    }}
}}
"""


class Nginx:
    """Answers every request with `greeting`; `/files/NAME` gives what was put there with add_file(). What is sent to
    `/upload` is kept in a file, and the answer is that file's path. With a certificate it does the same over TLS, on
    port 443."""

    def __init__(
        self,
        namespace: Namespace,
        directory: pathlib.Path,
        addresses: tuple[str, ...],
        *,
        port: int = 80,
        greeting: str = "hello from nginx\\n",
        certificate: Certificate | None = None,
    ) -> None:
        self._files = directory / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        hosts = [f"[{address}]" if ":" in address else address for address in addresses]
        listen = " ".join(f"listen {host}:{port};" for host in hosts)
        if certificate:
            listen += " ".join(f" listen {host}:443 ssl;" for host in hosts)
            listen += f" ssl_certificate {certificate.file}; ssl_certificate_key {certificate.key};"
        config = directory / "nginx.conf"
        config.write_text(CONFIGURATION.format(directory=directory, listen=listen, greeting=greeting))
        self.process = namespace.start(
            ["nginx", "-p", str(directory), "-e", str(directory / "error.log"), "-c", str(config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        if not wait_for_port(namespace, addresses[0], port):
            log = directory / "error.log"
            raise RuntimeError("nginx does not listen: " + (log.read_text() if log.exists() else ""))

    def add_file(self, name: str, content: bytes) -> None:
        (self._files / name).write_bytes(content)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
