#!/bin/sh
# Turns the namespaces it is started in into a machine, then becomes the machine's process 1 (machine-boot.sh).
# Everything mounted here is mounted in this mount namespace only: when the last process ends, by whatever signal,
# the kernel unmounts the disk and frees its loop device.
#
#   SINDRI_FOLDER    the machine's folder: root/ (an empty mount point), firmware/ (laid over /sys), cmdline, and where
#                    there are some files/ (which the machine copies to its disk)
#   SINDRI_BOOT      path of machine-boot.sh
#   SINDRI_DISK      the raw disk
#   SINDRI_OFFSET    where its root file system begins, in bytes
#   SINDRI_LENGTH    how long it is, in bytes
#   SINDRI_HOSTNAME  the host name
#   SINDRI_STAGES    local: cloud-init also has its stage before there is a network
#   arguments        the cgroup.procs files to join
set -eu
umask 022
for procs in "$@"; do echo 0 >"$procs"; done
# A login inside sets its own audit id, which only an unset one allows.
echo 4294967295 >/proc/self/loginuid 2>/dev/null || true
hostname "$SINDRI_HOSTNAME"

# A stage with nothing of the host but its programs, read-only. From it the machine's root takes over, so that no
# program of the (untrusted) disk ever runs with the capabilities that are needed to set this up.
mount -t tmpfs -o mode=0755 stage "$SINDRI_FOLDER/root"
cd "$SINDRI_FOLDER/root"
mkdir usr machine host sysfs firmware
ln -s machine/proc proc
mount --bind /usr usr
mount -o remount,bind,ro usr
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then
    cp -P "/$name" .
  elif [ -d "/$name" ]; then
    mkdir "$name"
    mount --bind "/$name" "$name"
    mount -o remount,bind,ro "$name"
  fi
done

device=$(losetup --find --show --offset "$SINDRI_OFFSET" --sizelimit "$SINDRI_LENGTH" "$SINDRI_DISK")
if blkid -p -o value -s TYPE "$device" | grep -q '^ext'; then
  # A disk that was made larger is grown when it starts, as on EC2; on one that was not, this does nothing.
  e2fsck -p "$device" >/dev/null || true
  resize2fs "$device" >/dev/null 2>&1 || { e2fsck -f -y "$device" >/dev/null || true; resize2fs "$device"; }
fi
mount -o nodev "$device" machine
# Of a device in use this says: free it at the unmount.
losetup --detach "$device"
mkdir -p machine/proc machine/sys machine/dev machine/run

mount -t proc -o nosuid,nodev,noexec proc machine/proc
for name in sys bus fs irq acpi scsi sysrq-trigger; do
  if [ -e "machine/proc/$name" ]; then
    mount --bind "machine/proc/$name" "machine/proc/$name"
    mount -o remount,bind,ro,nosuid,nodev,noexec "machine/proc/$name"
  fi
done
for name in kcore kmsg keys key-users timer_list kpagecount kpageflags kpagecgroup; do
  if [ -e "machine/proc/$name" ]; then mount --bind /dev/null "machine/proc/$name"; fi
done
mount --bind "$SINDRI_FOLDER/cmdline" machine/proc/cmdline
mount -o remount,bind,ro machine/proc/cmdline

mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sysfs
mount --bind "$SINDRI_FOLDER/firmware" firmware
mount -t overlay -o ro,nosuid,nodev,noexec,lowerdir=firmware:sysfs overlay machine/sys
if [ -d machine/sys/firmware ]; then mount -t tmpfs -o ro firmware machine/sys/firmware; fi

mount -t tmpfs -o nosuid,mode=0755,size=64k dev machine/dev
node() { # name minor
  mknod -m 0666 "machine/dev/$1" c 1 "$2"
}
node null 3
node zero 5
node full 7
node random 8
node urandom 9
mknod -m 0666 machine/dev/tty c 5 0
mkdir machine/dev/pts machine/dev/shm
mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5 devpts machine/dev/pts
mount -t tmpfs -o nosuid,nodev,mode=1777 shm machine/dev/shm
ln -s pts/ptmx machine/dev/ptmx
ln -s /proc/self/fd machine/dev/fd
ln -s /proc/self/fd/0 machine/dev/stdin
ln -s /proc/self/fd/1 machine/dev/stdout
ln -s /proc/self/fd/2 machine/dev/stderr
ln -s /proc/1/fd/1 machine/dev/console

mount -t tmpfs -o nosuid,nodev,mode=0755 run machine/run
mkdir machine/run/lock machine/run/sindri
chmod 1777 machine/run/lock
cp "$SINDRI_BOOT" machine/run/sindri/boot
if [ -d "$SINDRI_FOLDER/files" ]; then cp -r "$SINDRI_FOLDER/files" machine/run/sindri/files; fi

pivot_root . host
umount -l /host
cd /machine
mount -n --move . /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --inh-caps -all --bounding-set \
  -all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+audit_write,+setfcap \
  chroot . /bin/sh /run/sindri/boot ${SINDRI_STAGES:+"$SINDRI_STAGES"}
