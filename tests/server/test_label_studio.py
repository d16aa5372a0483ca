"""A round trip through a real Label Studio on loopback: configuration, pre-annotated tasks, annotations through its API, export, read back.

Needs the command ``label-studio`` (an environment of its own will do: name the command in GOVTEXT_LABEL_STUDIO). Its first start takes a
minute or two, since it makes its database.
"""

import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace

import pytest

from govtext.corpus import AnnotatedSentence, read_corpus, write_corpus
from govtext.corpus.label_studio import label_config
from govtext.types import Entity, Metric

COMMAND = shutil.which(os.environ.get("GOVTEXT_LABEL_STUDIO", "label-studio"))
START_SECONDS = 300
EMAIL, PASSWORD = "annotator@example.org", "a-long-password"
pytestmark = [pytest.mark.server, pytest.mark.skipif(COMMAND is None, reason="label-studio is not installed")]

LINE = "𠮷水镇新建学校2所，云山县一中🏫扩建工程竣工。"
SENTENCES = [
    AnnotatedSentence(
        id="s1", doc="云山县", text=LINE, start=10, end=10 + len(LINE), heads=("一、回顾",),
        entities=(Entity(0, 3, "PLACE"), Entity(7, 9, "METRIC"), Entity(10, 15, "ORG"), Entity(16, 20, "PROJECT")),
        metrics=(Metric(7, 9, indicator="学校"),), domains=("education", "urban"), status="achieved",
    ),
    AnnotatedSentence(
        id="s2", doc="云山县", text="来年修通石桥公路。", start=60, end=69, entities=(Entity(4, 8, "PROJECT"),),
        domains=("transport",), status="planned",
    ),
]  # fmt: skip


class Client:
    """Calls the API of a server with the session of a person who has logged in."""

    def __init__(self, base):
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def send(self, path, body=None, kind="application/json"):
        token = next((c.value for c in self.cookies if c.name == "csrftoken"), "")
        headers = {"X-CSRFToken": token, "Referer": self.base, "Content-Type": kind}
        with self.opener.open(urllib.request.Request(self.base + path, body, headers), timeout=60) as answer:
            return answer.read()

    def json(self, path, data=None):
        return json.loads(self.send(path, None if data is None else json.dumps(data).encode()))

    def log_in(self):
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', self.send("/user/login/").decode())[1]
        form = {"csrfmiddlewaretoken": token, "email": EMAIL, "password": PASSWORD}
        self.send("/user/login/", urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("label-studio")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "LABEL_STUDIO_BASE_DATA_DIR": str(folder), "DJANGO_DB": "sqlite", "COLLECT_ANALYTICS": "False",
        "LATEST_VERSION_CHECK": "False", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
    }  # fmt: skip
    start = [
        COMMAND,
        "start",
        "--no-browser",
        "--port",
        str(port),
        "--internal-host",
        "127.0.0.1",
        "--username",
        EMAIL,
        "--password",
        PASSWORD,
    ]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(start, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            client = Client(f"http://127.0.0.1:{port}")
            wait_for(client, server, folder / "server.log")
            client.log_in()
            yield client
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(client, server, log):
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            client.send("/health")
            return
        time.sleep(1)
    pytest.fail(f"label-studio did not start:\n{log.read_text()[-2000:]}")


def test_annotations_come_back_unshifted(client, tmp_path):
    project = client.json("/api/projects/", {"title": "govtext", "label_config": label_config()})["id"]
    tasks = write_corpus(SENTENCES, tmp_path / "tasks.json", "label-studio")
    told = client.json(
        f"/api/projects/{project}/import?return_task_ids=true", json.loads(tasks.read_text(encoding="utf-8"))
    )
    assert (told["task_count"], told["prediction_count"]) == (2, 2)
    for id in told["task_ids"]:
        result = client.json(f"/api/tasks/{id}")["predictions"][0]["result"]
        for mark in result:  # the person corrects one status
            if mark["from_name"] == "status" and mark["value"]["choices"] == ["planned"]:
                mark["value"]["choices"] = ["other"]
        client.json(f"/api/tasks/{id}/annotations/", {"result": result})
    for kind in ("JSON", "JSON_MIN"):
        export = tmp_path / f"{kind}.json"
        export.write_bytes(client.send(f"/api/projects/{project}/export?exportType={kind}"))
        found = sorted(read_corpus(export), key=lambda s: s.id)
        assert found == [SENTENCES[0], replace(SENTENCES[1], status="other")]
