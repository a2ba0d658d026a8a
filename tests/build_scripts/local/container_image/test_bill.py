"""The image's bill of materials has every package of Python and of Debian, once."""

import json

from build_scripts.local.container_image.bill import bill_of_materials

REPORT = {"python": [["numpy", "2.4.1"], ["numpy", "2.4.1"]], "debian": [["libc6", "2.41-12", "amd64"]]}


def test_every_package_has_its_url() -> None:
    bill = json.loads(bill_of_materials("gpu", REPORT))
    assert bill["metadata"]["component"]["name"] == "palier:gpu"
    assert [one["purl"] for one in bill["components"]] == [
        "pkg:deb/debian/libc6@2.41-12?arch=amd64",
        "pkg:pypi/numpy@2.4.1",
    ]
