#!/bin/sh
set -eu
umask 022
rm -rf /opt/aws-cli
python3 -m venv /opt/aws-cli
/opt/aws-cli/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check \
  --require-hashes --only-binary :all: -r requirements.txt
ln -sf /opt/aws-cli/bin/aws /usr/local/bin/aws
