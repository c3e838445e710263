"""What the tests of the picture share."""

import shutil
from collections.abc import Iterator

import pytest

from tests.picture.page import JsPage


@pytest.fixture(scope="session")
def js_page() -> Iterator[JsPage]:
    if shutil.which("node") is None:
        pytest.skip("node is not installed: the page's decoder can't be run against the server's frames")
    page = JsPage()
    yield page
    page.close()
