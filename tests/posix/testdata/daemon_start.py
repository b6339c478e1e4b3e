"""Starts a program as HTCondor's daemons start their tools: 22 signals and all real-time ones
blocked, INT and PIPE ignored, a socket left open."""
import os, signal, socket, sys

BLOCKED = 0xFFFFFFFE7BFBFA07
signal.pthread_sigmask(
    signal.SIG_SETMASK, [n for n in signal.valid_signals() if BLOCKED >> (n - 1) & 1]
)
for ignored in (signal.SIGINT, signal.SIGPIPE):
    signal.signal(ignored, signal.SIG_IGN)
os.closerange(3, 1024)
server = socket.socket()
os.dup2(server.fileno(), 57)
os.execvp(sys.argv[1], sys.argv[1:])
