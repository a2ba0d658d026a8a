"""Open Inference Protocol v2 with the binary tensor extension: what Triton's and KServe's clients speak.

Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md; the extensions are those of
triton-inference-server/server, docs/protocol. docs/v2.md holds every endpoint against them.
"""
