"""Stand-ins for what cannot be had: mesibo's backend, FCM and APNs, as servers on loopback."""

import contextlib
import functools
import http.server
import json
import socket
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import trustme

APP_TOKEN = "app-token-hunter2"


@functools.cache
def identities():
    """Make the stubs' authority and certificate once: their keys take long."""
    authority = trustme.CA()
    return authority, authority.issue_cert("127.0.0.1")


class Backend:
    """mesibo's backend API: answers operations as it is told, and remembers what it was sent."""

    def __init__(self, answer):
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):  # noqa: N805
                raw = handler.rfile.read(int(handler.headers["Content-Length"]))
                self.requests.append(json.loads(raw))
                status, headers, body = 200, {}, answer(self.requests[-1])
                if isinstance(body, tuple):
                    status, headers, body = body
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                handler.send_response(status)
                for name, value in headers.items():
                    handler.send_header(name, value)
                handler.send_header("Content-Length", str(len(data)))
                handler.end_headers()
                handler.wfile.write(data)

            def log_message(handler, *args):  # noqa: N805
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/backend"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


APNS_ID = (("apns-id", "EC1BF194-B3B2-424A-89A9-5A918A6E6B5D"),)


class Provider:
    """An HTTP/2 server over TLS: ``answer(headers, body)`` gives (status, body); it may want a client certificate."""

    def __init__(self, directory, answer, *, clients=None, protocols=("h2",), newest=None, fields=APNS_ID):
        self.requests = []
        self.certificates = []
        self._answer, self._fields = answer, fields
        authority, identity = identities()
        self.authorities = directory / "stub-ca.pem"
        authority.cert_pem.write_to_path(self.authorities)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        identity.configure_cert(self._context)
        self._context.set_alpn_protocols(list(protocols))
        if newest is not None:
            self._context.maximum_version = newest
        if clients is not None:
            self._context.load_verify_locations(cadata=clients)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        plain.settimeout(20)
        try:
            with self._context.wrap_socket(plain, server_side=True) as stream:
                self.certificates.append(stream.getpeercert())
                self._talk(stream)
        except OSError:
            plain.close()

    def _talk(self, stream):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        stream.sendall(connection.data_to_send())
        asked = {}
        while data := stream.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    asked[event.stream_id] = (dict(event.headers), b"")
                elif isinstance(event, h2.events.DataReceived):
                    headers, body = asked[event.stream_id]
                    asked[event.stream_id] = (headers, body + event.data)
                elif isinstance(event, h2.events.StreamEnded):
                    self._reply(connection, event.stream_id, *asked[event.stream_id])
            stream.sendall(connection.data_to_send())

    def _reply(self, connection, number, headers, body):
        self.requests.append((headers, body))
        status, answer = self._answer(headers, body)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        connection.send_headers(number, [(":status", str(status)), *self._fields])
        connection.send_data(number, data, end_stream=True)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()


class Ending(Provider):
    """Ends a request in its own way: ``end(connection, stream)``, with h2's connection."""

    def __init__(self, directory, end):
        self._end = end
        super().__init__(directory, None)

    def _talk(self, stream):
        with contextlib.suppress(h2.exceptions.ProtocolError):  # what the client says after the end
            super()._talk(stream)

    def _reply(self, connection, number, headers, body):
        self._end(connection, number)


class Endless(Provider):
    """Speaks HTTP/1.1 and takes its time: ``part`` is sent so many times as the body, each after ``pause`` seconds."""

    def __init__(self, directory, part, times, pause=0.0):
        self._body = (part, times, pause)
        super().__init__(directory, None, protocols=("http/1.1",))

    def _talk(self, stream):
        part, times, pause = self._body
        while stream.recv(65536):
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(part) * times))
            for _ in range(times):
                time.sleep(pause)
                stream.sendall(part)
