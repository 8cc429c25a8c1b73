#!/bin/sh
# Fills FOLDER with what file systems keep in different ways. Needs root for owners and devices, and setfattr.
set -eu
export LC_ALL=C.UTF-8
cd "$1"
mkdir -p etc usr/bin usr/lib many deep sparse
printf 'ID=judged\n' >usr/lib/os-release
ln -s ../usr/lib/os-release etc/os-release
ln -s usr/bin bin
cp /bin/true usr/bin/sh
chmod 6755 usr/bin/sh
: >empty
seq 1 60 >small
printf 'x%.0s' $(seq 100) >inline
seq 1 400000 >large
ln large another-large
printf odd >"$(printf 'new\nline \377\303 \303\274')"
ln -s "$(printf 'a/%.0s' $(seq 28))abc" link-59
ln -s "$(printf 'a/%.0s' $(seq 29))ab" link-60
ln -s "$(printf 'a/%.0s' $(seq 500))b" link-1001
number=0
while [ $number -lt 3000 ]; do
  : >"many/a file with quite a long name, so that the directory is large, number $number"
  number=$((number + 1))
done
path=deep
for name in $(seq 60); do path=$path/$name; done
mkdir -p "$path"
echo bottom >"$path/bottom"
# Every second block of 64 KiB is a hole, so that there are many extents.
truncate -s 40M sparse/many
for block in $(seq 0 2 600); do
  printf 'block %s' "$block" | dd of=sparse/many bs=64K seek="$block" conv=notrunc status=none
done
truncate -s 5G sparse/all
mkdir sticky
chmod 1777 sticky
chown 100000:200000 small
mknod null c 1 3
mknod disk b 259 70000
mkfifo pipe
setfattr -n user.note -v 'of the user' small
setfattr -n user.empty small
setfattr -n user.long -v "$(printf 'y%.0s' $(seq 900))" small
setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 usr/bin/sh
setfattr -n system.posix_acl_access \
  -v 0x0200000001000600ffffffff020004001027000004000400ffffffff10000400ffffffff20000400ffffffff small
find . -exec touch -h -d @1700000000.5 {} +
