"""Alibaba Cloud's own Python client over the images of the account in a region: lists and describes them, runs and ends an
instance of the first, deletes them all, and prints what it saw as JSON. It reads keys, proxy and authority from the
environment."""

import json
import os
import sys
import time

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

region = sys.argv[1]
client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        region_id=region,
        https_proxy=os.environ["HTTPS_PROXY"],
        ca=os.environ["SSL_CERT_FILE"],
    )
)
runtime = RuntimeOptions(ca=os.environ["SSL_CERT_FILE"])


def images():
    request = models.DescribeImagesRequest(region_id=region, image_owner_alias="self", page_size=50)
    return client.describe_images_with_options(request, runtime).body.images.image


def instance(instance_id):
    request = models.DescribeInstancesRequest(region_id=region, instance_ids=json.dumps([instance_id]))
    found = client.describe_instances_with_options(request, runtime).body.instances.instance
    return found[0] if found else None


listed = images()
image = listed[0]
described = {
    "id": image.image_id,
    "status": image.status,
    "tags": {tag.tag_key: tag.tag_value for tag in image.tags.tag},
}

family = models.DescribeImageFromFamilyRequest(region_id=region, image_family="acs:debian_12_11_x64")
public = client.describe_image_from_family_with_options(family, runtime).body.image.image_id

vswitches = models.DescribeVSwitchesRequest(region_id=region, is_default=True)
vswitch = client.describe_vswitches_with_options(vswitches, runtime).body.v_switches.v_switch[0]
group = client.create_security_group_with_options(
    models.CreateSecurityGroupRequest(region_id=region, security_group_name="sdk", vpc_id=vswitch.vpc_id), runtime
).body.security_group_id
launched = client.run_instances_with_options(
    models.RunInstancesRequest(
        region_id=region,
        image_id=image.image_id,
        instance_type="ecs.t6-c1m1.large",
        security_group_id=group,
        v_switch_id=vswitch.v_switch_id,
        internet_max_bandwidth_out=5,
        client_token="sdk",
        system_disk=models.RunInstancesRequestSystemDisk(category="cloud_essd", size="20"),
        tag=[models.RunInstancesRequestTag(key="of", value="sdk")],
    ),
    runtime,
).body.instance_id_sets.instance_id_set[0]
for _ in range(60):
    status = instance(launched).status
    if status == "Running":
        break
    time.sleep(0.5)
client.delete_instance_with_options(models.DeleteInstanceRequest(instance_id=launched, force=True), runtime)
client.delete_security_group_with_options(
    models.DeleteSecurityGroupRequest(region_id=region, security_group_id=group), runtime
)

for one in listed:
    client.delete_image_with_options(models.DeleteImageRequest(region_id=region, image_id=one.image_id), runtime)
    for disk in one.disk_device_mappings.disk_device_mapping:
        client.delete_snapshot_with_options(models.DeleteSnapshotRequest(snapshot_id=disk.snapshot_id), runtime)

print(
    json.dumps(
        {
            "listed": len(listed),
            "described": described,
            "public": public,
            "instance": status,
            "left": [one.image_id for one in images()],
        }
    )
)
