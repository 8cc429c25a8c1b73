#!/bin/sh
set -eu
package=docker-compose
if apt-cache show docker-compose-v2 >/dev/null 2>&1; then package=docker-compose-v2; fi
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$package"
