#!/bin/sh
set -eu
umask 022
install -m 0755 "$SINDRI_DOWNLOADS/kubectl" /usr/local/bin/kubectl
tar -xzf "$SINDRI_DOWNLOADS/helm.tar.gz" -C "$SINDRI_DOWNLOADS" --no-same-owner
install -m 0755 "$SINDRI_DOWNLOADS"/linux-*/helm /usr/local/bin/helm
