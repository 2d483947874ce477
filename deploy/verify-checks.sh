# shellcheck shell=bash
# What deploy/verify checks, in this order, each with the way to break what it guards. A check
# prints what is wrong and fails; it may rely on what deploy/verify sets up: docker, compose,
# client, folder, project.
# shellcheck disable=SC2034,SC2154  # shared with deploy/verify

services=(inventory payments orders)
# What is started, with all that it depends on; and who is asked for what is in stock.
targets=() stock=inventory port=
checks=(
    runs_as_uid_10001 root_is_read_only has_no_capabilities gains_no_privileges
    publishes_one_port_on_loopback keeps_secrets_out_of_the_environment inner_network_has_no_way_out
    health_notices_a_service_that_hangs sends_strangers_away sells_a_ticket
    loses_nothing_when_killed stops_gracefully keeps_its_data
)

# The services and checks of the profile postgresql instead.
use_instances() {
    services=(inventory-a payments-a orders-a inventory-b payments-b orders-b)
    targets=(orders-a orders-b) stock=inventory-b
    checks=(
        runs_as_uid_10001 root_is_read_only has_no_capabilities gains_no_privileges
        keeps_secrets_out_of_the_environment sends_strangers_away sells_a_ticket
        sells_on_without_one_of_each keeps_its_data
    )
}

# inside SERVICE COMMAND…: runs a command in the service's container.
inside() { compose exec -T "$@"; }

container() { compose ps --all --quiet "$1"; }

inspect() { "${docker[@]}" inspect --format "$2" "$(container "$1")"; }

# expect WHAT ACTUAL WANTED
expect() { [ "$2" = "$3" ] || { printf '%s: %s, not %s\n' "$1" "$2" "$3" && return 1; }; }

# Breaks the copy of the compose file by a sed expression that must match.
edit() {
    sed -i.before "$1" "$compose_file"
    ! cmp -s "$compose_file" "$compose_file.before" || refuse "nothing to break for: $1"
}

# wait_until SECONDS COMMAND…
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.5
    done
}

# --- What the containers may do

runs_as_uid_10001() {
    local name
    for name in "${services[@]}"; do expect "$name's uid" "$(inside "$name" id -u)" 10001; done
}
# Root without capabilities can read and write only what is everybody's or its own.
break_runs_as_uid_10001() {
    chmod 0444 "$TURNSTILE_CREDENTIALS_FOLDER"/*.json
    if [ -e "$folder/pgpass" ]; then chown 0 "$folder/pgpass"; fi
    edit 's/user: "10001:10001"/user: "0:0"/; s|volumes: \["[a-z]*-data:/data"\]|tmpfs: [/data]|'
}

# The mount decides; as uid 10001 a write would be refused anyway.
root_is_read_only() {
    local name
    for name in "${services[@]}"; do
        inside "$name" grep -qE '^[^ ]+ / [^ ]+ ro[, ]' /proc/mounts ||
            { echo "$name can write to /" && return 1; }
    done
}
break_root_is_read_only() { edit 's/read_only: true/read_only: false/'; }

# field SERVICE NAME: a line of the first process's status.
field() { inside "$1" sed -n "s/^$2:[[:space:]]*//p" /proc/1/status; }

has_no_capabilities() {
    local name
    for name in "${services[@]}"; do
        expect "$name's bound on capabilities" "$(field "$name" CapBnd)" 0000000000000000
    done
}
break_has_no_capabilities() { edit 's/cap_drop: \[ALL\]/cap_drop: [NET_RAW]/'; }

gains_no_privileges() {
    local name
    for name in "${services[@]}"; do expect "$name" "$(field "$name" NoNewPrivs)" 1; done
}
break_gains_no_privileges() { edit 's/no-new-privileges:true/no-new-privileges:false/'; }

publishes_one_port_on_loopback() {
    local name ports="" range='{{range $p, $b := .NetworkSettings.Ports}}'
    for name in "${services[@]}"; do
        ports+=$(inspect "$name" "$range{{range \$b}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}")
    done
    expect "published" "${ports% }" "127.0.0.1:$TURNSTILE_PORT"
}
break_publishes_one_port_on_loopback() { edit 's/"127\.0\.0\.1:\${/"0.0.0.0:${/'; }

keeps_secrets_out_of_the_environment() {
    local name secret seen
    for name in "${services[@]}"; do
        seen=$(inspect "$name" '{{json .Config}}')
        seen+=$(inside "$name" cat /proc/1/environ | tr '\0' ' ')
        while read -r secret; do
            [[ "$seen" != *"$secret"* ]] || { echo "$name shows a secret" && return 1; }
        done < <(secrets)
    done
}
secrets() {
    grep -ohE '"[A-Za-z0-9+/]{42,}=*"' "$TURNSTILE_CREDENTIALS_FOLDER"/*.json | tr -d '"'
    if [ -e "$folder/password" ]; then cat "$folder/password" && echo; fi
}
break_keeps_secrets_out_of_the_environment() {
    edit "s|^  TURNSTILE_PLAINTEXT: .*|&\n  SECRET: $(secrets | head -n 1)|"
}

inner_network_has_no_way_out() {
    local name network ids='{{range .NetworkSettings.Networks}}{{.NetworkID}} {{end}}'
    for name in inventory payments; do
        for network in $(inspect "$name" "$ids"); do
            expect "$name's network is internal" \
                "$("${docker[@]}" network inspect --format '{{.Internal}}' "$network")" true
        done
    done
}
break_inner_network_has_no_way_out() { edit 's/internal: true/internal: false/'; }

# --- What the services do

is() { [ "$(inspect "$1" '{{.State.Health.Status}}')" = "$2" ]; }

# Signals everything in a container except its first process and the shell that does it.
signal_all() { inside "$1" sh -c "kill -$2 -1" || true; }

health_notices_a_service_that_hangs() {
    local noticed=yes
    signal_all payments STOP
    wait_until 60 is payments unhealthy || noticed=no
    signal_all payments CONT
    wait_until 60 is payments healthy || { echo "payments did not come back" && return 1; }
    expect "noticed" "$noticed" yes
}
break_health_notices_a_service_that_hangs() {
    edit 's/test: \[CMD, payments, .*/test: [CMD, "true"]/'
}

# call IDENTITY METHOD JSON: a call through the published port.
call() {
    local credentials=/credentials
    [ "$1" != stranger ] || credentials=/strangers
    "${docker[@]}" exec --env TURNSTILE_CREDENTIALS=$credentials "$client" \
        orders call "$2" "$3" --as "${1/stranger/gateway}" \
        --address "127.0.0.1:${port:-$TURNSTILE_PORT}"
}

# manage SERVICE METHOD JSON: a call as operator from inside the service's own container.
manage() {
    inside "$1" "${1%-[ab]}" call "$2" "$3" --as operator --address "127.0.0.1:$4" </dev/null
}

# value NAME: the first value of that name in the JSON on the input.
value() { tr -d '\n' | grep -oE "\"$1\" *: *\"?[^\",} ]*" | sed -E '1s/^[^:]*: *"?//;q'; }

new_id() { cat /proc/sys/kernel/random/uuid; }

make_event() {
    local price='{"amount": 2500, "currency": "EUR"}'
    event=$(new_id) ticket_type=$(new_id)
    {
        manage "$stock" inventory.CreateEvent "{\"eventId\": \"$event\", \"title\": \"Verify\",
            \"startsAt\": 4102444800000, \"currency\": \"EUR\", \"totalCapacity\": 1000}" 7101
        manage "$stock" inventory.PutTicketType "{\"ticketTypeId\": \"$ticket_type\",
            \"eventId\": \"$event\", \"name\": \"Regular\", \"price\": $price}" 7101
        manage "$stock" inventory.PublishEvent \
            "{\"eventId\": \"$event\", \"expectedVersion\": 1}" 7101
    } >"$folder/event.log" 2>&1 || { cat "$folder/event.log" >&2 && return 1; }
}

# buy IDENTITY PURCHASE_ID
buy() {
    call "$1" orders.Purchase "{\"purchaseId\": \"$2\", \"owner\": \"user:verify\",
        \"contact\": {\"email\": \"buyer@example.org\"}, \"eventId\": \"$event\",
        \"items\": [{\"ticketTypeId\": \"$ticket_type\", \"quantity\": 1}],
        \"provider\": \"sim\", \"paymentMethod\": \"sim_ok\"}"
}

order() { call gateway orders.GetOrder "{\"orderId\": \"$1\"}"; }

sends_strangers_away() {
    local answer
    ! answer=$(buy stranger "$(new_id)" 2>&1) || { echo "a stranger was served" && return 1; }
    [[ "$answer" == *UNAUTHENTICATED* ]] || { echo "$answer" && return 1; }
}
break_sends_strangers_away() {
    cat "$TURNSTILE_CREDENTIALS_FOLDER/gateway.json" >"$folder/strangers/gateway.json"
}

sells_a_ticket() {
    local id answer
    id=$(new_id)
    answer=$(buy gateway "$id")
    expect "the purchase" "$(value state <<<"$answer")" COMPLETED
    [ -n "$(order "$id" | value code)" ] || { echo "no ticket" && return 1; }
}
break_sells_a_ticket() {
    edit 's/TURNSTILE_PAYMENTS: .*/TURNSTILE_PAYMENTS: payments:9/'
}

# Twenty purchases one after the other; in the middle Inventory is killed between two instructions.
# A buyer whose call failed asks again under the same id, as gateways do.
loses_nothing_when_killed() {
    local number id before sold answer
    before=$(sold_tickets)
    : >"$folder/bought"
    for number in $(seq 20); do
        [ "$number" -ne 8 ] || signal_all inventory KILL
        id=$(new_id)
        wait_until 60 completes "$id" || { echo "purchase $number did not complete" && return 1; }
        echo "$id" >>"$folder/bought"
    done
    wait_until 60 is inventory healthy || { echo "inventory did not come back" && return 1; }
    [ "$(inspect inventory '{{.RestartCount}}')" -ge 1 ] ||
        { echo "inventory was not killed" && return 1; }
    sold=$(sold_tickets)
    expect "sold" "$((sold - before))" 20
    answer=$(inside orders orders verify --address 127.0.0.1:7102 --settle 2>&1) ||
        { echo "$answer" && return 1; }
}
completes() { [ "$(buy gateway "$1" 2>/dev/null | value state)" = COMPLETED ]; }
sold_tickets() {
    manage "$stock" inventory.GetAvailability "{\"eventId\": \"$event\"}" 7101 | value sold
}
break_loses_nothing_when_killed() { edit 's/restart: unless-stopped/restart: "no"/'; }

# One instance of each is killed while tickets are bought, and not started again.
sells_on_without_one_of_each() {
    local number name id before answer victims=([3]=inventory [6]=payments [9]=orders)
    before=$(sold_tickets)
    port=$TURNSTILE_SECOND_PORT
    for number in $(seq 12); do
        name=${victims[$number]:-}
        [ -z "$name" ] || compose kill "$name-a" >/dev/null 2>&1
        id=$(new_id)
        wait_until 60 completes "$id" || { echo "purchase $number did not complete" && return 1; }
    done
    expect "sold" "$(($(sold_tickets) - before))" 12
    answer=$(inside orders-b orders verify --address 127.0.0.1:7102 --settle 2>&1) ||
        { echo "$answer" && return 1; }
}
break_sells_on_without_one_of_each() { edit 's/inventory-a:7101,inventory-b:/inventory-a:/'; }

stops_gracefully() {
    local name
    compose stop >/dev/null 2>&1
    for name in "${services[@]}"; do
        expect "$name's exit status" "$(inspect "$name" '{{.State.ExitCode}}')" 0
    done
}
break_stops_gracefully() { edit 's/^  init: true/&\n  stop_signal: SIGKILL/'; }

# Takes the containers away, not the volumes, and looks for an order that was there before.
keeps_its_data() {
    local id tickets
    start_services >/dev/null 2>&1
    id=$(new_id)
    buy gateway "$id" >/dev/null
    tickets=$(order "$id" | value code)
    compose down --timeout 15 >/dev/null 2>&1
    start_services >/dev/null 2>&1
    [ -n "$tickets" ] || { echo "no ticket was sold" && return 1; }
    expect "the ticket" "$(order "$id" | value code)" "$tickets"
}
break_keeps_its_data() { edit 's/"\(orders\|postgresql\)-data:/"/'; }
