"""Pure. Media types by file name (RFC 9110 8.3): Python's own table, and what it does not have yet."""

from collections.abc import Mapping
from mimetypes import MimeTypes

_NEWER = {
    ".avif": "image/avif",
    ".cjs": "text/javascript",
    ".flac": "audio/flac",
    ".gltf": "model/gltf+json",
    ".glb": "model/gltf-binary",
    ".ico": "image/x-icon",
    ".jsonld": "application/ld+json",
    ".js": "text/javascript",
    ".jxl": "image/jxl",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".rst": "text/x-rst",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_TEXT = ("application/xhtml+xml", "application/xml", "application/manifest+json", "image/svg+xml")
# These name how a file is packed, not what it is: the file is sent as it lies there, so this is its type.
_PACKED = {".gz": "application/gzip", ".bz2": "application/x-bzip2", ".xz": "application/x-xz",
           ".zst": "application/zstd", ".br": "application/octet-stream", ".z": "application/x-compress"}  # fmt: skip


class MediaTypes:
    """A table from the ending of a file name to its `Content-Type`.

    :param extra: endings (".foo") of the settings, which beat the table.
    :param charset: added to text types; empty for none.
    """

    def __init__(self, extra: Mapping[str, str] | None = None, charset: str = "utf-8") -> None:
        table = {**MimeTypes(filenames=()).types_map[True], **_NEWER, **_PACKED, **(extra or {})}
        self._types = {
            ending.lower().encode(): self._with_charset(name, charset).encode() for ending, name in table.items()
        }

    @staticmethod
    def _with_charset(name: str, charset: str) -> str:
        text = name.startswith("text/") or name in _TEXT
        return f"{name}; charset={charset}" if charset and text and ";" not in name else name

    def of(self, name: bytes) -> bytes:
        """The type of a file of this name; `application/octet-stream` when nothing is known."""
        _, dot, ending = name.rpartition(b".")
        if not dot:
            return b"application/octet-stream"
        return self._types.get(b"." + ending.lower(), b"application/octet-stream")
