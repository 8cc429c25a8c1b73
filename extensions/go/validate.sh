#!/bin/sh
set -eu
# Compiling anything would first compile the standard library, for most of a minute on a small machine.
go version
go tool compile -V
