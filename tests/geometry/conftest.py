import jaxtyping
import pytest


@pytest.fixture
def unchecked_shapes():
    """Shape checks off, as users have them, so that the package's own messages can be seen."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
