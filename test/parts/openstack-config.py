"""What OpenStack's own SDK understands of the clouds.yaml and the OS_* variables of its environment, as JSON: the cloud
and the region are chosen by the environment, or by the first argument."""

import json
import sys

from openstack.config import OpenStackConfig

config = OpenStackConfig()
names = {"cloud": sys.argv[1]} if len(sys.argv) > 1 else {}
region = config.get_one(**names)
auth = region.config["auth"]
verify, cert = region.get_requests_verify_args()
print(
    json.dumps(
        {
            "auth": {name: str(value) for name, value in auth.items()},
            "type": region.config.get("auth_type"),
            "region": region.get_region_name(),
            "regions": [one["name"] for one in config._get_regions(region.name)],
            "interface": region.get_interface("image"),
            "imageUrl": region.config.get("image_endpoint_override"),
            "verify": verify,
            "cert": cert,
        }
    )
)
