#!/bin/sh
set -eu
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 nodejs npm
