#!/bin/sh
set -eu
prometheus-node-exporter --version
systemctl is-enabled prometheus-node-exporter.service
