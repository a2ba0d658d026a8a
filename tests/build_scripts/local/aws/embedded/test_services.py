"""The embedded services, really started; skipped where their packages cannot be had."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from build_scripts.local.aws.embedded.access import (
    REGION,
    Access,
    Address,
    answers,
    client_arguments,
    client_environment,
)
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import EmbeddedServices, Host, listen
from build_scripts.local.aws.embedded.sharing import open_services
from tests.support.local_server import ROOT
from tests.support.waiting import until


def client(service: Any, access: Access) -> Any:
    return boto3.client(service, **client_arguments(access))


def store(access: Access) -> None:
    """Put something into each service that jobs and keys use."""
    client("secretsmanager", access).create_secret(Name="palier/dev/api-keys", SecretString="{}")
    client("s3", access).create_bucket(Bucket="recordings", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3", access).put_object(Bucket="recordings", Key="a", Body=b"\x00\xff\xfe")
    client("sqs", access).create_queue(QueueName="jobs")
    client("sqs", access).send_message(QueueUrl=queue(access), MessageBody="chunk 1")
    client("dynamodb", access).create_table(
        TableName="jobs",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb", access).put_item(TableName="jobs", Item={"pk": {"S": "job"}, "done": {"N": "3"}})


def stored(access: Access) -> tuple[Any, ...]:
    return (
        client("secretsmanager", access).get_secret_value(SecretId="palier/dev/api-keys")["SecretString"],
        client("s3", access).get_object(Bucket="recordings", Key="a")["Body"].read(),
        client("sqs", access).receive_message(QueueUrl=queue(access), VisibilityTimeout=0)["Messages"][0]["Body"],
        client("dynamodb", access).scan(TableName="jobs")["Items"],
    )


def queue(access: Access) -> str:
    found: str = client("sqs", access).get_queue_url(QueueName="jobs")["QueueUrl"]
    return found


STORED = ("{}", b"\x00\xff\xfe", "chunk 1", [{"pk": {"S": "job"}, "done": {"N": "3"}}])


def test_services_answer_and_end_with_their_block_and_their_state(embedded_host: Host) -> None:
    for _ in range(2):
        with EmbeddedServices(embedded_host) as services:
            assert client("secretsmanager", services.access).list_secrets()["SecretList"] == []
            store(services.access)
            assert stored(services.access) == STORED
            assert answers(services.url)
        assert not answers(services.url)
        assert not Path(f"/proc/{services.pid}").exists()


def test_a_data_folder_keeps_state_over_a_restart_at_another_port(embedded_host: Host, tmp_path: Path) -> None:
    with EmbeddedServices(embedded_host, tmp_path / "data") as first:
        store(first.access)
        # In work when they end: whoever works on it is gone, too.
        received = client("sqs", first.access).receive_message(QueueUrl=queue(first.access), VisibilityTimeout=600)
        assert len(received["Messages"]) == 1
        client("sqs", first.access).send_message(QueueUrl=queue(first.access), MessageBody="later", DelaySeconds=600)
        named = queue(first.access)
    with EmbeddedServices(embedded_host, tmp_path / "data") as second:
        assert second.url != first.url
        made = client("sqs", second.access).create_queue(QueueName="jobs")["QueueUrl"]
        assert made == queue(second.access) == named.replace(first.url, second.url)
        assert stored(second.access) == STORED
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        found = client("sqs", second.access).get_queue_attributes(QueueUrl=made, AttributeNames=counts)["Attributes"]
        assert [found[name] for name in counts] == ["1", "1"]


def test_services_that_were_killed_start_again_where_they_were(embedded_host: Host, tmp_path: Path) -> None:
    table = tmp_path / "data" / "state" / "dynamodb.json"
    with EmbeddedServices(embedded_host, tmp_path / "data") as services:
        before = services.access
        store(before)
        # What was stored last; all of it is saved together, half a second later.
        until(lambda: table.exists() and '"done"' in table.read_text())
        saved = table.stat().st_ino
        services.start_again()
        assert not services.ended()
        os.kill(services.pid, signal.SIGKILL)
        os.waitid(os.P_PID, services.pid, os.WEXITED | os.WNOWAIT)
        assert services.ended()
        # Nobody else can listen there meanwhile.
        with pytest.raises(EmbeddedServicesError, match="cannot listen"):
            listen(int(before.url.rpartition(":")[2]))
        services.start_again()
        assert services.access == before
        assert stored(before) == STORED
        # Reading saves nothing.
        time.sleep(1.5)
        assert table.stat().st_ino == saved


def test_what_is_written_is_its_user_s_alone(embedded_host: Host, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    with open_services(data, lambda: embedded_host) as endpoint:
        store(endpoint.access)
        assert endpoint.services
        places = [data, endpoint.services._scratch]
        written = [path for place in places for path in (place, *place.rglob("*"))]
        assert data / "address" in written
        assert {oct(path.stat().st_mode & 0o077) for path in written if "code" not in path.parts} == {"0o0"}
        assert Address.read(data / "address") == Address(endpoint.access, os.getpid())
        assert endpoint.access.secret not in repr(endpoint)
    assert [path for path in (data / "state").iterdir() if path.stat().st_mode & 0o077] == []


_STARTER = """
import sys
import time
from pathlib import Path
from build_scripts.local.aws.embedded.services import Host
from build_scripts.local.aws.embedded.sharing import open_services
with open_services(Path(sys.argv[2]), lambda: Host((sys.executable,), Path(sys.argv[1]))) as endpoint:
    print(endpoint.access.url, endpoint.access.key_id, endpoint.access.secret, flush=True)
    sys.stdin.read()
"""


def test_services_whose_starter_is_killed_end_and_keep_their_data(embedded_host: Host, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTER, str(embedded_host.packages), str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout
        access = Access(*starter.stdout.readline().decode().split())
        store(access)
        starter.kill()
    with open_services(tmp_path, lambda: embedded_host) as endpoint:
        assert endpoint.started
        assert not answers(access.url)
        assert endpoint.access.secret != access.secret
        assert stored(endpoint.access) == STORED


def test_nothing_stays_behind_but_the_data_folder(
    embedded_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with EmbeddedServices(embedded_host, tmp_path / "data") as services:
        store(services.access)
        assert len(list((tmp_path / "tmp").iterdir())) == 1
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["s3", "state"]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel's table of sockets is Linux's")
def test_only_loopback_is_listened_on(embedded: EmbeddedServices) -> None:
    inodes = {str(link.readlink()) for link in Path(f"/proc/{embedded.pid}/fd").iterdir() if link.is_symlink()}
    rows = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    port = int(embedded.url.rpartition(":")[2])
    assert listening == [f"0100007F:{port:04X}"]


def test_the_process_sees_nothing_of_this_environment(embedded_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALIER_SECRET_OF_MINE", "x")
    with EmbeddedServices(embedded_host) as services:
        seen = Path(f"/proc/{services.pid}/environ")
        if not seen.exists():
            pytest.skip("the environment of a process is read from /proc")
        assert b"PALIER_SECRET_OF_MINE" not in seen.read_bytes()


def test_a_port_can_be_named(embedded_host: Host) -> None:
    with listen() as listener, EmbeddedServices(embedded_host, listener=listener) as services:
        assert services.url == f"http://localhost:{listener.getsockname()[1]}"
        assert answers(services.url)


def test_a_port_that_is_taken_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(EmbeddedServicesError, match=rf"^The embedded services cannot listen on port {port}: "):
            listen(port)


def test_services_that_end_at_once_say_their_last_words(tmp_path: Path) -> None:
    with pytest.raises(
        EmbeddedServicesError, match=r"^The embedded services ended at once: .*No module named hypercorn"
    ):
        EmbeddedServices(Host((sys.executable,), tmp_path))


def test_variables_send_clients_to_the_services() -> None:
    access = Access.new(1)
    variables = client_environment(access)
    assert variables["AWS_ENDPOINT_URL"] == "http://localhost:1"
    assert (variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]) == (access.key_id, access.secret)
    assert Access.new(1).secret != access.secret


@pytest.mark.parametrize("content", ["", "1 http://localhost:1", "{}", '{"url": 1}', "[]"])
def test_an_address_of_another_shape_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "address").write_text(content)
    assert Address.read(tmp_path / "address") is None
    assert Address.read(tmp_path / "nowhere") is None


def test_a_host_with_a_root_of_its_own_sees_paths_below_it(tmp_path: Path) -> None:
    host = Host(("chroot", str(tmp_path)), tmp_path / "packages", root=tmp_path)
    assert host.sees(tmp_path / "tmp" / "x") == "/tmp/x"
    with pytest.raises(ValueError, match="is not in the subpath"):
        host.sees(tmp_path.parent)
