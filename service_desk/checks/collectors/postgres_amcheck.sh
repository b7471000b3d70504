#!/bin/sh
# Service Desk collector: errors in the indexes and tables of every database, found by pg_amcheck.
# It reads, and changes nothing; it runs with low priority and may take long. What is sent: the names of what is broken.
# Once in every database before the first run:  CREATE EXTENSION IF NOT EXISTS amcheck;
set -eu
PUSH="${1:-https://desk.example.com/push/KEY}"
FOUND=$(mktemp)
trap 'rm -f "$FOUND"' EXIT
STATUS=0
nice -n 19 pg_amcheck --all --jobs=1 >"$FOUND" 2>&1 || STATUS=$?
# 0: nothing found; 2: something found; everything else: it could not look, and that must not read as well.
AT=$(date -u +%Y-%m-%dT%H:%M:%SZ)
ID=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
if [ "$STATUS" -ne 0 ] && [ "$STATUS" -ne 2 ]; then
    LOOK="\"facts\":[],\"unknown\":{\"reason\":\"driver_error\",\"params\":{\"sqlstate\":\"pg_amcheck\",\"native\":$STATUS}}"
else
    LOOK="\"facts\":[$(sed -n 's/^[a-z]* *\(index\|table\) "\([^"]*\)".*/\2/p' "$FOUND" | sort | uniq -c | head -n 500 |
        awk -v at="$AT" '{ n=$1; $1=""; sub(/^ /, ""); gsub(/[\\]/, "")
        printf "%s{\"seen_at\":\"%s\",\"code\":\"amcheck/%s\",\"count\":%d}", k++ ? "," : "", at, $0, n}')]"
fi
printf '{"v":1,"id":"%s","sent_at":"%s","looks":[{"v":1,"kind":"errors","seen_at":"%s",%s}]}' "$ID" "$AT" "$AT" "$LOOK" |
    curl -fsS -m 30 --retry 3 -H 'Content-Type: application/json' --data-binary @- -o /dev/null "$PUSH"
