#!/bin/sh
# Loads a server of each kind with wrk (2 threads, 32 connections) and prints the
# requests per second, absolute and relative to the bare route of the same round:
# medians of rounds in which every kind has its turn, so that what else the
# machine does falls on all alike. Where there is a /proc, the requests per second
# of the server's CPU time follow, which a busy machine disturbs less.
#
#	./wrk.sh                                  HS256, 5 rounds of 3 seconds
#	ROUNDS=7 SECONDS_EACH=5 ALGS="HS256 ES256" ./wrk.sh
#	KINDS="bare ginjwt-cached" ./wrk.sh
#
# The kind ginjwt-redis has a redis-server of its own on a free loopback port, and
# is left out where there is none.
#
# Exits with 3 if wrk is missing and cannot be installed.
set -eu
cd "$(dirname "$0")"

ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-3}
ALGS=${ALGS:-HS256}
KINDS=${KINDS:-bare least ginjwt ginjwt-cached ginjwt-memory ginjwt-redis gin-jwt golang-jwt}

if ! command -v wrk >/dev/null; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		{ apt-get update && apt-get install -y wrk; } >/dev/null 2>&1 || :
	fi
	if ! command -v wrk >/dev/null; then
		echo "wrk.sh: wrk is missing: install Debian's package wrk (apt-get install wrk)" >&2
		exit 3
	fi
fi

case " $KINDS " in
*" bare "*) ;;
*) KINDS="bare $KINDS" ;; # all else is relative to it
esac

case " $KINDS " in
*" ginjwt-redis "*)
	if ! command -v redis-server >/dev/null; then
		echo "wrk.sh: ginjwt-redis is left out: redis-server is missing (Debian's package redis-server has one)" >&2
		KINDS=$(echo " $KINDS " | sed 's/ ginjwt-redis / /')
	fi
	;;
esac

tmp=$(mktemp -d)
pid=
redis_pid=
redis=
end() { # process
	[ -z "$1" ] || { kill "$1" && wait "$1"; } 2>/dev/null || :
}
stop() {
	end "$pid"
	pid=
}
trap 'stop; end "$redis_pid"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# ticks prints the CPU time that the server has used, in 1/100 s.
ticks() {
	if [ -r "/proc/$pid/stat" ]; then
		sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }'
	else
		echo 0
	fi
}

# start_redis starts a redis-server on a free port: one that it can bind.
start_redis() {
	tries=0
	port=$((20000 + $$ % 10000))
	while [ "$tries" -lt 20 ]; do
		: >"$tmp/redis.log"
		redis-server --bind 127.0.0.1 --port "$port" --dir "$tmp" --save '' --appendonly no >"$tmp/redis.log" 2>&1 &
		redis_pid=$!
		while kill -0 "$redis_pid" 2>/dev/null; do
			if grep -q 'Ready to accept connections' "$tmp/redis.log"; then
				redis="127.0.0.1:$port"
				return
			fi
			sleep 0.05
		done
		wait "$redis_pid" || : # the port is another's
		redis_pid=
		port=$((port + 1)) tries=$((tries + 1))
	done
	echo "wrk.sh: redis-server does not start:" >&2
	cat "$tmp/redis.log" >&2
	exit 1
}

# load starts a server, loads it and notes its requests per second.
load() { # kind, algorithm
	: >"$tmp/out"
	"$tmp/server" -kind "$1" -alg "$2" -redis "$redis" >"$tmp/out" &
	pid=$!
	while [ "$(wc -l <"$tmp/out")" -lt 2 ]; do
		kill -0 "$pid" || { echo "wrk.sh: the server of kind $1 does not start" >&2; exit 1; }
		sleep 0.05
	done
	address=$(sed -n 1p "$tmp/out")
	token=$(sed -n 2p "$tmp/out")
	printf 'wrk.headers["Authorization"] = "Bearer %s"\n' "$token" >"$tmp/load.lua" # no token in the process list
	wrk -t2 -c32 -d1s -s "$tmp/load.lua" "http://$address/me" >/dev/null            # warm up
	before=$(ticks)
	wrk -t2 -c32 -d"${SECONDS_EACH}s" -s "$tmp/load.lua" "http://$address/me" >"$tmp/wrk"
	used=$(($(ticks) - before))
	stop
	if grep -Eq 'Non-2xx|Socket errors' "$tmp/wrk"; then
		echo "wrk.sh: $1 $2 did not answer all requests with 200:" >&2
		cat "$tmp/wrk" >&2
		exit 1
	fi
	awk -v used="$used" '
		/ requests in / { n = $1 }
		/^Requests\/sec:/ { print $2, (used > 0 ? n * 100 / used : 0) }' "$tmp/wrk" >"$tmp/rate"
}

go build -o "$tmp/server" ./cmd/server
case " $KINDS " in
*" ginjwt-redis "*) start_redis ;;
esac
: >"$tmp/all"
round=1
while [ "$round" -le "$ROUNDS" ]; do
	for alg in $ALGS; do
		for kind in $KINDS; do
			load "$kind" "$alg"
			echo "$round $alg $kind $(cat "$tmp/rate")" >>"$tmp/all"
		done
	done
	round=$((round + 1))
done

awk '
function median(list,    v, n, i, j, x) {
	n = split(list, v, " ")
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (j = i - 1; j >= 1 && v[j] + 0 > x + 0; j--) v[j + 1] = v[j]
		v[j + 1] = x
	}
	return (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2
}
{ name = $2 " " $3; if (!(name in rates)) order[++count] = name
  rates[name] = rates[name] " " $4; rate[$1, name] = $4
  cpus[name] = cpus[name] " " $5; cpu[$1, name] = $5; rounds = $1 }
END {
	printf "%-8s %-15s %11s %8s %15s %8s   (medians of %d rounds)\n", "alg", "kind", "requests/s", "/bare", "requests/CPU-s", "/bare", rounds
	for (k = 1; k <= count; k++) {
		split(order[k], part, " ")
		bare = part[1] " bare"
		ratios = shares = ""
		for (r = 1; r <= rounds; r++) {
			ratios = ratios " " rate[r, order[k]] / rate[r, bare]
			shares = shares " " (cpu[r, bare] > 0 ? cpu[r, order[k]] / cpu[r, bare] : 0)
		}
		printf "%-8s %-15s %11.0f %8.3f %15.0f %8.3f\n", part[1], part[2], median(rates[order[k]]), median(ratios), median(cpus[order[k]]), median(shares)
	}
}' "$tmp/all"
