#!/bin/sh
# Becomes a redis-server, and leaves a supervisor behind that outlives the JVM which started it.
#
#   supervisor.sh <work directory> <redis-server> <argument>...
#
# Standard input is a pipe. Only the JVM can write to it, and never does. When the pipe closes, the JVM or the server
# has ended, in any way. The supervisor then ends the server and removes the work directory, and with it this file.

# Use a process group of its own: neither a Ctrl-C in the terminal nor a kill of the JVM's whole group reaches the
# server or the supervisor. Where there is no setsid (macOS), only the supervisor is protected: it ignores the signals
# that it can ignore.
if [ -z "$WEIR_DETACHED" ] && command -v setsid >/dev/null 2>&1; then
  WEIR_DETACHED=1 exec setsid /bin/sh "$0" "$@"
fi
unset WEIR_DETACHED

directory=$1
shift
server=$$
cd "$directory" || exit 1
exec 3<&0 </dev/null

# Prints the time when a process has started, in the unit of /proc. Prints nothing if the process has ended.
started() {
  set -- $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) Z
  [ "$1" = Z ] || echo "${20}"
}

# The id and the start identify a process: the system may give the id to another process later. The working directory
# does not, because an option of the server can change it.
start=$(started "$server")
echo "$server $start" >server.pid

server_lives() {
  if [ -d /proc/self ]; then
    [ "$(started "$server")" = "$start" ]
  else
    ps -p "$server" -o command= | grep -qF "$directory"
  fi
}

supervise() {
  trap '' HUP INT QUIT TERM
  while read -r _; do :; done
  attempts=0
  if server_lives; then
    # A stopped process receives its TERM only when it continues.
    kill -TERM "$server"
    kill -CONT "$server"
    while server_lives && [ "$attempts" -lt 30 ]; do
      sleep 0.1
      attempts=$((attempts + 1))
    done
    server_lives && kill -KILL "$server"
  else
    # The server ended first. A JVM that is still alive reads the log and removes the directory itself.
    while [ -d "$directory" ] && [ "$attempts" -lt 50 ]; do
      sleep 0.1
      attempts=$((attempts + 1))
    done
  fi
  cd / && rm -rf "$directory"
}

# Start it from a shell of its own that ends at once, so that the supervisor is not a child of the server.
(
  supervise <&3 3<&- &
  echo "$! $(started "$!")" >supervisor.pid
)

exec "$@" 3<&-
