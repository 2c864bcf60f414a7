# Holds listening sockets as systemd does, and passes them to one process after the other (sd_listen_fds(3)).
#
#   socket-holder.py '[["ldap", "127.0.0.1"], ["ldapi", "/path"]]' COMMAND…
#
# It says where they listen in one line of JSON. Each line "start" starts the command, with what it writes on our own output; each line with the
# name of a signal sends that and, unless it is HUP, waits: {"ended": CODE}.
import json, os, signal, socket, subprocess, sys

sockets = []
for name, where in json.loads(sys.argv[1]):
    family = socket.AF_UNIX if where.startswith('/') else socket.AF_INET6 if ':' in where else socket.AF_INET
    one = socket.socket(family)
    one.bind(where if family == socket.AF_UNIX else (where, 0))
    one.listen(4096)
    sockets.append((name, one))


def say(what):
    sys.stdout.write(json.dumps(what) + '\n')
    sys.stdout.flush()


def pass_on():
    # First above all of their places, so that none is overwritten.
    held = [os.dup(one.fileno()) for _, one in sockets]
    high = [os.dup2(each, 200 + i) for i, each in enumerate(held)]
    for i, each in enumerate(high):
        os.dup2(each, 3 + i, inheritable=True)
    os.closerange(3 + len(high), 300)
    os.environ['LISTEN_PID'] = os.environ.pop('HOLDER_PID', str(os.getpid()))
    os.environ['LISTEN_FDS'] = str(len(high))
    os.environ['LISTEN_FDNAMES'] = ':'.join(name for name, _ in sockets)


say([one.getsockname() for _, one in sockets])
child = None
for line in sys.stdin:
    word = line.strip()
    if word == 'start':
        child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, preexec_fn=pass_on, close_fds=False)
    else:
        child.send_signal(getattr(signal, 'SIG' + word))
        if word != 'HUP':
            say({'ended': child.wait()})
if child is not None and child.poll() is None:
    child.kill()
