# Sourced by the scripts beside it: versions, where the jars are, how Kafka's programs are called.
KAFKA_VERSION=${KAFKA_VERSION:-3.9.1}
KAFKA_CACHE=${KAFKA_CACHE:-$here/../../build/kafka}
KAFKA_JVM=${KAFKA_JVM:--Xms128m -Xmx512m -XX:+UseSerialGC}

# 77 is what test runners take for "skipped".
cannot() {
  echo "kafka: $*" >&2
  exit 77
}

# Sets `jars` and `log_option`; downloads the jars of this version once.
find_kafka() {
  command -v java >/dev/null || cannot "java is not installed (make deps installs openjdk-17-jdk-headless)"
  major=${KAFKA_VERSION%%.*}
  profile=kafka3
  log_option="-Dlog4j.configuration=file:$here/log4j.properties"
  if [ "$major" -ge 4 ]; then
    profile=kafka4
    log_option="-Dlog4j2.configurationFile=$here/log4j2.properties"
  fi
  home=$KAFKA_CACHE/$KAFKA_VERSION
  jars=$home/lib
  if [ ! -e "$home/complete" ]; then
    command -v mvn >/dev/null || cannot "mvn is not installed (make deps installs maven)"
    mkdir -p "$home"
    (
      flock 9
      [ -e "$home/complete" ] && exit 0
      mvn -q -B -f "$here/pom.xml" -P"$profile" -Dkafka.version="$KAFKA_VERSION" -DoutputDirectory="$jars" \
        org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies >"$home/maven.log" 2>&1 &&
        : >"$home/complete"
    ) 9>"$home/lock" || cannot "Maven could not get Kafka $KAFKA_VERSION (see $home/maven.log)"
  fi
}

kafka_java() {
  # shellcheck disable=SC2086 # several options in one variable
  java $KAFKA_JVM "$log_option" -cp "$jars/*" "$@"
}
