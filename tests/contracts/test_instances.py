"""Every instance type that botocore knows is one that we know how to ask for."""

from __future__ import annotations

import botocore.session
import pytest

from evergreen.project.instances import has_local_disks, instance_problem

KINDS = ("TrainingInstanceType", "ProcessingInstanceType", "ProductionVariantInstanceType")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-volumes.html, for the families of SageMaker
WITHOUT_DISKS = {
    "c4", "c5", "c5n", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c7i-flex", "c8g", "c8i", "c8i-flex", "inf1",
    "inf2", "m4", "m5", "m6g", "m6i", "m7i", "m7i-flex", "m8g", "m8i", "m8i-flex", "p2", "p3", "r5", "r6g", "r6i",
    "r7i", "r8g", "r8i", "r8i-flex", "t2", "t3",
}  # fmt: skip
WITH_DISKS = {
    "c5d", "c6gd", "dl1", "g4dn", "g5", "g6", "g6e", "g7", "g7e", "m5d", "m6gd", "p3dn", "p4d", "p4de", "p5", "p5e",
    "p5en", "p6-b200", "p6-b300", "p6e-gb200", "r5d", "r6gd", "r7gd", "trn1", "trn1n", "trn2",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_is_understood(kind: str) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")

    for instance in model.shape_for(kind).enum:
        family = instance.split(".")[1]
        arm = family.startswith(("c6g", "c7g", "c8g", "m6g", "m8g", "r6g", "r7g", "r8g", "p6e-gb"))
        assert family in WITH_DISKS | WITHOUT_DISKS, f"a new family: does {instance} have disks of its own?"
        assert has_local_disks(instance) == (family in WITH_DISKS)
        assert (instance_problem(instance) is not None) == arm
