#!/usr/bin/env bash
# Installs the real servers that the tests start privately, when they are missing and this is root.
# Elsewhere it says what is missing; the tests that need it are then skipped, and with CI=true a skip is a failure.
set -u
declare -A package=([mariadbd]=mariadb-server-core [mariadb-install-db]=mariadb-server-core [mariadb]=mariadb-client-core [chromium]=chromium [node]=nodejs [npm]=npm [mariadb-dump]=mariadb-client [restic]=restic [borg]=borgbackup [pgbackrest]=pgbackrest [mariadb-backup]=mariadb-backup [dovecot]=dovecot-imapd [openssl]=openssl [xmlsec1]=xmlsec1 [logrotate]=logrotate [nginx]=nginx-light [/usr/lib/mailman3/bin/runner]=mailman3)
missing=()
for binary in "${!package[@]}"; do
  PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$binary" >/dev/null 2>&1 || missing+=("${package[$binary]}")
done
packages() {
  # axe-core checks the pages in the browser tests, oidc-provider signs people in; nothing of them is built.
  [ -d node_modules/axe-core ] && [ -d node_modules/oidc-provider ] && return
  PATH="$PATH:/usr/local/bin" command -v npm >/dev/null 2>&1 && npm ci --no-audit --no-fund --silent
}
# PostgreSQL's stand by version, outside every path.
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null 2>&1 || missing+=(postgresql)
if [ "${#missing[@]}" -eq 0 ]; then packages || true; exit 0; fi
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests: ${missing[*]}"
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then  # the tests start a server of their own, and want no other
    mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing: ${missing[*]} (apt-get install ${missing[*]}); tests that need them will be skipped"
fi
packages || true
