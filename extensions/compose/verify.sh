#!/bin/sh
set -eu
docker compose version || docker-compose version
