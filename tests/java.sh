#!/usr/bin/env bash
# Java for Spark's tests: installed where it is missing and this is root; elsewhere it says what to install.
set -eu
command -v java >/dev/null 2>&1 && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests: openjdk-17-jre-headless"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends openjdk-17-jre-headless >/dev/null
else
  echo "missing: Java 17 (apt-get install openjdk-17-jre-headless)"
  exit 1
fi
