"""Alibaba Cloud's own Python clients: OSS takes the file of a disk in parts, ECS imports it, shares the image and removes
it again. Prints what they saw as JSON. Reads keys, proxy and authority from the environment; takes a region, a bucket
and a qcow2 file."""

import base64
import hashlib
import json
import os
import sys
import time

import alibabacloud_oss_v2 as oss
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

region, bucket, path = sys.argv[1:]
key_id = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
ca = os.environ["SSL_CERT_FILE"]
os.environ["REQUESTS_CA_BUNDLE"] = ca
part_bytes = 1024 * 1024


def store(key_secret=secret):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, key_secret)
    config.region = region
    config.proxy_host = os.environ["HTTPS_PROXY"]
    config.retry_max_attempts = 1
    return oss.Client(config)


def code_of(call):
    try:
        call()
    except oss.exceptions.OperationError as error:
        return error.unwrap().code
    return "accepted"


client = store()
refused = {"secret": code_of(lambda: store("wrong").get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)))}
refused["absent"] = code_of(lambda: client.get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)))
client.put_bucket(oss.PutBucketRequest(bucket=bucket, acl="private"))
info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)).bucket_info

name = "disks/a disk+é.qcow2"
with open(path, "rb") as file:
    data = file.read()
pieces = [data[at : at + part_bytes] for at in range(0, len(data), part_bytes)]
upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=bucket, key=name)).upload_id


def put(number, body, md5=None):
    return client.upload_part(
        oss.UploadPartRequest(
            bucket=bucket, key=name, upload_id=upload, part_number=number, body=body, content_md5=md5
        )
    )


wrong = base64.b64encode(hashlib.md5(b"other bytes").digest()).decode()
refused["digest"] = code_of(lambda: put(1, pieces[0], wrong))
for number, piece in reversed(list(enumerate(pieces, 1))):
    put(number, piece, base64.b64encode(hashlib.md5(piece).digest()).decode())
uploads = client.list_multipart_uploads(oss.ListMultipartUploadsRequest(bucket=bucket, prefix="disks/")).uploads
parts = client.list_parts(oss.ListPartsRequest(bucket=bucket, key=name, upload_id=upload)).parts
listed = oss.CompleteMultipartUpload(parts=[oss.UploadPart(part_number=p.part_number, etag=p.etag) for p in parts])
completed = client.complete_multipart_upload(
    oss.CompleteMultipartUploadRequest(
        bucket=bucket, key=name, upload_id=upload, complete_multipart_upload=listed
    )
)
head = client.head_object(oss.HeadObjectRequest(bucket=bucket, key=name))
refused["completed"] = code_of(lambda: put(1, pieces[0]))
whole = oss.crc.Crc64(0)
whole.update(data)

ecs = Client(
    Config(
        access_key_id=key_id,
        access_key_secret=secret,
        region_id=region,
        https_proxy=os.environ["HTTPS_PROXY"],
        ca=ca,
    )
)
runtime = RuntimeOptions(ca=ca)
started = ecs.import_image_with_options(
    models.ImportImageRequest(
        region_id=region,
        image_name="imported-by-the-sdk",
        architecture="x86_64",
        ostype="linux",
        platform="Debian",
        boot_mode="UEFI",
        client_token="sdk",
        features=models.ImportImageRequestFeatures(nvme_support="supported"),
        disk_device_mapping=[
            models.ImportImageRequestDiskDeviceMapping(
                format="QCOW2", ossbucket=bucket, ossobject=name, disk_image_size=1
            )
        ],
        tag=[models.ImportImageRequestTag(key="of", value="sdk")],
    ),
    runtime,
).body


def task():
    request = models.DescribeTasksRequest(region_id=region, task_ids=started.task_id)
    return ecs.describe_tasks_with_options(request, runtime).body.task_set.task[0]


seen = set()
for _ in range(120):
    seen.add(task().task_status)
    if task().task_status != "Processing":
        break
    time.sleep(0.25)
request = models.DescribeImagesRequest(region_id=region, image_id=started.image_id)
image = ecs.describe_images_with_options(request, runtime).body.images.image[0]


def share(**change):
    ecs.modify_image_share_permission_with_options(
        models.ModifyImageSharePermissionRequest(region_id=region, image_id=started.image_id, **change), runtime
    )
    request = models.DescribeImageSharePermissionRequest(region_id=region, image_id=started.image_id)
    found = ecs.describe_image_share_permission_with_options(request, runtime).body.accounts.account
    return [account.aliyun_id for account in found]


shared = [share(add_account=["1111111111111111"]), share(remove_account=["1111111111111111"])]
ecs.delete_image_with_options(models.DeleteImageRequest(region_id=region, image_id=started.image_id), runtime)
for disk in image.disk_device_mappings.disk_device_mapping:
    ecs.delete_snapshot_with_options(models.DeleteSnapshotRequest(snapshot_id=disk.snapshot_id), runtime)
client.delete_object(oss.DeleteObjectRequest(bucket=bucket, key=name))
client.delete_bucket(oss.DeleteBucketRequest(bucket=bucket))

print(
    json.dumps(
        {
            "bucket": {"location": info.location, "acl": info.acl},
            "refused": refused,
            "uploads": [one.key for one in uploads],
            "parts": len(parts) == len(pieces),
            "size": head.content_length == len(data),
            "crc64": [completed.hash_crc64 == str(whole.sum64()), head.hash_crc64 == str(whole.sum64())],
            "task": sorted(seen),
            "image": {
                "status": image.status,
                "boot_mode": image.boot_mode,
                "nvme": image.features.nvme_support,
                "platform": image.platform,
                "tags": {tag.tag_key: tag.tag_value for tag in image.tags.tag},
            },
            "shared": shared,
        }
    )
)
