# shellcheck shell=bash
# What the scripts of this folder share: saying things, installing what is missing, running a
# step with its output in a log, and leaving no process behind. Sourced, never run.

# shellcheck disable=SC2034  # the scripts that source this use it
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

# Says what is wrong and ends with 2: nothing was tried, the caller can mend it.
refuse() {
    say "$(basename "$0"): $*"
    exit 2
}

# need_packages NAME…: installs the Debian packages that are missing.
need_packages() {
    local name missing=() sudo=()
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
            missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null ||
        refuse "this is not Debian; install what these packages hold: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || refuse "as root, run: apt-get install ${missing[*]}"
        sudo=(sudo -n)
    fi
    say "installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq >&2
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Puts the Python packages of requirements.txt into .build/venv. Exported for a `step`.
python_packages() {
    local venv=$ROOT/.build/venv
    cmp -s "$ROOT/deploy/requirements.txt" "$venv/installed.txt" && return
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/deploy/requirements.txt"
    cp "$ROOT/deploy/requirements.txt" "$venv/installed.txt"
}

# Needs mark_processes and $LOGS.
need_python() {
    need_packages python3-venv
    export ROOT
    export -f python_packages
    step "installing Python packages" bash -ec python_packages ||
        refuse "the Python packages of deploy/requirements.txt cannot be installed"
}

# Ends with 2 unless `swift` is there and is at least 6.3. A toolchain that was only unpacked does
# not run yet: then the Debian packages that it needs itself are installed.
need_swift() {
    local version
    command -v swift >/dev/null || refuse "no swift on the PATH; a Swift 6.3 toolchain is needed"
    swift --version >/dev/null 2>&1 ||
        need_packages ca-certificates g++ libcurl4 libncurses6 libsqlite3-0 libxml2
    version=$(swift --version 2>&1) || refuse "swift does not run: ${version##*$'\n'}"
    version=$(sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' <<<"$version")
    [ "$(printf '%s\n6.3\n' "$version" | sort -V | head -n 1)" = 6.3 ] ||
        refuse "swift is ${version:-of an unknown version}; 6.3 or later is needed"
}

# memory_folder NAME: where a server's data may lie in memory, if there is room: a test is about
# what is written, not about how long a disk takes.
memory_folder() {
    if [ -d /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 2000000 ]; then
        printf '/dev/shm/turnstile-%s-%s\n' "$1" $$
    else
        printf '%s/.build/postgresql-%s\n' "$ROOT" "$1"
    fi
}

# start_postgresql FOLDER SETTING=VALUE…: a server of our own; sets POSTGRESQL_URL.
start_postgresql() {
    need_packages postgresql
    POSTGRESQL_FOLDER=$1
    # shellcheck disable=SC2034  # the scripts that source this use it
    POSTGRESQL_URL=$("$ROOT/deploy/postgresql" start "$@") || exit
}

stop_postgresql() {
    [ -n "${POSTGRESQL_FOLDER:-}" ] || return 0
    "$ROOT/deploy/postgresql" stop "$POSTGRESQL_FOLDER"
    POSTGRESQL_FOLDER=
}

# swift_options CONFIGURATION: imports that no target declares are errors. With TURNSTILE_STRICT, by
# which warnings are, this differs from everybody's own builds, so that the results are kept apart:
# else each would build everything again after the other.
swift_options() {
    printf '%s\n' --configuration "$1" --explicit-target-dependency-import-check error \
        --package-path "$ROOT" --scratch-path "$ROOT/.build/checked"
    [ "$1" = debug ] || printf '%s\n' -Xswiftc -enable-testing
}

# Marks every process started from here on, so that end_processes finds each of them again,
# whoever its parent is by then: by a variable, and by the sessions that `step` opens.
mark_processes() {
    TURNSTILE_RUN="$$-$(date +%s%N)"
    export TURNSTILE_RUN
    SESSIONS=" "
}

# Prints the ids of the marked processes except this shell's own.
marked_processes() {
    local folder pid stat session
    for folder in /proc/[0-9]*; do
        pid=${folder#/proc/}
        [ "$pid" = "$$" ] || [ "$pid" = "$BASHPID" ] && continue
        read -r stat 2>/dev/null <"$folder/stat" || continue
        # After the name, which may hold spaces: state, parent, group, session.
        read -r _ _ _ session _ <<<"${stat##*)}"
        if [[ "$SESSIONS" == *" $session "* ]] ||
            grep -zqx "TURNSTILE_RUN=$TURNSTILE_RUN" "$folder/environ" 2>/dev/null; then
            printf '%s\n' "$pid"
        fi
    done
}

# Kills what is left of the marked processes and prints a line for each of them.
end_processes() {
    local pid command
    for pid in $(marked_processes); do
        command=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || continue
        kill -KILL "$pid" 2>/dev/null && printf '%s %s\n' "$pid" "$command"
    done
    return 0
}

# step TITLE COMMAND…: runs the command in a session of its own with its output in $STEP_LOG and
# shows how far it is: one line that changes on a terminal, a line a minute elsewhere. A command
# that fails has the end of its output shown, and step fails too. Needs mark_processes and $LOGS.
step() {
    local title=$1 began=$SECONDS shown=$SECONDS pid status=0
    shift
    STEPS=$((${STEPS:-0} + 1))
    STEP_LOG=$LOGS/$(printf '%02d' "$STEPS")-${title//[^a-z0-9]/-}.log
    [ -t 2 ] || say "$title …"
    setsid "$@" >"$STEP_LOG" 2>&1 </dev/null &
    pid=$!
    SESSIONS+="$pid "
    while kill -0 "$pid" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r\033[K%s … %s' "$title" "$(last_words 60)" >&2
        elif [ $((SECONDS - shown)) -ge 60 ]; then
            shown=$SECONDS
            say "  after $((SECONDS - began)) s: $(last_words 100)"
        fi
        sleep 0.2
    done
    wait "$pid" || status=$?
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if [ "$status" -ne 0 ]; then
        say "✘ $title: exit status $status after $((SECONDS - began)) s"
        failures "$STEP_LOG" | head -n 60 >&2
        say "--- the end of $STEP_LOG:"
        tail -n 30 "$STEP_LOG" >&2
        return 1
    fi
    say "✔ $title ($((SECONDS - began)) s)"
}

# What a log says of failures: errors, failed tests and violations, each once and with the indented
# lines that go on with it.
failures() {
    awk '
        function end() { if (block != "" && !seen[block]++) printf "%s", block; block = "" }
        /(^|[^-])error:|^✘|✘ Test|warning:|[1-9][0-9]* violations$/ {
            end()
            block = $0 "\n"
            next
        }
        !/^( |↳)/ { end() }
        block != "" { block = block $0 "\n" }
        END { end() }' "$1"
}

# The last line of the running step's output, without control characters, cut to $1 columns.
last_words() {
    tail -c 400 "$STEP_LOG" | tr '\r' '\n' | tr -d '\000-\011\013-\037' |
        grep --text -v '^ *$' | tail -n 1 | cut -c "1-$1"
}
