#!/bin/sh
set -eu
umask 022
tar -xzf "$SINDRI_DOWNLOADS/node.tgz" -C /usr/local --no-same-owner --strip-components=1 package/bin package/include package/share
modules=/usr/local/lib/node_modules
rm -rf "$modules/npm"
mkdir -p "$modules/npm"
tar -xzf "$SINDRI_DOWNLOADS/npm.tgz" -C "$modules/npm" --no-same-owner --strip-components=1
ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
