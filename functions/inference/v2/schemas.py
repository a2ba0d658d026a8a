"""JSON schemas of the protocol's objects, for the OpenAPI document only; they check no request.

Source: kserve/open-inference-protocol, specification/protocol/open_inference_rest.yaml, and the extensions' pages.
"""

from typing import Any

from functions.core.models.manifest import CONDITIONS
from functions.inference.v2.datatypes import NUMERIC
from functions.inference.v2.requests import OUTPUTS

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_COUNT = {"type": "integer", "minimum": 0}
_TRUE = {"const": True}
_PARAMETERS = {"type": "object"}


def v2_schemas() -> dict[str, Any]:
    """Return the schemas by name."""
    return _server_schemas() | _model_schemas() | _statistics_schemas() | _inference_schemas()


def _object(*optional: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], fewest: int | None = None, most: int | None = None) -> dict[str, Any]:
    bounds = {name: count for name, count in (("minItems", fewest), ("maxItems", most)) if count is not None}
    return {"type": "array", "items": items, **bounds}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _server_schemas() -> dict[str, Any]:
    entry = _object(name=_TEXT, version=_TEXT, state={"enum": ["READY", "UNAVAILABLE"]}, reason=_TEXT)
    return {
        "V2ServerMetadata": _object(name=_TEXT, version=_TEXT, extensions=_list(_TEXT)),
        "V2ServerLive": _object(live=_TRUE),
        "V2ServerReady": _object(live=_TRUE, ready=_TRUE),
        "V2Index": _list(entry),
        "V2Empty": _object(),
        "V2IndexRequest": _object("ready", ready=_FLAG) | {"additionalProperties": True},
        "V2LoadRequest": _object("parameters", parameters=_PARAMETERS | {"maxProperties": 0})
        | {"additionalProperties": True},
    }


def _model_schemas() -> dict[str, Any]:
    described = _object(name=_TEXT, datatype=_TEXT, shape=_list({"type": "integer", "minimum": -1}))
    tensor = _object("format", name=_TEXT, data_type=_TEXT, format=_TEXT, dims=_list(_COUNT))
    return {
        "V2ModelMetadata": _object(
            name=_TEXT, versions=_list(_TEXT), platform=_TEXT, inputs=_list(described), outputs=_list(described)
        ),
        "V2ModelReady": _object(name=_TEXT, ready=_TRUE),
        "V2ModelConfiguration": _object(
            name=_TEXT,
            platform=_TEXT,
            backend=_TEXT,
            version_policy={"type": "object"},
            max_batch_size=_COUNT,
            input=_list(tensor),
            output=_list(tensor),
            default_model_filename=_TEXT,
            parameters={"type": "object", "additionalProperties": _object(string_value=_TEXT)},
        ),
    }


def _statistics_schemas() -> dict[str, Any]:
    duration = _ref("V2Duration")
    stages = {f"compute_{stage}": duration for stage in ("input", "infer", "output")}
    model = _object(
        name=_TEXT,
        version=_TEXT,
        last_inference=_COUNT,
        inference_count=_COUNT,
        execution_count=_COUNT,
        inference_stats=_object(success=duration, fail=duration, queue=duration, cache_hit=duration, **stages),
        batch_stats=_list(_object(batch_size=_COUNT, **stages)),
    )
    return {"V2Duration": _object(count=_COUNT, ns=_COUNT), "V2Statistics": _object(model_stats=_list(model))}


def _input(name: dict[str, Any], dimensions: int, shape: str) -> dict[str, Any]:
    return _object(
        "data",
        "parameters",
        name=name,
        shape=_list(_COUNT | {"minimum": 1}, dimensions, dimensions) | {"description": shape},
        datatype={"enum": list(NUMERIC)},
        data={"type": "array", "minItems": 1, "description": "Numbers, flat or nested as in its shape."},
        parameters=_PARAMETERS | {"properties": {"binary_data_size": _COUNT}},
    )


def _inference_schemas() -> dict[str, Any]:
    asked = {"enum": list(OUTPUTS)}
    signal = _input({"type": "string", "not": {"const": CONDITIONS}}, 3, "[batch, channels, window], of the metadata.")
    conditions = _input({"const": CONDITIONS}, 2, "[batch, conditions], where the model takes some.")
    wish = _PARAMETERS | {"properties": {"binary_data": _FLAG, "classification": _COUNT}}
    answered = _object(
        "data",
        "parameters",
        name=asked,
        datatype={"enum": ["FP32", "BYTES"]},
        shape=_list(_COUNT),
        data={"type": "array", "items": {"type": ["number", "string"]}},
        parameters=_object(binary_data_size=_COUNT),
    )
    request = _object(
        "id",
        "parameters",
        "outputs",
        id=_TEXT,
        parameters=_PARAMETERS | {"properties": {"binary_data_output": _FLAG}},
        inputs=_list({"anyOf": [signal, conditions]}, 1, 2) | {"contains": signal, "maxContains": 1},
        outputs=_list(_object("parameters", name=asked, parameters=wish), 0, len(OUTPUTS)),
    )
    return {
        # The protocol allows further members.
        "V2InferenceRequest": request | {"additionalProperties": True},
        "V2InferenceResponse": _object("id", model_name=_TEXT, model_version=_TEXT, id=_TEXT, outputs=_list(answered)),
    }
