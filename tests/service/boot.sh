#!/bin/sh
# boot.sh BASE FOLDER: boots a throw-away Debian whose changes go into FOLDER. For `unshare --mount --pid --net --uts
# --ipc --cgroup --fork`, in a control group of its own. Nothing of this machine is in it but its kernel: own /tmp, /run,
# /dev and network; what a kernel shares (its settings, clock, modules) can be neither written nor set.
set -eu
base=$1 folder=$2 root=$2/root
mount --make-rprivate /
mount -t overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
  touch "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/run/old"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
cd "$root"
pivot_root . run/old
umount -l run/old
rmdir run/old
# As systemd does where it is in no container: credentials are mounted aside and must show here.
mount --make-rshared /
exec /usr/bin/env -i container=throw-away PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-sys_boot,-syslog,-audit_control,-audit_read,-mac_admin \
  /lib/systemd/systemd --log-target=journal --show-status=no
