#!/bin/sh
# Becomes a redis-server, and leaves a supervisor behind that outlives the JVM which started it.
#
#   supervisor.sh <work directory> <redis-server> <argument>...
#
# Standard input is a pipe that only the JVM can write to, and never does: when it closes, the JVM or the server is gone,
# however it died. The supervisor then ends the server and removes the work directory, and with it this file.

# A process group of its own: neither a Ctrl-C in the terminal nor a kill of the JVM's whole group reaches the server or
# the supervisor. Where there is no setsid (macOS), only the supervisor is protected, by ignoring what it can.
if [ -z "$WEIR_DETACHED" ] && command -v setsid >/dev/null 2>&1; then
  WEIR_DETACHED=1 exec setsid /bin/sh "$0" "$@"
fi
unset WEIR_DETACHED

directory=$1
shift
server=$$
cd "$directory" || exit 1
echo "$server" >server.pid
exec 3<&0 </dev/null

# True while the process with the server's id is the server: an id may have been given to somebody else since.
server_lives() {
  if [ -d /proc/self ]; then
    [ "/proc/$server/cwd" -ef "$directory" ]
  else
    ps -p "$server" -o command= | grep -qF "$directory"
  fi
}

supervise() {
  trap '' HUP INT QUIT TERM
  while read -r _; do :; done
  attempts=0
  if server_lives; then
    # A stopped process takes its TERM only when it continues.
    kill -TERM "$server"
    kill -CONT "$server"
    while server_lives && [ "$attempts" -lt 30 ]; do
      sleep 0.1
      attempts=$((attempts + 1))
    done
    server_lives && kill -KILL "$server"
  else
    # The server went first. A JVM that still lives reads the log and removes the directory itself.
    while [ -d "$directory" ] && [ "$attempts" -lt 50 ]; do
      sleep 0.1
      attempts=$((attempts + 1))
    done
  fi
  cd / && rm -rf "$directory"
}

# Started from a shell of its own that ends at once: the supervisor is no child of the server.
(
  supervise <&3 3<&- &
  echo "$!" >supervisor.pid
)

exec "$@" 3<&-
