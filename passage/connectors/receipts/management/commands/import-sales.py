"""`passage import-sales`: see `passage.connectors.receipts.command`."""

from passage.connectors.receipts.command import Command

__all__ = ["Command"]
