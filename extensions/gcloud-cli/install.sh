#!/bin/sh
set -eu
umask 022
rm -rf /opt/google-cloud-sdk
tar -xzf "$SINDRI_DOWNLOADS/gcloud.tar.gz" -C /opt --no-same-owner
for program in gcloud gsutil bq; do
  ln -sf "/opt/google-cloud-sdk/bin/$program" "/usr/local/bin/$program"
done
