#!/bin/sh
set -eu
[ "$(apt-config shell ON APT::Periodic::Unattended-Upgrade)" = "ON='1'" ]
