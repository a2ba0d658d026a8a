"""Every error a caller can see: one class per failure, with its HTTP status, code and headers."""

from collections.abc import Mapping


class PalierError(Exception):
    """Base class: an HTTP status, a code, and a message of one sentence that a person can act on."""

    status = 500
    code = "internal_error"
    field: str | None = None
    headers: Mapping[str, str] = {}

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the message, and the field of the request that is at fault."""
        super().__init__(message)
        if field is not None:
            self.field = field

    @property
    def message(self) -> str:
        """The message: one sentence."""
        return str(self.args[0])


class MalformedRequestError(PalierError):
    """Bytes on the connection that are not HTTP."""

    status = 400
    code = "malformed_request"


class MalformedBodyError(PalierError):
    """The body is not what its content type states: broken JSON, CSV, npy or wav."""

    status = 400
    code = "malformed_body"


class EmptyBodyError(MalformedBodyError):
    """There is no body."""

    code = "empty_body"

    def __init__(self) -> None:
        super().__init__("The request body is empty: send a recording.")


class MalformedEnvelopeError(MalformedBodyError):
    """A request that breaks the Open Inference Protocol: its lengths, shapes, names or datatypes."""

    code = "malformed_envelope"


class ApiKeyMissingError(PalierError):
    """No API key."""

    status = 401
    code = "api_key_missing"
    field = "X-API-Key"
    headers: Mapping[str, str] = {"www-authenticate": "ApiKey"}


class ApiKeyInvalidError(PalierError):
    """An unknown, revoked or expired API key."""

    status = 401
    code = "api_key_invalid"
    field = "X-API-Key"
    headers: Mapping[str, str] = {"www-authenticate": "ApiKey"}


class ScopeMissingError(PalierError):
    """A valid API key without the scope that the endpoint needs."""

    status = 403
    code = "scope_missing"
    field = "X-API-Key"


class PastEdgeError(PalierError):
    """A request that came past CloudFront, where that stands before the service."""

    status = 403
    code = "past_edge"

    def __init__(self) -> None:
        super().__init__("This name answers CloudFront alone; send the request to the service's public address.")


class NotFoundError(PalierError):
    """No such path."""

    status = 404
    code = "not_found"


class ModelNotFoundError(PalierError):
    """No such model."""

    status = 404
    code = "model_not_found"
    field = "model"


class VersionNotFoundError(PalierError):
    """No such version of a model."""

    status = 404
    code = "version_not_found"
    field = "version"


class ProofNotFoundError(PalierError):
    """A model package without proof.json, the measurements behind its card."""

    status = 404
    code = "proof_not_found"


class JobNotFoundError(PalierError):
    """No such job, or a job of another key; the answer is the same for both."""

    status = 404
    code = "job_not_found"


class AssetNotFoundError(PalierError):
    """No diagnosis of such an asset."""

    status = 404
    code = "asset_not_found"


class RecordingMissingError(PalierError):
    """A file that a job names is not in the bucket."""

    status = 404
    code = "recording_missing"


class MethodNotAllowedError(PalierError):
    """The path does not allow this method."""

    status = 405
    code = "method_not_allowed"


class RequestTimeoutError(PalierError):
    """The head or the body of a request was not complete in time."""

    status = 408
    code = "request_timeout"


class JobStateError(PalierError):
    """A job in a state that does not allow the request."""

    status = 409
    code = "job_state"


class UploadsMissingError(JobStateError):
    """A job that cannot start, because some of its files are not uploaded."""

    code = "uploads_missing"


class BodyTooLargeError(PalierError):
    """The body is over its limit."""

    status = 413
    code = "body_too_large"
    # The rest of the body is not read: no further request can follow on this connection.
    headers: Mapping[str, str] = {"connection": "close"}


class RecordingTooLongError(PalierError):
    """The recording has more windows than one request may hold."""

    status = 413
    code = "recording_too_long"
    field = "signal"


class BatchTooLargeError(PalierError):
    """The batch has more recordings than one request may hold."""

    status = 413
    code = "batch_too_large"
    field = "signals"


class JobTooLargeError(PalierError):
    """The job has more recordings than one job may hold."""

    status = 413
    code = "job_too_large"


class RecordingTooLargeError(PalierError):
    """A file of a job is over its limit."""

    status = 413
    code = "recording_too_large"


class UnsupportedMediaTypeError(PalierError):
    """A content type or encoding that is not accepted."""

    status = 415
    code = "unsupported_media_type"
    field = "Content-Type"


class UnusableError(PalierError):
    """A well-formed request that no diagnosis can be made of."""

    status = 422
    code = "unusable"


class EmptyBatchError(UnusableError):
    """A batch without recordings."""

    code = "batch_empty"
    field = "signals"


class JobInvalidError(UnusableError):
    """A submission that names no recordings, names them in several ways, or names them wrongly."""

    code = "job_invalid"


class PrefixRefusedError(UnusableError):
    """A prefix outside the part of the bucket that the key may use."""

    code = "prefix_refused"
    field = "prefix"


class WebhookRefusedError(UnusableError):
    """A webhook that this service will not call: not https, or an address that is not public."""

    code = "webhook_refused"
    field = "webhook.url"


class IdempotencyKeyReusedError(UnusableError):
    """An idempotency key that was sent before with another submission."""

    code = "idempotency_key_reused"
    field = "Idempotency-Key"


class SignalMissingError(UnusableError):
    """The JSON object has no signal."""

    code = "signal_missing"


class SignalNotNumericError(UnusableError):
    """Something in the signal is not a number."""

    code = "signal_not_numeric"
    field = "signal"


class SignalNotFiniteError(UnusableError):
    """NaN or infinity in the signal."""

    code = "signal_not_finite"
    field = "signal"


class SignalConstantError(UnusableError):
    """Every sample has the same value."""

    code = "signal_constant"
    field = "signal"


class SignalShapeError(UnusableError):
    """The signal is not one row per channel, or has the wrong number of channels."""

    code = "signal_shape"
    field = "signal"


class SignalTypeError(UnusableError):
    """The samples have a type that is not accepted."""

    code = "signal_dtype"
    field = "signal"


class SignalTooShortError(UnusableError):
    """Fewer samples than one window."""

    code = "signal_too_short"
    field = "signal"

    def __init__(self, *, length: int, required: int, sample_rate_hz: float | None = None) -> None:
        """State both lengths, in samples at the model's rate."""
        if sample_rate_hz is None:
            super().__init__(f"The signal has {length} samples; one window needs {required}.")
        else:
            found, needed = (f"{samples / sample_rate_hz:.4g} s" for samples in (length, required))
            super().__init__(
                f"The signal has {length} samples at {sample_rate_hz:g} Hz, {found};"
                f" one window needs {required}, {needed}."
            )


class SampleRateError(UnusableError):
    """A sample rate outside the range that is accepted."""

    code = "sample_rate_out_of_range"
    field = "sample_rate_hz"


class SampleRateContradictsError(UnusableError):
    """A sample rate that contradicts the file's."""

    code = "sample_rate_contradicts"
    field = "sample_rate_hz"


class UnitMissingError(UnusableError):
    """A request for a severity whose samples have no known unit of vibration."""

    code = "unit_missing"
    field = "unit"


class UnitContradictsError(UnusableError):
    """A unit that contradicts the file's."""

    code = "unit_contradicts"
    field = "unit"


class UnknownOptionError(UnusableError):
    """An option that does not exist."""

    code = "unknown_option"


class InvalidOptionError(UnusableError):
    """An option with a value it cannot have."""

    code = "invalid_option"


class ConditionMissingError(UnusableError):
    """A condition of operation that the model needs is not given."""

    code = "condition_missing"


class ConditionRangeError(UnusableError):
    """A condition of operation outside the range that the model was made for."""

    code = "condition_out_of_range"


class UnknownConditionError(UnusableError):
    """A condition of operation that the model does not take."""

    code = "unknown_condition"


class UnknownBearingError(UnusableError):
    """A designation that the catalogue of bearings does not have."""

    code = "unknown_bearing"
    field = "bearing"


class BearingContradictsError(UnusableError):
    """Orders, geometry and designation of a bearing that contradict each other."""

    code = "bearing_contradicts"


class ShaftSpeedContradictsError(UnusableError):
    """A shaft speed that the spectral lines of the recording contradict."""

    code = "shaft_speed_contradicts"
    field = "shaft_speed_rpm"


class FaultFrequencyError(UnusableError):
    """Spectral lines of a bearing or a shaft above half the sample rate."""

    code = "fault_frequency_out_of_band"
    field = "shaft_speed_rpm"


class TooFewTurnsError(UnusableError):
    """A recording with too few turns of the shaft to separate the spectral lines of a bearing."""

    code = "too_few_turns"
    field = "signal"


class HeadTooLargeError(PalierError):
    """The request line and the headers are over their limit."""

    status = 431
    code = "head_too_large"


class TooManyRequestsError(PalierError):
    """More requests at once than this instance accepts."""

    status = 429
    code = "too_many_requests"
    headers: Mapping[str, str] = {"retry-after": "1"}


class QuotaExceededError(TooManyRequestsError):
    """More jobs or recordings than one key may have."""

    code = "quota_exceeded"
    headers: Mapping[str, str] = {"retry-after": "60"}


class RecordingLostError(PalierError):
    """The worker ended, more than once, while it diagnosed this recording."""

    code = "recording_lost"


class ModelUnavailableError(PalierError):
    """A model that cannot be loaded or whose files were changed."""

    status = 503
    code = "model_unavailable"
    headers: Mapping[str, str] = {"retry-after": "30"}


class ShuttingDownError(PalierError):
    """The server ended before the request was done."""

    status = 503
    code = "shutting_down"
    headers: Mapping[str, str] = {"retry-after": "1", "connection": "close"}


class DependencyUnavailableError(PalierError):
    """A service that this one depends on does not answer."""

    status = 503
    code = "dependency_unavailable"
    headers: Mapping[str, str] = {"retry-after": "5"}


class SubmissionTooSlowError(DependencyUnavailableError):
    """A submission that was stopped because it took too long; no job was created."""

    code = "submission_too_slow"


class NotConfiguredError(DependencyUnavailableError):
    """A part of this service that is not configured here; a retry is of no use."""

    code = "not_configured"
    headers: Mapping[str, str] = {}
