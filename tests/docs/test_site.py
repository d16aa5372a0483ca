"""The documentation site: builds without a warning, has no dead link inside, says what there is, and finds Chinese."""

import functools
import http.server
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag

import lxml.html
import pytest

import govtext
from govtext.resources import read_table

pytest.importorskip("sphinx")
pytest.importorskip("myst_nb")
pytest.importorskip("furo")

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site; a warning fails the build."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", DOCS, out]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return out


@pytest.fixture(scope="module")
def pages(site):
    """Parsed pages by path within the site."""
    found = {p.relative_to(site).as_posix(): p for p in site.rglob("*.html") if "_static" not in p.parts}
    return {name: lxml.html.document_fromstring(p.read_bytes()) for name, p in found.items()}


def test_internal_links_lead_somewhere(site, pages):
    dead = []
    for name, page in pages.items():
        for link in page.xpath("//@href | //@src"):
            target, anchor = urldefrag(link)
            target = target.partition("?")[0]
            if ":" in target.split("/")[0] or target.startswith("//"):
                continue  # outside the site
            path = (site / name).parent / unquote(target) if target else site / name
            key = path.resolve().relative_to(site.resolve()).as_posix()
            ids = pages[key].xpath("//@id") if key in pages and anchor else [unquote(anchor)]
            if not path.is_file() or unquote(anchor) not in ids:
                dead.append(f"{name}: {link}")
    assert not dead


def test_notebooks_are_pages_with_their_outputs(pages):
    notebooks = sorted(p.stem for p in (DOCS.parent / "notebooks").glob("*.ipynb"))
    assert [name for name in pages if name.startswith("notebooks/")] and notebooks
    for stem in notebooks:
        page = pages[f"notebooks/{stem}.html"]
        assert page.xpath("//div[contains(@class, 'cell_output')]")
        assert not [link for link in page.xpath("//article//@href") if "../docs" in link]


def test_the_public_names_are_documented(pages):
    ids = {id for name, page in pages.items() if name.startswith("api/") for id in page.xpath("//@id")}
    for name in govtext.__all__:
        value = getattr(govtext, name)
        if callable(value):
            assert any(id.startswith("govtext.") and id.endswith(f".{name}") for id in ids), name
    for module in ("views", "charts", "tables", "domains"):
        for name in getattr(getattr(govtext, module), "__all__", ()):
            value = getattr(getattr(govtext, module), name)
            if callable(value) and getattr(value, "__module__", "").startswith("govtext"):
                assert any(id.endswith(f".{name}") for id in ids), f"{module}.{name}"


def test_the_guideline_names_all_domains():
    text = (DOCS / "concepts" / "labels.md").read_text(encoding="utf-8")
    for row in read_table("domains"):
        assert f"| `{row['id']}` | {row['name_zh']} |" in text


# in a browser


@pytest.fixture(scope="module")
def server(site):
    """The address of the site, served from this process."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


@pytest.fixture
def search(chromium, server):
    """``search(query)``: the titles and the addresses of the pages found, once the search has ended."""
    from selenium.webdriver.support.ui import WebDriverWait

    def find(query):
        chromium.get(f"{server}/search.html?q={quote(query)}")
        ended = "return typeof Search !== 'undefined' && !!Search.status && !!Search.status.innerText"
        WebDriverWait(chromium, 60).until(lambda driver: driver.execute_script(ended))
        links = chromium.find_elements("css selector", "#search-results ul.search > li > a")
        return [(link.text, link.get_attribute("href")) for link in links]

    return find


@pytest.mark.browser
def test_search_finds_chinese_and_english(search):
    assert any("02_metrics" in address for _, address in search("固定资产投资"))
    assert any("api/pipeline" in address for _, address in search("analyze"))
    assert any("concepts/limits" in address for _, address in search("局限"))
    assert any("howto/words" in address for _, address in search("词频 keyness"))
    assert search("鬼画符咒") == []


@pytest.mark.browser
def test_search_from_the_start_page(chromium, server):
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    chromium.get(f"{server}/index.html")
    chromium.find_element("css selector", "input[name=q]").send_keys("标注规则", Keys.ENTER)
    found = "#search-results ul.search > li > a"
    WebDriverWait(chromium, 60).until(lambda driver: driver.find_elements("css selector", found))
    addresses = [link.get_attribute("href") for link in chromium.find_elements("css selector", found)]
    assert any("concepts/labels" in address for address in addresses)
