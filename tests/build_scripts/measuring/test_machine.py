import platform

from build_scripts.measuring.machine import VECTOR_FLAGS, cpu_flags, machine, measured_on, versions


def test_the_machine_is_named_with_architecture_and_cores() -> None:
    assert platform.machine() in machine()
    assert machine().endswith("cores")


def test_flags_are_those_that_decide_integer_speed() -> None:
    assert set(cpu_flags()) <= set(VECTOR_FLAGS)


def test_versions_name_python_and_the_libraries() -> None:
    assert list(versions()) == ["python", "torch", "onnx", "onnxruntime", "numpy"]
    assert versions()["python"] == platform.python_version()


def test_a_report_says_what_it_was_measured_on() -> None:
    assert measured_on() == {"machine": machine(), "cpu_flags": cpu_flags(), "versions": versions()}
