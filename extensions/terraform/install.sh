#!/bin/sh
set -eu
umask 022
unzip -q -o "$SINDRI_DOWNLOADS/terraform.zip" terraform -d "$SINDRI_DOWNLOADS"
install -m 0755 "$SINDRI_DOWNLOADS/terraform" /usr/local/bin/terraform
