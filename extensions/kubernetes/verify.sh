#!/bin/sh
set -eu
PATH=$PATH:/snap/bin
kubectl version --client
