"""The keys of a column, each of which has to be taken by somebody."""

from .errors import SchemaError

REQUIRED = object()


class Options:
    def __init__(self, given: dict):
        self.given = dict(given)

    def take(self, key: str, default=REQUIRED):
        if key not in self.given and default is REQUIRED:
            raise SchemaError(f"{key} is missing")
        return self.given.pop(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def refuse_others(self):
        if self.given:
            raise SchemaError(f"unknown keys: {', '.join(map(str, self.given))}")
