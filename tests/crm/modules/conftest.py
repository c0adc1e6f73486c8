"""What tests of modules share."""

from tests.modules import device_requests

__all__ = ["device_requests"]
