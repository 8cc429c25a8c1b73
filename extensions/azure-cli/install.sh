#!/bin/sh
set -eu
umask 022
rm -rf /opt/azure-cli
python3 -m venv /opt/azure-cli
/opt/azure-cli/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check \
  --require-hashes --only-binary :all: -r requirements.txt
ln -sf /opt/azure-cli/bin/az /usr/local/bin/az
