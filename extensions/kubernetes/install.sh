#!/bin/sh
set -eu
if apt-cache show kubernetes-client >/dev/null 2>&1; then
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 kubernetes-client
elif command -v snap >/dev/null; then
  # https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/
  snap install kubectl --classic
else
  echo 'neither apt nor snap has kubectl here' >&2
  exit 1
fi
