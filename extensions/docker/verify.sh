#!/bin/sh
set -eu
docker --version
systemctl is-enabled docker.service
