"""What an instance type's name says about it: whether our image runs there, and where its disk is.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-volumes.html
"""

from __future__ import annotations

import re

_TYPE = re.compile(r"^ml\.(?P<family>[a-z][a-z0-9-]*)\.(?:medium|large|\d*xlarge|metal)$")
_ARM = re.compile(r"^(?:[cmrt]\d+g|p6e-gb)")
# Families whose every size brings NVMe disks; others say so by the `d` after their generation (m5d, c6gd, g4dn, p4de).
_LOCAL_DISKS = ("dl1", "g5", "g6", "g7", "p5", "p6", "trn1", "trn2")
_D_SUFFIX = re.compile(r"^[a-z]+\d+[a-z]*d")


def instance_problem(instance: str) -> str | None:
    """Why SageMaker cannot run the image on this type, or None.

    >>> instance_problem("ml.m5.large"), instance_problem("ml.c7g.large")
    (None, 'ml.c7g.large has an Arm processor, and the image is built for x86-64')
    """
    found = _TYPE.match(instance)
    if found is None:
        return f"{instance!r} is not an instance type of SageMaker, such as ml.m5.xlarge"
    if _ARM.match(found["family"]):
        return f"{instance} has an Arm processor, and the image is built for x86-64"
    return None


def has_local_disks(instance: str) -> bool:
    """Whether its disks are its own: encrypted by the hardware, and SageMaker refuses a key for them.

    >>> has_local_disks("ml.m5d.large"), has_local_disks("ml.g5.xlarge"), has_local_disks("ml.m5.large")
    (True, True, False)
    """
    family = instance.split(".")[1]
    return bool(_D_SUFFIX.match(family)) or family.startswith(_LOCAL_DISKS)
