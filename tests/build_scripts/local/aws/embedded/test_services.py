"""The embedded services, really started; skipped where their packages cannot be had."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import (
    REGION,
    EmbeddedServices,
    Host,
    answers,
    client_arguments,
    client_environment,
)
from build_scripts.local.aws.embedded.sharing import open_services
from tests.support.local_server import ROOT
from tests.support.servers import unused_port


def client(service: Any, url: str) -> Any:
    return boto3.client(service, **client_arguments(url))


def store(url: str) -> None:
    """Put something into each service that jobs and keys use."""
    client("secretsmanager", url).create_secret(Name="palier/dev/api-keys", SecretString="{}")
    client("s3", url).create_bucket(Bucket="recordings", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3", url).put_object(Bucket="recordings", Key="a", Body=b"\x00\xff\xfe")
    client("sqs", url).create_queue(QueueName="jobs")
    client("sqs", url).send_message(QueueUrl=queue(url), MessageBody="chunk 1")
    client("dynamodb", url).create_table(
        TableName="jobs",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb", url).put_item(TableName="jobs", Item={"pk": {"S": "job"}, "done": {"N": "3"}})


def stored(url: str) -> tuple[Any, ...]:
    return (
        client("secretsmanager", url).get_secret_value(SecretId="palier/dev/api-keys")["SecretString"],
        client("s3", url).get_object(Bucket="recordings", Key="a")["Body"].read(),
        client("sqs", url).receive_message(QueueUrl=queue(url), VisibilityTimeout=0)["Messages"][0]["Body"],
        client("dynamodb", url).scan(TableName="jobs")["Items"],
    )


def queue(url: str) -> str:
    found: str = client("sqs", url).get_queue_url(QueueName="jobs")["QueueUrl"]
    return found


STORED = ("{}", b"\x00\xff\xfe", "chunk 1", [{"pk": {"S": "job"}, "done": {"N": "3"}}])


def test_services_answer_and_end_with_their_block(embedded_host: Host) -> None:
    with EmbeddedServices(embedded_host) as services:
        store(services.url)
        assert stored(services.url) == STORED
        assert answers(services.url)
    assert not answers(services.url)
    assert not Path(f"/proc/{services.pid}").exists()


def test_state_ends_with_the_services(embedded_host: Host) -> None:
    for _ in range(2):
        with EmbeddedServices(embedded_host) as services:
            assert client("secretsmanager", services.url).list_secrets()["SecretList"] == []
            store(services.url)


def test_a_data_folder_keeps_state_over_a_restart(embedded_host: Host, tmp_path: Path) -> None:
    with EmbeddedServices(embedded_host, tmp_path / "data") as services:
        store(services.url)
    with EmbeddedServices(embedded_host, tmp_path / "data") as services:
        assert stored(services.url) == STORED


_STARTER = """
import sys
from pathlib import Path
from build_scripts.local.aws.embedded.services import Host
from build_scripts.local.aws.embedded.sharing import open_services
with open_services(Path(sys.argv[2]), lambda: Host((sys.executable,), Path(sys.argv[1]))) as endpoint:
    print(endpoint.url, flush=True)
    sys.stdin.read()
"""


def test_services_whose_starter_is_killed_end_and_keep_their_data(embedded_host: Host, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTER, str(embedded_host.packages), str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout
        url = starter.stdout.readline().decode().strip()
        store(url)
        starter.kill()
    with open_services(tmp_path, lambda: embedded_host) as endpoint:
        assert endpoint.started
        assert not answers(url)
        assert stored(endpoint.url) == STORED


def test_nothing_stays_behind_but_the_data_folder(
    embedded_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with EmbeddedServices(embedded_host, tmp_path / "data") as services:
        store(services.url)
        assert len(list((tmp_path / "tmp").iterdir())) == 1
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["s3", "state"]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel's table of sockets is Linux's")
def test_only_loopback_is_listened_on(embedded_host: Host) -> None:
    with EmbeddedServices(embedded_host) as services:
        store(services.url)
        inodes = {str(link.readlink()) for link in Path(f"/proc/{services.pid}/fd").iterdir() if link.is_symlink()}
        rows = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        ]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    port = int(services.url.rpartition(":")[2])
    assert listening == [f"0100007F:{port:04X}"]


def test_the_process_sees_nothing_of_this_environment(embedded_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALIER_SECRET_OF_MINE", "x")
    with EmbeddedServices(embedded_host) as services:
        seen = Path(f"/proc/{services.pid}/environ")
        if not seen.exists():
            pytest.skip("the environment of a process is read from /proc")
        assert b"PALIER_SECRET_OF_MINE" not in seen.read_bytes()


def test_a_port_can_be_named(embedded_host: Host) -> None:
    port = unused_port()
    with EmbeddedServices(embedded_host, port=port) as services:
        assert services.url == f"http://localhost:{port}"


def test_a_port_that_is_taken_is_said(embedded_host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(EmbeddedServicesError, match=rf"^The embedded services cannot listen on port {port}: "):
            EmbeddedServices(embedded_host, port=port)


def test_services_that_end_at_once_say_their_last_words(tmp_path: Path) -> None:
    with pytest.raises(
        EmbeddedServicesError, match=r"^The embedded services ended at once: .*No module named hypercorn"
    ):
        EmbeddedServices(Host((sys.executable,), tmp_path))


def test_variables_send_clients_to_the_services() -> None:
    assert client_environment("http://localhost:1")["AWS_ENDPOINT_URL"] == "http://localhost:1"


def test_a_host_with_a_root_of_its_own_sees_paths_below_it(tmp_path: Path) -> None:
    host = Host(("chroot", str(tmp_path)), tmp_path / "packages", root=tmp_path)
    assert host.sees(tmp_path / "tmp" / "x") == "/tmp/x"
    with pytest.raises(ValueError, match="is not in the subpath"):
        host.sees(tmp_path.parent)
