"""One question, one answer, nothing about the machine."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.lib import web
from app.lib.web import get_json

pytestmark = pytest.mark.unit


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            made.requests.append((self.path, dict(self.headers)))
            status, body = made.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    made.requests = []
    made.answer = (200, b'{"info": {}}')
    made.url = f"http://127.0.0.1:{made.server_port}/pypi/crosstalk/json"
    thread = threading.Thread(target=made.serve_forever, name="test-server")
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_an_answer_is_read_and_nothing_else_is_told(server):
    assert get_json(server.url, 5.0) == {"info": {}}

    (path, headers), *others = server.requests
    assert others == []
    assert path == "/pypi/crosstalk/json"
    assert headers.pop("Host") == f"127.0.0.1:{server.server_port}"
    assert headers == {
        "User-Agent": "crosstalk",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [((404, b"{}"), OSError), ((200, b"<html>"), ValueError), ((200, b"1" * 101), ValueError)],
)
def test_an_answer_that_is_none_is_an_error(server, monkeypatch, answer, error):
    monkeypatch.setattr(web, "MAX_BYTES", 100)
    server.answer = answer

    with pytest.raises(error):
        get_json(server.url, 5.0)


def test_a_server_that_is_not_there_is_an_error(server):
    server.server_close()

    with pytest.raises(OSError, match=r"refused|Connection"):
        get_json(server.url, 5.0)
