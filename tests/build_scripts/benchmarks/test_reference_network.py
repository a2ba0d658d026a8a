import torch

from build_scripts.benchmarks.reference_network import ReferenceNetwork, make_reference_network


def multiply_accumulates(network: ReferenceNetwork, window: int) -> int:
    total = 0

    def count(module: torch.nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal total
        assert isinstance(module, torch.nn.Conv1d)
        total += output.shape[2] * module.weight.numel()

    for module in network.modules():
        if isinstance(module, torch.nn.Conv1d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 1, window))
    return total


def test_it_has_the_published_size() -> None:
    network = make_reference_network()
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_853_195
    assert round(multiply_accumulates(network, 20480) / 1e6) == 891


def test_the_same_seed_gives_the_same_network() -> None:
    signal = torch.ones(1, 1, 20480)
    first, second = (make_reference_network(seed=1)(signal) for _ in range(2))
    assert first.shape == (1, 11)
    assert first.equal(second)
