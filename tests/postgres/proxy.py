"""A relay between a client and the server that does something at the commits."""

import socket
import threading
from typing import Callable

PASS = "pass it on, and the answer"
LOSE_ANSWER = "pass it on, and break off when the server has answered"
LOSE_COMMIT = "break off, and pass nothing on"


class Proxy:
    """`at_commit` says what becomes of each commit, whose number from 1 it is given; it may take its time.

    It understands the protocol's messages, so it is for connections in clear.
    """

    def __init__(self, server_port: int, at_commit: Callable[[int], str]):
        self.server_port, self.at_commit = server_port, at_commit
        self.commits = 0
        self.lock = threading.Lock()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.listener)
        for open_socket in self.sockets:
            end(open_socket)

    def listen(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
            except OSError:
                return
            for end_point in (client, server):
                end_point.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [client, server]
            answer_is_lost = threading.Event()
            for work in (self.pass_on, self.answer):
                threading.Thread(target=work, args=(client, server, answer_is_lost), daemon=True).start()

    def pass_on(self, client, server, answer_is_lost):
        try:
            with client.makefile("rb") as messages:
                length = messages.read(4)  # the first message has no kind
                server.sendall(length + messages.read(int.from_bytes(length) - 4))
                while kind := messages.read(1):
                    length = messages.read(4)
                    body = messages.read(int.from_bytes(length) - 4)
                    if kind == b"Q" and body.strip(b"\0 ;").lower() == b"commit":
                        with self.lock:
                            self.commits += 1
                            number = self.commits
                        what = self.at_commit(number)
                        if what == LOSE_COMMIT:
                            break
                        if what == LOSE_ANSWER:
                            answer_is_lost.set()
                    server.sendall(kind + length + body)
        except OSError:
            pass
        if not answer_is_lost.is_set():
            end(server)
            end(client)

    def answer(self, client, server, answer_is_lost):
        try:
            while (answer := server.recv(1 << 16)) and not answer_is_lost.is_set():
                client.sendall(answer)
        except OSError:
            pass
        end(client)
        end(server)


def end(open_socket: socket.socket):
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    open_socket.close()
