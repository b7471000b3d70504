#!/bin/sh
# Service Desk collector: processors, memory, file systems and services of this machine. It reads, and changes nothing.
set -eu
PUSH="${1:-https://desk.example.com/push/KEY}"
NAME=$(uname -n)
AT=$(date -u +%Y-%m-%dT%H:%M:%SZ)
ID=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

busy() { awk '/^cpu /{print $2+$3+$4+$7+$8+$9, $2+$3+$4+$5+$6+$7+$8+$9; exit}' /proc/stat; }
FIRST=$(busy); sleep 2; SECOND=$(busy)
CPU=$(printf '%s\n%s\n' "$FIRST" "$SECOND" |
    awk 'NR==1{b=$1;t=$2} NR==2{d=$2-t; if (d <= 0) d = 1; printf "%.1f", 100*($1-b)/d}')
MEMORY=$(awk '/^MemTotal:/{t=$2*1024} /^MemAvailable:/{f=$2*1024} END{printf "\"total_bytes\":%.0f,\"free_bytes\":%.0f", t, f}' /proc/meminfo)
VOLUMES=$(df -P -k -x tmpfs -x devtmpfs -x squashfs -x overlay 2>/dev/null | awk -v at="$AT" 'NR>1 && $2>0 {
    gsub(/[\\"]/, "", $6)
    printf "%s{\"seen_at\":\"%s\",\"volume\":\"%s\",\"total_bytes\":%.0f,\"free_bytes\":%.0f}", n++ ? "," : "", at, $6, $2*1024, $4*1024}')
SERVICES=$( (systemctl list-units --type=service --state=failed,active --plain --no-legend --no-pager 2>/dev/null || true) |
    awk -v at="$AT" -v host="$NAME" '{ sub(/\.service$/, "", $1); gsub(/[\\"]/, "", $1)
    printf "%s{\"seen_at\":\"%s\",\"host\":\"%s\",\"name\":\"%s\",\"running\":%s}", n++ ? "," : "", at, host, $1, $3=="failed" ? "false" : "true"}')

look() { printf '{"v":1,"kind":"%s","seen_at":"%s","facts":[%s]}' "$1" "$AT" "$2"; }
{
    printf '{"v":1,"id":"%s","sent_at":"%s","looks":[' "$ID" "$AT"
    look cpu "{\"seen_at\":\"$AT\",\"host\":\"$NAME\",\"own_pct\":$CPU,\"minutes\":0.03}"; printf ','
    look memory "{\"seen_at\":\"$AT\",\"host\":\"$NAME\",$MEMORY}"; printf ','
    look volumes "$VOLUMES"; printf ','
    look services "$SERVICES"
    printf ']}'
} | curl -fsS -m 30 --retry 3 -H 'Content-Type: application/json' --data-binary @- -o /dev/null "$PUSH"
