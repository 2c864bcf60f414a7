# Makes the tree $1 the root of these namespaces and systemd its first process, with what a container gets. Changes nothing outside of them.
set -e
tree=$1
mount --make-rprivate /
mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sysfs "$tree/sys"
for folder in run tmp; do mount -t tmpfs tmpfs "$tree/$folder"; done
mount -t tmpfs -o mode=755 tmpfs "$tree/dev"
mkdir -p "$tree/dev/pts" "$tree/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$tree/dev/pts"
mount -t tmpfs tmpfs "$tree/dev/shm"
# Nodes of its own: systemd changes owner and mode of its console, which must not be this machine's /dev/null.
node() { mknod -m 666 "$tree/dev/$1" c "$2" "$3"; }
node null 1 3
node zero 1 5
node full 1 7
node random 1 8
node urandom 1 9
node tty 5 0
node console 1 3
ln -s pts/ptmx "$tree/dev/ptmx"
ln -s /proc/self/fd "$tree/dev/fd"
# Of this namespace: what systemd makes in it is not seen elsewhere. Where this machine has the second version alone, that one.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$tree/sys/fs/cgroup"
else
  mount -t tmpfs tmpfs "$tree/sys/fs/cgroup"
  mkdir "$tree/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd,xattr cgroup "$tree/sys/fs/cgroup/systemd"
fi
ip link set lo up
hostname debian
cd "$tree"
mkdir -p mnt/old
# Not chroot: with that no process may make the user namespace that PrivateUsers= wants.
pivot_root . mnt/old
cd /
umount -l /mnt/old
# systemd shows what it mounts, credentials among it, to processes of its own alone where this is shared.
mount --make-rshared /
mount -o bind,ro /proc/sys /proc/sys
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
