"""Answers travel compressed to whoever takes it, and unchanged to everybody else."""

import gzip
from typing import Any


def test_what_is_compressed_is_the_same(demo: Any) -> None:
    """Pages and static files; smaller by far; lengths of pages differ each time, so that they betray nothing."""
    client = demo.client()
    for path in ("/static/htmx.min.js", "/static/polyphony.css"):
        plain = client.get(path, headers={"Accept-Encoding": "identity"}, buffered=True)
        small = client.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
        assert "Content-Encoding" not in plain.headers
        assert small.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in small.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"], "a cache between keeps both apart"
        assert len(small.data) < len(plain.data) / 2
        assert int(small.headers["Content-Length"]) == len(small.data)
        assert gzip.decompress(small.data) == plain.data
    front = [client.get("/en/", headers={"Accept-Encoding": "gzip"}) for _ in range(8)]
    assert all(b"</html>" in gzip.decompress(each.data) for each in front)
    lengths = {len(each.data) for each in front}
    assert len(lengths) > 1
    assert "Content-Encoding" not in client.get("/en/", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_a_file_that_is_known_is_not_sent_again(demo: Any) -> None:
    """The mark of a compressed file is recognised when the browser asks whether it changed."""
    client = demo.client()
    first = client.get("/static/polyphony.css", headers={"Accept-Encoding": "gzip"}, buffered=True)
    again = client.get("/static/polyphony.css", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]},
                       buffered=True)
    assert again.status_code == 304
    assert again.data == b""
