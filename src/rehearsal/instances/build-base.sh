#!/bin/sh
# Builds a base disk: a sparse GPT disk image that boots under BIOS and UEFI, as a cloud's own image would.
#
#   SINDRI_WORK      an empty folder of its own; the finished disk is disk.raw in it
#   SINDRI_DISTRIBUTION  debian or ubuntu
#   SINDRI_SUITE     the suite, for example bookworm
#   SINDRI_SOURCES   an apt .sources file to install from; it becomes the image's own
#   SINDRI_APT_CONF  an apt.conf for the installation only (this machine's proxy)
#   SINDRI_KEPT_CONF an apt.conf that also goes into the image
#   SINDRI_SIZE_MIB  size of the disk
#
# Needs: mmdebstrap e2fsprogs fdisk dosfstools mtools grub-pc-bin grub-efi-amd64-bin. No loop device is used.
set -eu
umask 022
cd "$SINDRI_WORK"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

packages=systemd-sysv,dbus,udev,cloud-init,cloud-guest-utils,openssh-server,sudo,iproute2,netbase,ca-certificates
packages=$packages,e2fsprogs,zstd,initramfs-tools
case $SINDRI_DISTRIBUTION in
  debian) packages=$packages,linux-image-cloud-amd64,ifupdown,isc-dhcp-client ;;
  ubuntu) packages=$packages,linux-image-virtual,netplan.io ;;
esac
mmdebstrap --quiet --variant=apt --format=directory --include="$packages" \
  --aptopt="$SINDRI_APT_CONF" --aptopt="$SINDRI_KEPT_CONF" \
  "$SINDRI_SUITE" root "$SINDRI_SOURCES"

rm -f root/etc/apt/sources.list root/etc/apt/sources.list.d/* root/etc/apt/apt.conf.d/99mmdebstrap
cp "$SINDRI_SOURCES" root/etc/apt/sources.list.d/
if [ -s "$SINDRI_KEPT_CONF" ]; then cp "$SINDRI_KEPT_CONF" root/etc/apt/apt.conf.d/90mirror; fi
chmod 0644 root/etc/apt/sources.list.d/* root/etc/apt/apt.conf.d/*

filesystem=$(cat /proc/sys/kernel/random/uuid)
echo "UUID=$filesystem / ext4 defaults,errors=remount-ro 0 1" >root/etc/fstab
echo localhost >root/etc/hostname
echo LANG=C.UTF-8 >root/etc/default/locale
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >root/etc/hosts
: >root/etc/machine-id
echo 'PasswordAuthentication no' >root/etc/ssh/sshd_config.d/50-keys-only.conf
rm -f root/etc/ssh/ssh_host_* root/etc/resolv.conf root/var/lib/dbus/machine-id
rm -rf root/var/lib/apt/lists root/var/cache/apt/*.bin root/var/log/*.log root/var/log/apt
mkdir -p root/var/lib/apt/lists/partial

# As in the distributions' own images for EC2: keys only, and the metadata service as the only datasource. Elsewhere
# than on EC2 (a local boot) strict_id spares two minutes of waiting for it.
cat >root/etc/cloud/cloud.cfg.d/90_ec2.cfg <<END
datasource_list: [Ec2, None]
datasource: {Ec2: {strict_id: true}}
apt: {preserve_sources_list: true}
locale: C.UTF-8
manage_etc_hosts: true
END
if [ "$SINDRI_DISTRIBUTION" = debian ]; then
  cat >root/etc/cloud/cloud.cfg.d/91_user.cfg <<END
system_info:
  default_user:
    name: admin
    gecos: Debian
    groups: [adm, audio, cdrom, dialout, dip, floppy, netdev, plugdev, sudo, video]
    lock_passwd: true
    shell: /bin/bash
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
END
fi

# The kernel package keeps /vmlinuz and /initrd.img pointing at the newest kernel, so this needs no update-grub.
mkdir -p root/boot/grub
cat >root/boot/grub/grub.cfg <<END
set timeout=0
serial --unit=0 --speed=115200
terminal_output serial console
menuentry Linux {
  search --no-floppy --fs-uuid --set=root $filesystem
  linux /vmlinuz root=UUID=$filesystem ro console=tty0 console=ttyS0,115200 net.ifnames=0 biosdevname=0
  initrd /initrd.img
}
END
cat >early.cfg <<END
search --no-floppy --fs-uuid --set=root $filesystem
set prefix=(\$root)/boot/grub
configfile (\$root)/boot/grub/grub.cfg
END
modules="part_gpt ext2 fat search search_fs_uuid configfile normal linux serial terminal echo test gzio"
# shellcheck disable=SC2086 # one argument for each module
grub-mkimage -O x86_64-efi -c early.cfg -p /boot/grub -o bootx64.efi $modules all_video
# shellcheck disable=SC2086
grub-mkimage -O i386-pc -c early.cfg -p /boot/grub -o core.img $modules biosdisk

# Sectors of 512 bytes: 1 MiB BIOS boot, 62 MiB ESP, then the root file system up to the backup GPT.
sectors=$((SINDRI_SIZE_MIB * 2048))
root_sectors=$((sectors - 131072 - 2048))
truncate -s "${SINDRI_SIZE_MIB}M" disk.raw
sfdisk --quiet disk.raw <<END
label: gpt
first-lba: 2048
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name=bios
start=4096, size=126976, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp
start=131072, size=$root_sectors, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root
END
mkfs.vfat -F 32 -s 1 -n ESP --offset 4096 disk.raw 63488 >/dev/null 2>&1
mmd -i disk.raw@@2M ::/EFI ::/EFI/BOOT
mcopy -i disk.raw@@2M bootx64.efi ::/EFI/BOOT/BOOTX64.EFI
mke2fs -q -t ext4 -L root -U "$filesystem" -d root -E offset=67108864 disk.raw "$((root_sectors / 2))k"

# GRUB's BIOS stages without grub-bios-setup, which wants a block device. Little-endian block lists:
# boot.img says where core.img begins (sector 2048), core.img where its own second sector is and how many follow.
patch_bytes() { # file offset octal-escapes
  # shellcheck disable=SC2059 # the escapes are the format
  printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
rest=$((($(stat -c %s core.img) + 511) / 512 - 1))
cp /usr/lib/grub/i386-pc/boot.img boot.img
patch_bytes boot.img 92 '\000\010\000\000\000\000\000\000'
patch_bytes boot.img 102 '\220\220'
patch_bytes core.img 500 '\001\010\000\000\000\000\000\000'
patch_bytes core.img 508 "$(printf '\\%03o\\%03o' $((rest % 256)) $((rest / 256)))"
dd if=boot.img of=disk.raw bs=440 count=1 conv=notrunc status=none
dd if=core.img of=disk.raw bs=512 seek=2048 conv=notrunc status=none
