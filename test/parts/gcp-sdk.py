"""Google's own Python client over the images of a project: lists and describes them, runs and ends an instance of the
first, deletes them all, and prints what it saw as JSON. It reads the key, proxy and authority from the environment."""

import json
import sys

from google.cloud import compute_v1

project, zone = sys.argv[1:]
images = compute_v1.ImagesClient()
instances = compute_v1.InstancesClient()

listed = list(images.list(project=project))
first = images.get(project=project, image=listed[0].name)
public = images.get_from_family(project="debian-cloud", family="debian-12").name

instances.insert(
    project=project,
    zone=zone,
    instance_resource=compute_v1.Instance(
        name="sdk",
        machine_type=f"zones/{zone}/machineTypes/e2-small",
        disks=[
            compute_v1.AttachedDisk(
                boot=True,
                auto_delete=True,
                initialize_params=compute_v1.AttachedDiskInitializeParams(source_image=first.self_link),
            )
        ],
        network_interfaces=[
            compute_v1.NetworkInterface(
                network="global/networks/default",
                access_configs=[compute_v1.AccessConfig(type_="ONE_TO_ONE_NAT")],
            )
        ],
    ),
).result(timeout=60)
launched = instances.get(project=project, zone=zone, instance="sdk").network_interfaces[0].access_configs[0].nat_i_p
instances.delete(project=project, zone=zone, instance="sdk").result(timeout=60)

for image in listed:
    images.delete(project=project, image=image.name).result(timeout=60)

print(
    json.dumps(
        {
            "listed": [image.name for image in listed],
            "described": {"name": first.name, "status": first.status, "labels": dict(first.labels)},
            "public": public,
            "address": launched,
            "left": [image.name for image in images.list(project=project)],
        }
    )
)
