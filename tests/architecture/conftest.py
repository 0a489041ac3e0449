"""What several tests of deployment files start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.prepare import prepare_keys


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Secrets as `kuguan prepare keys` makes them."""
    directory = tmp_path_factory.mktemp("manifests") / "secrets"
    prepare_keys(directory, {})
    return directory
