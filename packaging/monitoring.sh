#!/bin/sh
# Monitoring of this host's mesibo-logwatch by Debian's Prometheus and Alertmanager, which are installed where they are
# not there yet. Everything of ours lies in /etc/prometheus/mesibo-logwatch. What is there already stays as it is: where
# its main file has to include something, the lines are printed, and once they are in it the command is run again.
# In: CLUSTER (hosts that share one mesibo app; default main), TARGET (default 127.0.0.1:10914), PAGE_URL (a webhook that
# wakes somebody), RUNBOOKS (where phones open runbooks; default http://TARGET/runbooks), ROOT (a directory with an etc
# of its own: files are written and checked there, and nothing is installed or started).
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
if [ -d "$here/prometheus" ]; then share=$here; else share=$(dirname "$here")/config; fi
root=${ROOT:-}
etc=$root/etc/prometheus
ours=$etc/mesibo-logwatch
main=$etc/prometheus.yml
target=${TARGET:-127.0.0.1:10914}
name=mesibo-logwatch
if [ "$share" = "$here" ]; then again="sudo sh $0"; else again='sudo make monitoring'; fi
wanted=0 # 1 where somebody has to add lines

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n  try: %s\n' "$1" "$2" >&2
  exit 1
}
booted() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
for_sed() { printf '%s' "$1" | sed 's/[\&#]/\\&/g'; }

# A main file is ours only where none was there: it bears this mark from before the package is installed.
is_ours() { [ -e "$ours/.made-$1" ]; }

# Write stdin to a file that is not there, and note that it is ours.
make_main() {
  mkdir -p "$(dirname "$2")"
  cat >"$2"
  : >"$ours/.made-$1"
  say "written: $2"
}

refuse_bad_input() {
  [ -n "$root" ] || [ "$(id -u)" = 0 ] || die "monitoring changes the system, and this is user $(id -un)" "$again"
  case ${CLUSTER:-main}${target}${PAGE_URL:-}${RUNBOOKS:-} in
    *[!A-Za-z0-9._~:/?=\&%+@,-]*) die "CLUSTER, TARGET, PAGE_URL or RUNBOOKS has a character that no address can have" "CLUSTER=main TARGET=127.0.0.1:10914" ;;
  esac
  for url in ${PAGE_URL:-} ${RUNBOOKS:-}; do
    case $url in http://?* | https://?*) ;; *) die "$url is not an address" "begin it with http:// or https://" ;; esac
  done
}

# The rules as they came with this version, with links that open; a place that was named before is kept.
write_rules() {
  runbooks=${RUNBOOKS:-$(sed -n 's#^ *runbook_url: *\(http.*\)/Mesibo.*#\1#p' "$ours"/rules/*.yml 2>/dev/null | head -n 1)}
  runbooks=${runbooks:-http://$target/runbooks}
  mkdir -p "$ours/rules"
  for rules in "$share"/prometheus/rules/*.yml; do
    # as shipped, the link is made of the address that is scraped; here it is known, and may be another
    sed "s#runbook_url: '.*/runbooks/\(Mesibo[A-Za-z0-9]*\)'\$#runbook_url: $(for_sed "${runbooks%/}")/\1#" "$rules" >"$ours/rules/.new"
    mv "$ours/rules/.new" "$ours/rules/${rules##*/}"
  done
  for rules in "$ours"/rules/mesibo-*.yml; do # of an older version, and of none since: its alerts would go on
    [ -e "$share/prometheus/rules/${rules##*/}" ] || rm -f "$rules"
  done
  cp "$share/alertmanager/templates/mesibo.tmpl" "$ours/mesibo.tmpl"
}

# Our part of the shipped configuration, for this host
adapted() {
  sed -e "s#rules/mesibo-#$name/rules/mesibo-#" -e "s#127\.0\.0\.1:10914#$(for_sed "$target")#" \
    -e "s#cluster: main#cluster: $(for_sed "${CLUSTER:-main}")#" "$share/prometheus/prometheus.yml"
}
job() {
  adapted | sed -n '/^scrape_configs:/,$p' | sed "s#^\( *\)- job_name: $name\$#&\n\1  scrape_interval: 15s#"
}
route() {
  sed -e "s#templates/mesibo.tmpl#$name/mesibo.tmpl#" \
    ${PAGE_URL:+-e "s#http://127\.0\.0\.1:9911/[a-z]*#$(for_sed "$PAGE_URL")#"} \
    "$share/alertmanager/alertmanager.yml"
}

write_configuration() {
  mkdir -p "$ours"
  write_rules
  if [ ! -e "$main" ]; then
    adapted | make_main prometheus "$main"
    # Debian's listens on every address; who else is to see it can say so here
    [ -e "$root/etc/default/prometheus" ] ||
      say 'ARGS="--web.listen-address=127.0.0.1:9090"' | make_main prometheus "$root/etc/default/prometheus"
  elif ! is_ours prometheus && [ ! -e "$ours/scrape.yml" ]; then
    job >"$ours/scrape.yml"
  fi
  if [ ! -e "$etc/alertmanager.yml" ]; then
    route | make_main alertmanager "$etc/alertmanager.yml"
    [ -e "$root/etc/default/prometheus-alertmanager" ] ||
      say 'ARGS="--web.listen-address=127.0.0.1:9093 --cluster.listen-address="' |
      make_main alertmanager "$root/etc/default/prometheus-alertmanager"
  elif ! is_ours alertmanager; then
    [ -e "$ours/alertmanager-example.yml" ] || route >"$ours/alertmanager-example.yml"
  elif [ -n "${PAGE_URL:-}" ]; then # named later: it takes the place of the one that leads nowhere
    sed -i "s#http://127\.0\.0\.1:9911/[a-z]*#$(for_sed "$PAGE_URL")#" "$etc/alertmanager.yml"
  fi
}

install_packages() {
  missing=
  command -v prometheus >/dev/null && command -v promtool >/dev/null || missing="prometheus"
  command -v prometheus-alertmanager >/dev/null && command -v amtool >/dev/null || missing="$missing prometheus-alertmanager"
  [ -n "$missing" ] || return 0
  if [ -n "$root" ] || ! command -v apt-get >/dev/null; then
    die "not installed: $missing" "install Prometheus and Alertmanager, with promtool and amtool, then $again"
  fi
  say "installing: $missing"
  # What was written above is kept: the packages find their main files already there
  # shellcheck disable=SC2086  # a list
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $missing >/dev/null ||
    die "apt-get cannot install $missing" "apt-get update, then $again"
  ! is_ours alertmanager || { # the address of a pager may be a secret
    chgrp prometheus "$etc/alertmanager.yml" && chmod 0640 "$etc/alertmanager.yml"
  }
}

# Say what a main file that is not ours has to include; promtool is asked whether it does.
check_prometheus() {
  promtool check config "$main" >"$ours/.checked" 2>&1 || {
    cat "$ours/.checked" >&2
    rm -f "$ours/.checked"
    die "promtool refuses $main" "fix what is named above, then $again"
  }
  rules=$(grep -c 'Checking .*/mesibo-[a-z-]*\.yml$' "$ours/.checked" || true) # ours, or a copy that was there before
  rm -f "$ours/.checked"
  scraped=yes
  promtool check service-discovery --timeout=1s "$main" "$name" >/dev/null 2>&1 || scraped=
  if [ "$rules" -gt 0 ] && [ -n "$scraped" ]; then
    say "promtool: $main is valid, with $rules of our rule files and the job $name"
    [ -z "${CLUSTER:-}" ] || stays "cluster: $CLUSTER"
    [ -z "${TARGET:-}" ] || stays "$TARGET"
    return
  fi
  wanted=1
  say "$main is left as it is, and lacks some of our lines. Where it has a key of that name already, put what"
  say "is below ours there: it may not come twice. Add to it:"
  [ "$rules" -gt 0 ] || printf '%s\n' '' 'rule_files:' "  - $name/rules/mesibo-*.yml"
  if [ -z "$scraped" ]; then
    say ''
    if knows_scrape_config_files; then
      [ -e "$ours/scrape.yml" ] || job >"$ours/scrape.yml"
      printf '%s\n' 'scrape_config_files:' "  - $name/scrape.yml"
    else
      job # before 2.43, it can stand nowhere else
    fi
  fi
  say ''
}

# Say where a setting of a later run has no effect: the job was written by the first one, and may have been changed since.
stays() {
  cat "$main" "$ours/scrape.yml" 2>/dev/null | sed "s/ #.*//; s/[]\"'}]//g" | tr '[{,' '\n\n\n' |
    sed 's/^[ -]*//; s/ *$//' | grep -qxF "$1" ||
    say "the job $name exists and is left as it is: set $1 in $main yourself"
}

knows_scrape_config_files() {
  probe=$(mktemp)
  printf 'scrape_config_files: []\n' >"$probe"
  if promtool check config "$probe" >/dev/null 2>&1; then known=0; else known=1; fi
  rm -f "$probe"
  return "$known"
}

check_alertmanager() {
  amtool check-config "$etc/alertmanager.yml" >/dev/null || die "amtool refuses $etc/alertmanager.yml" "fix what is named above, then $again"
  for severity in critical warning; do
    receiver=$(amtool config routes test --config.file "$etc/alertmanager.yml" alertname=MesiboPushCertificateExpired \
      severity=$severity role=cause cluster="${CLUSTER:-main}" source=mesibo 2>/dev/null)
    say "amtool: our $severity alerts go to the receiver $receiver"
  done
  if is_ours alertmanager; then
    [ -z "${PAGE_URL:-}" ] || [ "$(grep -cF "$PAGE_URL" "$etc/alertmanager.yml")" -lt 2 ] ||
      say "tickets go where pages go: if they should wake nobody, add another receiver for them in $etc/alertmanager.yml"
    [ -z "${PAGE_URL:-}" ] || grep -qF "$PAGE_URL" "$etc/alertmanager.yml" ||
      say "the receivers in $etc/alertmanager.yml were changed and are left as they are: set PAGE_URL in them yourself"
    ! grep -q 'http://127.0.0.1:9911/page' "$etc/alertmanager.yml" ||
      say "nobody gets the pages yet: set PAGE_URL to your webhook, or add a receiver in $etc/alertmanager.yml"
  elif [ ! -e "$ours/alertmanager-example.yml" ] || ! grep -q "$name/mesibo.tmpl" "$etc/alertmanager.yml"; then
    say "$etc/alertmanager.yml existed before and is left as it is; an example of a route for our alerts, with what a cause"
    say "inhibits and templates that fit a phone, is $ours/alertmanager-example.yml"
    [ -z "${PAGE_URL:-}" ] || grep -qF "$PAGE_URL" "$etc/alertmanager.yml" ||
      say "no page goes to PAGE_URL until a receiver in $etc/alertmanager.yml has it"
  fi
}

provision_grafana() {
  grafana=$root/etc/grafana/provisioning
  [ -d "$grafana" ] || return 0
  dashboards=$root/var/lib/grafana/dashboards/mesibo
  mkdir -p "$dashboards" "$grafana/dashboards" "$grafana/datasources"
  cp "$share"/grafana/dashboards/*.json "$dashboards/"
  for part in dashboards datasources; do # what somebody has changed in them stays
    [ -e "$grafana/$part/mesibo.yml" ] || cp "$share/grafana/provisioning/$part/mesibo.yml" "$grafana/$part/mesibo.yml"
  done
  say "Grafana: dashboards are in $dashboards, provisioned from $grafana"
  ! booted || systemctl try-restart grafana-server
}

# Debian's units reload by /bin/kill, which a host without procps does not have
reload() { systemctl reload "$1" 2>/dev/null || systemctl kill --kill-who=main --signal=HUP "$1"; }

start() {
  booted || {
    [ -n "$root" ] || say "systemd does not run here: start Prometheus and Alertmanager, or have them reload their files"
    return 0
  }
  for unit in prometheus prometheus-alertmanager; do
    systemctl is-enabled --quiet "$unit" || systemctl enable --quiet "$unit"
    if systemctl is-active --quiet "$unit"; then reload "$unit"; else systemctl start "$unit"; fi
  done
}

# Doctor's rows, once the first scrape by what was just read is there: within 15 s, unless something is wrong
examine() {
  for program in /usr/local/bin/$name /usr/bin/$name "$(dirname "$here")/.venv/bin/$name"; do
    [ -x "$program" ] || continue
    tries=12
    while [ $tries -gt 0 ]; do
      if told=$("$program" doctor); then findings=; else findings=yes; fi
      if ! booted || printf '%s\n' "$told" | grep -Eq '^ok +prometheus scrapes'; then break; fi
      [ $tries -lt 12 ] || say "waiting for the first scrape, at most a minute ..."
      tries=$((tries - 1))
      sleep 5
    done
    printf '%s\n' "$told"
    [ -z "$findings" ] || say "doctor has findings, see above; run it again at any time"
    return
  done
  say "$name is not installed on this host: sudo make install, then mesibo-logwatch doctor"
}

refuse_bad_input
write_configuration
install_packages
check_prometheus
check_alertmanager
provision_grafana
if [ "$wanted" = 1 ]; then
  say "then: $again; it checks and reloads what is there"
  exit 1
fi
start
[ -n "$root" ] || examine
