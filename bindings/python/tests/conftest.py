"""What the tests share: connections to the servers that `pytest.rs` has started."""

from __future__ import annotations

import os
import uuid
from typing import Iterator

import jetbridge
import pytest


@pytest.fixture(scope="session")
def uri() -> str:
    return os.environ["JETBRIDGE_TEST_URI"]


@pytest.fixture
def connection(uri: str) -> Iterator[jetbridge.Connection]:
    with jetbridge.connect(uri) as connection:
        yield connection


@pytest.fixture
def table(uri: str) -> Iterator[str]:
    """A name that no other test uses; the table is dropped at the end."""
    name = "t_" + uuid.uuid4().hex
    yield name
    with jetbridge.connect(uri, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
