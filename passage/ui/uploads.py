"""How large a file may be that is sent with a form: counted while it arrives, and never kept beyond that."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

TOO_LARGE = "passage.upload_too_large"


class Bounded(FileUploadHandler):
    """Stands before the handler that keeps the file. A page that takes larger files puts a handler with its own
    ``limit`` in this one's place."""

    limit = 10 * 1024 * 1024
    # So much more is not even read to the end, to say so politely.
    patience = 4

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.seen = 0
        self.announced = 0

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        self.announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.announced > self.patience * self.limit:
            self._mark()
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > self.limit:
            self._mark()
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _mark(self) -> None:
        if self.request is not None:
            self.request.META[TOO_LARGE] = True


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was left out for its size. Ask after the form was read."""
    return bool(request.META.get(TOO_LARGE))
