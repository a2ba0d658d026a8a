"""The queue of jobs, and the dead-letter queue of messages that failed too often."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.constructs.retention import removal_policy
from cdk.stage_parts import Retention

# A message that was received so often without success goes to the dead-letter queue.
MAX_RECEIVES = 3
# AWS asks for six times the time-out of the function that receives.
# Source: docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_PER_TIMEOUT = 6


class JobQueue(Construct):
    """A queue with its dead-letter queue, both encrypted and reached over TLS only."""

    def __init__(
        self, scope: Construct, id_: str, *, key: kms.IKey, worker_timeout_s: int, retention: Retention
    ) -> None:
        super().__init__(scope, id_)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=removal_policy(retention),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(VISIBILITY_PER_TIMEOUT * worker_timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=MAX_RECEIVES, queue=self.dead_letters),
            removal_policy=removal_policy(retention),
        )
