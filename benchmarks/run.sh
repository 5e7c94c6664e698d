#!/usr/bin/env bash
# Compares Weir with its peers: benchmarks/run.sh [suite …] [--seconds N] [--json FILE]
# Builds the required modules and starts its own Redis. docs/benchmarks.md describes the suites.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The build writes to the standard error only, so that the standard output contains only the results.
(cd "$root" && ./mvnw -B -ntp -q -pl benchmarks -am -DskipTests package >&2)

java=java
if [[ -n ${JAVA_HOME:-} ]]; then
  java=$JAVA_HOME/bin/java
fi
exec "$java" -Xmx512m -Dfile.encoding=UTF-8 -cp "$root/benchmarks/target/classes:$(<"$root/benchmarks/target/class-path")" \
  dev.weir.benchmark.BenchmarkMain "$@"
