"""One sandbox for the run, one account for each story."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.kept import keep  # noqa: E402
from harness.server import Sandbox  # noqa: E402
from harness.shapes import Seen  # noqa: E402
from harness.shop import Shop  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="everything; without it what `make test` has time for")


@pytest.fixture(scope="session")
def seen(pytestconfig):
    """What the answers of all stories had in them; the long form keeps it for the coverage report."""
    seen = Seen()
    yield seen
    if pytestconfig.getoption("--long"):
        keep("fields", {cls.OBJECT_NAME: sorted(paths) for cls, paths in seen.fields.items() if "OBJECT_NAME" in vars(cls)})


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def shop(sandbox, seen):
    """A German shop. When its story ends, every event must have been delivered once."""
    shop = Shop(sandbox, seen)
    yield shop
    shop.check_deliveries()
    shop.close()
