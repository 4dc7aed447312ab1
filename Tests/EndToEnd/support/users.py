"""Launchers for a `Server`: other users, and surroundings as service managers make them."""

import os
import pwd
import shlex

WITHOUT_SURROUNDINGS = ("env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME", "-u", "TMPDIR", "-u", "XDG_RUNTIME_DIR")


def with_umask(umask):
    return ("sh", "-c", f'umask {umask:03o}; exec "$@"', "sh")


def with_descriptors(soft, hard):
    """The soft limit of open files and the hard one, which this process's own must allow."""
    return ("sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh")


def nameless_user():
    """A user id of systemd's `DynamicUser` that nothing in the system has a name for."""
    named = {entry.pw_uid for entry in pwd.getpwall()}
    return next(number for number in range(61184, 65520) if number not in named)


def as_user(number, capability=None):
    """Needs root. No groups and no capabilities but the stated one are kept."""
    kept = (f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}") if capability else ("--inh-caps=-all",)
    return ("setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", *kept, "--no-new-privs")


def in_network_of_its_own():
    """Where no port is taken, and the kernel's default holds for the low ones; needs root."""
    return ("unshare", "--net")


def on_read_only_system(user, writable, *, has_runtime_directory):
    """As systemd's `DynamicUser=yes`, `ProtectSystem=strict`, `StateDirectory=` and `RuntimeDirectory=`; needs root.

    In a mount namespace of its own every file system but the kernel's is read-only; what can be written to is the folder
    `writable` and, with a runtime directory, `/run/replyhq`."""
    state = shlex.quote(str(writable))
    runtime = f"mkdir /run/replyhq; chown {user}:{user} /run/replyhq; chmod 700 /run/replyhq" if has_runtime_directory else ":"
    script = f"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 replyhq-test /run
{runtime}
mount --bind {state} {state}
findmnt -rno TARGET | while read -r target; do
    case $target in
    {state} | /dev | /dev/* | /proc | /proc/* | /sys | /sys/* | /run | /run/*) ;;
    *) mount -o remount,bind,ro "$target" ;;
    esac
done
cd {state}
exec "$@"
"""
    return ("unshare", "--mount", "sh", "-c", script, "sh", *as_user(user))


def beside(server, user):
    """In the mount namespace of a running server; needs root."""
    return ("nsenter", f"--target={server.pid}", "--mount", f"--wdns={server.folder}", *as_user(user))


def hand_over(folder, user):
    """Gives a folder with all that is in it to a user who may reach it."""
    for place, _, names in os.walk(folder):
        for path in [place, *(os.path.join(place, name) for name in names)]:
            os.chown(path, user, user)
