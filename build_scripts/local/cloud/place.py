"""The host of deployed functions: Debian's Python 3.13, with the built layers where Lambda has them."""

import shutil

from build_scripts.local.aws.embedded.installation import installed_packages
from build_scripts.local.aws.embedded.services import JOB_SERVICES, Host, Offer
from build_scripts.local.lambda_sandbox.places import NotHereError, make_places

PYTHON_VERSION = "3.13"
# Of the stages' stacks and of the command line that deploys them.
_SERVICES = (
    *JOB_SERVICES,
    "apigateway",
    "cloudformation",
    "ecr",
    "iam",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "sns",
    "ssm",
    "sts",
    "wafv2",
)
OFFER = Offer(_SERVICES, has_apis=True)
# Mounts in a namespace of their own, which ends with the process. The emulator puts layers on sys.path, but not
# their other files at /opt, where the models are.
_ENTER = """
set -e
chroot=$1 root=$2 layers=$3
shift 3
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$layers" "$root/opt"
mount -o remount,ro,bind "$root/opt"
exec "$chroot" "$root" "$@"
"""


def cloud_host() -> Host:
    """Return the host of functions: the interpreter and the layers that ship, but no sandbox.

    Raises:
        NotHereError: no root rights, no mmdebstrap, no bundle.
        EmbeddedServicesError: the emulator's packages cannot be installed.
    """
    places = make_places()
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if chroot is None or shutil.which("unshare") is None:
        raise NotHereError("chroot or unshare is missing")
    packages = installed_packages(places.root / "var" / "palier", PYTHON_VERSION)
    enter = ("unshare", "--mount", "--", "sh", "-c", _ENTER, "cloud", chroot)
    return Host(
        python=(*enter, str(places.root), str(places.opt), f"/usr/bin/python{PYTHON_VERSION}"),
        packages=packages,
        root=places.root,
    )
