#!/bin/sh
set -eu
umask 022
rm -rf /usr/local/go /usr/local/go.new
mkdir /usr/local/go.new
unzip -q "$SINDRI_DOWNLOADS/go.zip" -d /usr/local/go.new
# Everything lies below golang.org/toolchain@<version>/, and archives of modules have no executable files.
mv /usr/local/go.new/golang.org/toolchain@* /usr/local/go
rm -rf /usr/local/go.new
chmod a+x /usr/local/go/bin/* /usr/local/go/pkg/tool/*/*
ln -sf ../go/bin/go ../go/bin/gofmt /usr/local/bin/
