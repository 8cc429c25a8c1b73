#!/bin/sh
set -eu
node --version
npm --version
