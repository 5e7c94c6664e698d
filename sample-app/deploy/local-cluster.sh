#!/usr/bin/env bash
# Runs the reference deployment without containers, on 127.0.0.1: Redis, two instances of the sample, and nginx if it is
# installed. When the script ends (Ctrl-C), it stops all of them.
#
#   local-cluster.sh                    nginx on port 8080, instances on 8081 and 8082
#   local-cluster.sh check [SECONDS]    free ports; tests everything, runs a load (20 s), kills an instance
#
# Redis is valkey-server or redis-server from the PATH, otherwise the embedded Redis of the sample.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mode=${1:-run}
seconds=${2:-20}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
work=$(mktemp -d)
# If root starts nginx, its workers have another user. They keep long requests and answers in folders below this one.
chmod 711 "$work"
pids=()

stop() {
  trap - EXIT
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$work"
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

front_port=8080
ports=(8081 8082)
if [[ $mode == check ]]; then
  front_port=$(free_port)
  ports=(0 0)
fi

server=$(command -v valkey-server || command -v redis-server || true)
if [[ -n $server ]]; then
  redis=redis://127.0.0.1:$(free_port)
  start redis "$server" --bind 127.0.0.1 --port "${redis##*:}" --save '' --dir "$work"
  await redis 'Ready to accept connections' "$started" >/dev/null
else
  start redis "$java" -Dloader.main=dev.weir.sample.demo.RedisProcess -cp "$jar" \
    org.springframework.boot.loader.launch.PropertiesLauncher
  redis=$(await redis 'redis://127\.0\.0\.1:[0-9]+' "$started")
fi
echo "Redis       $redis"

instances=()
instance_pids=()
for i in 0 1; do
  start "app$((i + 1))" "$java" -Dloader.main=dev.weir.sample.demo.DemoApplication -cp "$jar" \
    org.springframework.boot.loader.launch.PropertiesLauncher --server.address=127.0.0.1 "--server.port=${ports[i]}" \
    "--spring.data.redis.url=$redis" --server.forward-headers-strategy=native
  instance_pids+=("$started")
done
for i in 0 1; do
  port=$(await "app$((i + 1))" 'Tomcat started on port [0-9]+' "${instance_pids[i]}")
  await "app$((i + 1))" '[0-9]+ company notes (stored|were there)' "${instance_pids[i]}" >/dev/null
  instances+=("http://127.0.0.1:${port##* }")
  echo "Instance $((i + 1))  ${instances[i]}  (to kill it: kill -9 ${instance_pids[i]})"
done

front=${instances[0]}
nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
if [[ -n $nginx ]]; then
  sed -e "s/app1:8080/${instances[0]#http://}/; s/app2:8080/${instances[1]#http://}/" \
    -e "s/listen 80;/listen 127.0.0.1:$front_port;/" \
    -e "s#/tmp/#$work/#" \
    "$root/sample-app/deploy/nginx.conf" >"$work/nginx.conf"
  start nginx "$nginx" -p "$work" -c "$work/nginx.conf" -e stderr -g "daemon off; pid $work/nginx.pid;"
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

"$java" -cp "$root/sample-app/target/test-classes:$(cat "$root/sample-app/target/test.classpath")" \
  dev.weir.sample.load.LoadDriver --seconds "$seconds" "${instances[@]}"

{
  kill -9 "${instance_pids[1]}"
  wait "${instance_pids[1]}"
} 2>/dev/null || true
for i in 1 2 3 4; do
  expect "an answer after the second instance was killed ($i of 4)" '"dimensions":384' "$front/api/embeddings" \
    -H "$json" -d "{\"text\": \"after the crash $i\"}"
done
echo 'All checks passed'
