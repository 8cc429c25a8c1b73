#!/usr/bin/env bash
# Runs OpenStack's own Keystone and two Glances (RegionOne, RegionTwo), as Debian packages them, on free ports of
# 127.0.0.1 with SQLite and files, all of it in FOLDER, which must not exist. Prints `ready` when they answer and runs
# until its input ends or it is told to; then nothing of it is left. FOLDER/clouds.yaml has the clouds `admin` (may do
# everything), `one` and `two` (plain members of projects of their own) and `app` (an application credential of `one`);
# each user's password is `<name>-password`. FOLDER/store<n> are the files of a region's images.
#
# usage: openstack.sh FOLDER
set -euo pipefail
folder=$(realpath -m "$1")
# Not the Python of whoever runs this, and none of its settings.
export PATH=/usr/bin:/usr/sbin:/bin:/sbin LC_ALL=C.UTF-8
unset "${!OS_@}" "${!PYTHON@}" "${!HTTP_@}" "${!http_@}" "${!HTTPS_@}" "${!https_@}"

mkdir -m 700 "$folder"
mkdir "$folder"/{fernet,receipts,credential,log,store1,store2,staging1,staging2,tasks1,tasks2,lock}
running=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
  local status=$?
  case $status in 0 | 143) ;; *) tail -n 5 "$folder"/log/* >&2 ;; esac
  for process in "${running[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${running[@]}"; do wait "$process" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

# The kernel ends a server when this script is killed and cannot.
serve() {
  local log=$1
  shift
  setpriv --pdeathsig KILL -- "$@" >"$log" 2>&1 </dev/null &
  running+=($!)
}

read -r identity image1 image2 < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[one.getsockname()[1] for one in sockets])')
keystone=http://127.0.0.1:$identity/v3

# What `keystone-manage fernet_setup` and `credential_setup` write, without waiting for either.
for keys in fernet receipts credential; do
  for number in 0 1; do head -c 32 /dev/urandom | base64 | tr '+/' '-_' >"$folder/$keys/$number"; done
done

cat >"$folder/keystone.conf" <<END
[DEFAULT]
log_file = $folder/log/keystone.log
[database]
connection = sqlite:///$folder/keystone.db
[cache]
enabled = true
backend = dogpile.cache.memory
[token]
provider = fernet
[fernet_tokens]
key_repository = $folder/fernet
[fernet_receipts]
key_repository = $folder/receipts
[credential]
key_repository = $folder/credential
END

for number in 1 2; do
  port=image$number
  # Addresses of this machine are refused as sources of web-download unless they are named.
  cat >"$folder/glance$number.conf" <<END
[DEFAULT]
bind_host = 127.0.0.1
bind_port = ${!port}
workers = 0
log_file = $folder/log/glance$number.log
enabled_backends = main:file
enabled_import_methods = [glance-direct,web-download]
worker_self_reference_url = http://127.0.0.1:${!port}
[database]
connection = sqlite:///$folder/glance$number.db
[glance_store]
default_backend = main
[main]
filesystem_store_datadir = $folder/store$number
[os_glance_staging_store]
filesystem_store_datadir = $folder/staging$number
[os_glance_tasks_store]
filesystem_store_datadir = $folder/tasks$number
[keystone_authtoken]
www_authenticate_uri = $keystone
auth_url = $keystone
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
username = glance
password = glance-password
service_token_roles_required = true
token_cache_time = -1
[paste_deploy]
flavor = keystone
config_file = /etc/glance/glance-api-paste.ini
[oslo_concurrency]
lock_path = $folder/lock
[import_filtering_opts]
allowed_hosts = [127.0.0.1]
allowed_ports = []
END
done

# Without a journal of its own, readers and writers of SQLite keep each other out: `database is locked`.
wal() { python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("pragma journal_mode=wal")' "$1"; }

glance_databases() {
  glance-manage --config-file "$folder/glance1.conf" db_sync >"$folder/log/glance-manage.log" 2>&1
  cp "$folder/glance1.db" "$folder/glance2.db"
  wal "$folder/glance1.db"
  wal "$folder/glance2.db"
}
(cd "$folder" && glance_databases) &
glance_ready=$!

manage() { keystone-manage --config-file "$folder/keystone.conf" "$@" >>"$folder/log/keystone-manage.log" 2>&1; }
cd "$folder"
manage db_sync
wal "$folder/keystone.db"
manage bootstrap --bootstrap-username admin --bootstrap-password admin-password --bootstrap-project-name admin \
  --bootstrap-service-name keystone --bootstrap-region-id RegionOne \
  --bootstrap-admin-url "$keystone" --bootstrap-public-url "$keystone" --bootstrap-internal-url "$keystone"

OS_KEYSTONE_CONFIG_FILES=$folder/keystone.conf serve "$folder/log/uwsgi.log" uwsgi --plugin python3 \
  --http-socket "127.0.0.1:$identity" --wsgi-file /usr/bin/keystone-wsgi-public --need-app --buffer-size 65535 \
  --die-on-term --add-header 'Connection: close'
wait "$glance_ready"
for number in 1 2; do
  serve "$folder/log/glance$number.out" glance-api --config-file "$folder/glance$number.conf"
done

python3 - "$folder" "$keystone" "http://127.0.0.1:$image1" "http://127.0.0.1:$image2" <<'END'
import json, os, sys, time, urllib.error, urllib.request

folder, keystone, *images = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
deadline = time.monotonic() + 120


def call(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json", **({"X-Auth-Token": token} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    answer = opener.open(urllib.request.Request(keystone + path, data, headers, method=method), timeout=60)
    text = answer.read()
    return (json.loads(text) if text else None), answer.headers


def answers(url):
    while True:
        try:
            return opener.open(url, timeout=60)
        except urllib.error.HTTPError:
            return None
        except OSError:
            if time.monotonic() > deadline:
                sys.exit(url + " does not answer")
            time.sleep(0.1)


def token_of(user, project):
    domain = {"name": "Default"}
    who = {"name": user, "password": user + "-password", "domain": domain}
    scope = {"project": {"name": project, "domain": domain}}
    auth = {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}
    _, headers = call("POST", "/auth/tokens", {"auth": auth})
    return headers["X-Subject-Token"]


answers(keystone)
admin = token_of("admin", "admin")
make = lambda path, body: call("POST", path, body, admin)[0]
roles = {role["name"]: role["id"] for role in call("GET", "/roles", None, admin)[0]["roles"]}
make("/regions", {"region": {"id": "RegionTwo"}})
service = make("/services", {"service": {"type": "image", "name": "glance"}})["service"]["id"]
for region, url in zip(["RegionOne", "RegionTwo"], images):
    for interface in ["public", "internal", "admin"]:
        endpoint = {"service_id": service, "interface": interface, "url": url, "region_id": region}
        make("/endpoints", {"endpoint": endpoint})
users = {}
for project, user, role in [("service", "glance", "admin"), ("one", "one", "member"), ("two", "two", "member")]:
    project = make("/projects", {"project": {"name": project, "domain_id": "default"}})["project"]["id"]
    wanted = {"name": user, "password": user + "-password", "domain_id": "default", "default_project_id": project}
    users[user] = make("/users", {"user": wanted})["user"]["id"]
    call("PUT", f"/projects/{project}/users/{users[user]}/roles/{roles[role]}", None, admin)

path = f"/users/{users['one']}/application_credentials"
wanted = {"application_credential": {"name": "app", "secret": "app-secret"}}
app = call("POST", path, wanted, token_of("one", "one"))[0]["application_credential"]["id"]

clouds = {}
for name in ["admin", "one", "two"]:
    auth = {"auth_url": keystone, "username": name, "password": name + "-password", "project_name": name}
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    clouds[name] = {"auth": {**auth, **domains}, "regions": ["RegionOne", "RegionTwo"]}
app_auth = {"auth_url": keystone, "application_credential_id": app, "application_credential_secret": "app-secret"}
clouds["app"] = {"auth_type": "v3applicationcredential", "auth": app_auth, "region_name": "RegionTwo"}
for url in images:
    answers(url + "/versions")
# JSON is YAML.
with open(os.path.join(folder, "clouds.yaml"), "w") as file:
    json.dump({"clouds": clouds}, file, indent=2)
END

echo ready
# A signal is seen between two looks at the input, and a server that ends by itself is a failure.
while kill -0 "${running[@]}" 2>/dev/null; do
  read -r -t 1 || [ $? -gt 128 ] || exit 0
done
exit 1
