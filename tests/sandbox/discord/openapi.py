"""Check recorded requests and answers against Discord's own OpenAPI document.

The document lies beside the repository and is not part of it. What a checker must allow for is said there:
snowflakes may be JSON integers, integers may be strings that read as integers (permission bits), and
``oneOf`` means ``anyOf``.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Self

import jsonschema_rs

from sandbox.discord import RequestRecord

DOCUMENT = Path(__file__).parents[4] / "shared" / "discord" / "openapi.json"

# What a fault or a gap of the simulation answers is not Discord's.
_NOT_DISCORDS = range(500, 600)

# discord.py sends this beside the body, where Discord does not document it.
_KNOWN_CLIENT_HABITS = {
    ("/guilds/{guild_id}/bans/{user_id}", "put", "delete_message_seconds"),
    ("/channels/{channel_id}/threads", "post", "use_nested_fields"),
}

# Where the document and Discord's written reference differ, the reference wins (reference.mdx, Error Messages;
# rate-limits.mdx): the code of an error in a field is a name, and a 429 has a code "for some limits" only.
_AS_WRITTEN: dict[str, Any] = {
    # message.mdx, Message Reference Types: the document knows no forward
    "MessageReferenceType": {"type": "integer", "enum": [0, 1]},
    "InnerErrors": {
        "type": "object",
        "properties": {
            "_errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                    "required": ["code", "message"],
                },
            }
        },
        "additionalProperties": False,
        "required": ["_errors"],
    },
    "RatelimitedResponse": {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "retry_after": {"type": "number"},
            "global": {"type": "boolean"},
            "code": {"type": "integer"},
        },
        "required": ["message", "retry_after", "global"],
    },
}


class DiscordContract:
    """Hold the document; compile the validator of an operation when it is first needed.

    All at once would take twenty seconds and gigabytes.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._validators: dict[tuple[str, ...], jsonschema_rs.Draft202012Validator] = {}
        self._templates = sorted(
            (template.strip("/").split("/") for template in document["paths"]),
            key=lambda parts: [part.startswith("{") for part in parts],  # literal parts win
        )

    @classmethod
    @cache
    def load(cls) -> Self:
        """Read the document from beside the repository."""
        return cls(json.loads(DOCUMENT.read_text()))

    def check(self, record: RequestRecord) -> list[str]:
        """Return what is wrong with a request and its answer, in words; an empty list is agreement."""
        name = f"{record.method} {record.template}"
        found = self._operation(record.method, record.path)
        if found is None:
            return [f"{name}: Discord has no such operation"]
        template, operation = found
        where = (template, record.method.lower())
        problems = self._check_query(where, operation, record.params)
        if record.json is not None or record.files:
            problems += self._check_body(where, operation, record.json)
        if record.status is not None and record.status not in _NOT_DISCORDS:
            problems += self._check_answer(where, operation, record.status, record.response)
        return [f"{name}: {problem}" for problem in problems]

    # ------------------------------------------------------------------ the parts of a request

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        parts = path.strip("/").split("/")
        for template in self._templates:
            if len(template) == len(parts) and all(
                ours.startswith("{") or ours == theirs for ours, theirs in zip(template, parts, strict=True)
            ):
                name = "/" + "/".join(template)
                operation = self._document["paths"][name].get(method.lower())
                if operation is not None:
                    return name, operation
        return None

    def _check_query(self, where: tuple[str, str], operation: dict[str, Any], params: dict[str, str]) -> list[str]:
        shared = self._document["paths"][where[0]].get("parameters", [])
        known = {
            item["name"]: item.get("schema", {})
            for item in [*shared, *operation.get("parameters", [])]
            if item["in"] == "query"
        }
        problems = []
        for name, value in params.items():
            if (*where, name) in _KNOWN_CLIENT_HABITS:
                continue
            if name not in known:
                problems.append(f"unknown query parameter {name}")
                continue
            readings: list[Any] = [value, [value]]
            if value.lower() in ("true", "false", "1", "0"):
                readings.append(value.lower() in ("true", "1"))
            validator = self._validator((*where, "query", name), known[name])
            if not any(validator.is_valid(reading) for reading in readings):
                problems.append(f"query parameter {name}={value!r}")
        return problems

    def _check_body(self, where: tuple[str, str], operation: dict[str, Any], body: Any) -> list[str]:
        content = operation.get("requestBody", {}).get("content", {})
        media = content.get("application/json") or content.get("multipart/form-data")
        if media is None:
            return ["this operation takes no body"]
        return self._errors((*where, "body"), media["schema"], body, "body")

    def _check_answer(
        self, where: tuple[str, str], operation: dict[str, Any], status: int, answer: Any
    ) -> list[str]:
        answers = operation["responses"]
        declared = answers.get(str(status)) or answers.get(f"{status // 100}XX") or answers.get("default")
        if declared is None:
            return [f"answered {status}, which Discord does not"]
        if "$ref" in declared:
            declared = self._document["components"]["responses"][declared["$ref"].rpartition("/")[2]]
        media = declared.get("content", {}).get("application/json")
        if media is None:
            return [] if answer is None else [f"{status} carries no content at Discord"]
        return self._errors((*where, str(status)), media["schema"], answer, f"answer {status}")

    # ------------------------------------------------------------------ schemas

    def _errors(self, key: tuple[str, ...], schema: Any, instance: Any, what: str) -> list[str]:
        validator = self._validator(key, schema)
        return [
            f"{what} at /{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
            for error in validator.iter_errors(instance)
        ]

    def _validator(self, key: tuple[str, ...], schema: Any) -> jsonschema_rs.Draft202012Validator:
        if key not in self._validators:
            whole = {**_allow(schema), "components": {"schemas": self._reachable(schema)}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[key]

    def _reachable(self, schema: Any) -> dict[str, Any]:
        """Return only the named schemas this one leads to: the smaller, the faster it compiles."""
        found: dict[str, Any] = {}
        waiting = list(_names(schema))
        while waiting:
            name = waiting.pop()
            if name not in found:
                schema = _AS_WRITTEN.get(name, self._schemas[name])
                found[name] = _allow(schema)
                waiting.extend(_names(schema))
        return found


def _names(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for item in node for name in _names(item)}
    if not isinstance(node, dict):
        return set()
    here = {node["$ref"].rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
    return here | {name for value in node.values() for name in _names(value)}


def _allow(node: Any) -> Any:
    """Loosen a schema by what Discord allows beyond it."""
    if isinstance(node, list):
        return [_allow(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "snowflake":
        return {"anyOf": [node, {"type": "integer", "minimum": 0}]}
    loose = {("anyOf" if key == "oneOf" else key): _allow(value) for key, value in node.items()}
    kind = node.get("type")
    if kind == "integer" or (isinstance(kind, list) and "integer" in kind):
        return {"anyOf": [loose, {"type": "string", "pattern": "^-?[0-9]+$"}]}
    return loose
