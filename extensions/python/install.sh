#!/bin/sh
set -eu
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 python3 python3-venv python3-pip pipx
