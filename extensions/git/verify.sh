#!/bin/sh
set -eu
git --version
git lfs version
