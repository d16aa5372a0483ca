"""The loaded model, the analyzed samples (once a session) and a browser (once a file)."""

import shutil

import pytest
from hypothesis import settings

import govtext as gt
from govtext.resources import sample_paths

settings.register_profile(
    "govtext", deadline=None
)  # how long an example takes says more of the machine than of the code
settings.load_profile("govtext")


@pytest.fixture(scope="session")
def nlp():
    return gt.load()


@pytest.fixture(scope="session")
def samples(nlp):
    """The analyzed sample reports: street (web page), county (text), department (GB18030 text)."""
    return [gt.analyze(path, nlp) for path in sample_paths()]


@pytest.fixture
def sample_county(samples):
    return samples[1]


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        pytest.skip("needs chromium and chromedriver (Debian: chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield driver
    driver.quit()
