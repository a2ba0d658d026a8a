"""DynamoDB on this machine, twice: moto in this process, and the embedded services."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

from moto import mock_aws
from moto.dynamodb.models.table import Table

from build_scripts.local.aws.embedded.access import REGION, client_environment
from build_scripts.local.aws.embedded.resources import make_resources
from build_scripts.local.aws.embedded.services import EmbeddedServices, this_host
from functions.core.aws import clients
from functions.core.aws.clients import forget_clients

_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@contextmanager
def moto() -> Iterator[None]:
    """Give this process's clients moto, with the tables of a deployment.

    A failed transaction is not rolled back here: moto copies the whole table for each write of each transaction, which
    takes longer with every item. A fleet's transactions do not fail, and what they leave is counted in the end.
    """
    environment = dict.fromkeys(_CREDENTIALS, "testing") | {"AWS_DEFAULT_REGION": REGION}
    uncopied = patch.object(Table, "__deepcopy__", lambda table, _: table, create=True)
    with _clients_of(environment), mock_aws(), uncopied:
        _make_resources()
        yield


@contextmanager
def embedded() -> Iterator[None]:
    """Give this process's clients the embedded services, with the tables of a deployment.

    Raises:
        EmbeddedServicesError: they cannot be installed or started.
    """
    with EmbeddedServices(this_host()) as services, _clients_of(client_environment(services.access)):
        _make_resources()
        yield


SERVICES: Mapping[str, Callable[[], AbstractContextManager[None]]] = {"moto": moto, "embedded": embedded}


def _make_resources() -> None:
    make_resources(lambda service: getattr(clients, f"{service}_client")(), REGION)


@contextmanager
def _clients_of(environment: Mapping[str, str]) -> Iterator[None]:
    """Make the clients of this process anew, with these variables in place of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    forget_clients()
    try:
        with patch.dict(os.environ, own | dict(environment), clear=True):
            yield
    finally:
        forget_clients()
