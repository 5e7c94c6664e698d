#!/usr/bin/env bash
# Runs the reference deployment without containers, on 127.0.0.1: Redis, two instances of the sample, and nginx if it is
# installed. When the script ends (Ctrl-C), it stops all of them.
#
#   local-cluster.sh                    nginx on port 8080, instances on 8081 and 8082
#   local-cluster.sh check [SECONDS]    free ports; tests everything, runs a load (20 s), restarts both instances one
#                                       after the other and Redis under load, kills an instance
#
# Redis is valkey-server or redis-server from the PATH, otherwise the embedded Redis of the sample. It keeps its data in
# an append-only file, as in the other deployments.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mode=${1:-run}
seconds=${2:-20}
java=(${JAVA_HOME:+$JAVA_HOME/bin/}java)
# A check starts many processes that run for seconds, so most of the work of the second compiler would be in vain.
[[ $mode != check ]] || java+=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC)
work=$(mktemp -d)
# If root starts nginx, its workers have another user. They keep long requests and answers in folders below this one.
chmod 711 "$work"
pids=()

stop() {
  trap - EXIT
  for pid in ${pids[@]+"${pids[@]}"}; do
    kill "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  await_end_of_redis
  rm -rf "$work"
}

# The embedded Redis ends after the JVM that started it, and writes its file until then.
await_end_of_redis() {
  local pid
  pid=$(grep -Eo 'process [0-9]+' "$work/redis.log" 2>/dev/null | tail -n 1) || return 0
  for _ in {1..50}; do
    kill -0 "${pid#process }" 2>/dev/null || return 0
    sleep 0.1
  done
}

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "$1" >&2
  for log in "$work"/*.log; do
    echo "---- $(basename "$log")" >&2
    tail -n 25 "$log" >&2
  done
  exit 1
}

# Starts a command in the background. Its output goes to a log file with the given name.
start() {
  local name=$1
  shift
  "$@" </dev/null >"$work/$name.log" 2>&1 &
  pids+=($!)
  started=$!
}

# Waits until a process that this script started has ended. Afterwards its id may belong to another process.
end_of() {
  local pid rest=()
  wait "$1" 2>/dev/null || true
  for pid in "${pids[@]}"; do
    [[ $pid == "$1" ]] || rest+=("$pid")
  done
  pids=(${rest[@]+"${rest[@]}"})
}

# Waits until a log file contains a match of an expression, and prints the match.
await() {
  local log=$work/$1.log
  for _ in {1..600}; do
    if grep -Eo -m 1 "$2" "$log" 2>/dev/null; then
      return 0
    fi
    kill -0 "$3" 2>/dev/null || fail "$1 has ended unexpectedly"
    sleep 0.1
  done
  fail "$1 did not start in time"
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return 0
    fi
  done
}

jar=$(ls "$root"/sample-app/target/weir-sample-app-*.jar 2>/dev/null | head -n 1) || true
[[ -n $jar ]] || fail "Build the sample first: ./mvnw -pl sample-app -am package -DskipTests"
# Classes in nested jar files load slowly, and a check starts several processes.
"${java[@]}" -Djarmode=tools -jar "$jar" extract --destination "$work/app" >"$work/extract.log" 2>&1 || fail 'jar'
class_path=$(ls "$work"/app/*.jar):$work/app/lib/*

front_port=8080
ports=(8081 8082)
if [[ $mode == check ]]; then
  front_port=$(free_port)
  ports=(0 0)
fi

mkdir "$work/data"
redis_options=(--appendonly yes --appendfsync everysec --save '' --dir "$work/data")
server=$(command -v valkey-server || command -v redis-server || true)
start_redis() {
  start redis "$server" --bind 127.0.0.1 --port "$1" "${redis_options[@]}"
  redis_pid=$started
  await redis 'Ready to accept connections' "$redis_pid" >/dev/null
}
if [[ -n $server ]]; then
  redis=redis://127.0.0.1:$(free_port)
  start_redis "${redis##*:}"
else
  start redis "${java[@]}" -cp "$class_path" dev.weir.sample.demo.RedisProcess "${redis_options[@]}"
  redis_process=$started
  redis=$(await redis 'redis://127\.0\.0\.1:[0-9]+' "$redis_process")
  redis_pid=$(await redis 'process [0-9]+' "$redis_process")
  redis_pid=${redis_pid#process }
fi
echo "Redis       $redis"

# Starts an instance. Its number is 0 or 1.
start_instance() {
  start "app$(($1 + 1))" "${java[@]}" -cp "$class_path" dev.weir.sample.demo.DemoApplication --server.address=127.0.0.1 \
    "--server.port=${ports[$1]}" "--spring.data.redis.url=$redis" --server.forward-headers-strategy=native \
    "--weir.rate-limit.policies.[embeddings:user].limit=1000000/1m"
  instance_pids[$1]=$started
}

await_instance() {
  local port
  port=$(await "app$(($1 + 1))" 'Tomcat started on port [0-9]+' "${instance_pids[$1]}")
  ports[$1]=${port##* }
  for _ in {1..600}; do
    curl -fsS -o "$work/ready" "http://127.0.0.1:${ports[$1]}/actuator/health/readiness" 2>/dev/null && return 0
    sleep 0.1
  done
  fail "Instance $(($1 + 1)) was not ready in time"
}

instances=()
instance_pids=()
start_instance 0
start_instance 1
for i in 0 1; do
  await_instance "$i"
  await "app$((i + 1))" '[0-9]+ company notes (stored|were there)' "${instance_pids[i]}" >/dev/null
  instances+=("http://127.0.0.1:${ports[i]}")
  echo "Instance $((i + 1))  ${instances[i]}  (to kill it: kill -9 ${instance_pids[i]})"
done

front=${instances[0]}
nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
if [[ -n $nginx ]]; then
  # Containers have addresses of their own. Here the instances have different ports, which a name cannot express.
  upstream="upstream instances { server ${instances[0]#http://} max_fails=0; server ${instances[1]#http://} max_fails=0; }"
  sed -e "s/app:8080/instances/" \
    -e "s#^http {#http { $upstream#" \
    -e "s/listen 8080;/listen 127.0.0.1:$front_port;/" \
    -e "s#/tmp/#$work/#" \
    "$root/sample-app/deploy/nginx.conf" >"$work/nginx.conf"
  start nginx "$nginx" -p "$work" -c "$work/nginx.conf" -e stderr -g "daemon off;"
  front=http://127.0.0.1:$front_port
  for _ in {1..50}; do
    curl -fsS -o "$work/page" "$front/" 2>/dev/null && break
    kill -0 "$started" 2>/dev/null || fail 'nginx has ended unexpectedly'
    sleep 0.1
  done
  echo "nginx       $front"
else
  echo 'nginx       not installed'
fi

if [[ $mode != check ]]; then
  echo "Open $front/"
  wait
  exit 0
fi

expect() {
  local check=$1 pattern=$2
  shift 2
  curl -sS --max-time 30 "$@" >"$work/answer" || fail "$check: no answer"
  grep -q "$pattern" "$work/answer" || fail "$check: $(head -c 500 "$work/answer")"
  echo "ok  $check"
}

json='Content-Type: application/json'
expect 'the page' 'type="module"' "$front/"
expect 'search' 'ASML' "$front/api/search" -H "$json" -d '{"query": "Who prints chips with light?"}'
expect 'chat' 'event:end' -N "$front/api/chat" -u alice:alice -H "$json" -d '{"question": "Who makes lithography machines?"}'
expect 'both instances in the live view' '"instances":\["[^"]*","[^"]*"\]' "$front/api/live"
expect 'stampede' '"computed":1,"waited":49' "$front/api/stampede" -H "$json" -d '{"name": "check", "callers": 50}'
expect 'search on the second instance' 'ASML' "${instances[1]}/api/search" -H "$json" -d '{"query": "Who prints chips?"}'
expect 'metrics' 'weir_rate_limit_decisions_total' "${instances[1]}/actuator/prometheus"
if [[ -n $nginx ]]; then
  expect 'nginx does not expose the actuator' '404' -i "$front/actuator/health"
fi

load_classes=$root/sample-app/target/test-classes:$(cat "$root/sample-app/target/test.classpath")

# Runs a load in the background, while this script restarts something. The users pause, so that the load leaves most of
# the CPU to the instance that starts.
start_load() {
  rm -f "$work/enough"
  start load "${java[@]}" -cp "$load_classes" dev.weir.sample.load.LoadDriver --users 8 --pause 50 --until "$work/enough" \
    --instance "${instances[0]}" "$@"
  load_pid=$started
  await load 'Load runs' "$load_pid" >/dev/null
}

end_load() {
  touch "$work/enough"
  end_of "$load_pid"
  cat "$work/load.log"
  grep -q '^No violations' "$work/load.log" || fail "$1"
  echo "ok  $1"
}

"${java[@]}" -cp "$load_classes" dev.weir.sample.load.LoadDriver --seconds "$seconds" "${instances[@]}"

# Without a load balancer, clients of an instance that stops would get no answer.
if [[ -n $nginx ]]; then
  start_load "$front"
  for i in 0 1; do
    kill "${instance_pids[i]}"
    end_of "${instance_pids[i]}"
    start_instance "$i"
    await_instance "$i"
  done
  end_load 'both instances restarted one after the other: each request has an answer'
fi

expect 'a text before the restart of Redis' '"dimensions":384' "$front/api/embeddings" -H "$json" \
  -d '{"text": "before the restart of Redis"}'
start_load --redis-outage "$front"
kill "$redis_pid"
if [[ -n $server ]]; then
  end_of "$redis_pid"
  start_redis "${redis##*:}"
else
  await redis 'started again' "$redis_process" >/dev/null
fi
for i in 0 1; do
  expect "instance $((i + 1)) finds the text after the restart of Redis" '"cached":true' --retry 40 --retry-delay 1 \
    "${instances[i]}/api/embeddings" -H "$json" -d '{"text": "before the restart of Redis"}'
done
end_load 'Redis restarted: nothing is lost, no lease is left'

kill -9 "${instance_pids[1]}"
end_of "${instance_pids[1]}" 2>/dev/null
for i in 1 2 3 4; do
  expect "an answer after the second instance was killed ($i of 4)" '"dimensions":384' "$front/api/embeddings" \
    -H "$json" -d "{\"text\": \"after the crash $i\"}"
done
echo 'All checks passed'
