#!/usr/bin/env bash
# Weir side by side with its peers: benchmarks/run.sh [suite …] [--seconds N] [--json FILE]
# Builds what is needed and starts its own Redis. docs/benchmarks.md says what the suites are.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The build talks on the error output only, so that the output is the result.
(cd "$root" && ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package >&2)

java=java
if [[ -n ${JAVA_HOME:-} ]]; then
  java=$JAVA_HOME/bin/java
fi
exec "$java" -Xmx512m -Dfile.encoding=UTF-8 -cp "$root/benchmarks/target/classes:$(<"$root/benchmarks/target/class-path")" \
  dev.weir.benchmark.BenchmarkMain "$@"
