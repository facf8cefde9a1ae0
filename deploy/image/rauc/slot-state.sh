# shellcheck shell=sh
# What a slot script remembers of its two slots, and how: sourced by agent-slot and system-slot, which set `directory`
# (on the data partition) and `run` (gone with a restart of the machine).
#
#   primary         the confirmed slot, which is chosen where nothing is on trial; empty: none yet
#   trial           the slot that waits for its one try, or has it now; empty: none
#   tries_left      1 until the try begins, then 0
#   state_A/_B      good, or bad: may not be chosen
#   fell_back_from  the slot whose trial failed; empty once another begins
#   reason          why the slot that runs was chosen, where it is not the one that was meant
#
# A power cut at any moment leaves one choice: the file is replaced as a whole, is on the disk before anything follows
# from it, ends with a checksum, and has the one before it beside it.

fail() {
  echo "${0##*/}: $1" >&2
  exit "${2:-1}"
}

# One at a time: RAUC, the updater and systemd all call. The lock goes with the process.
lock() {
  # Without a place for the state a slot is chosen all the same; what has to be kept says so when it can't be.
  mkdir -p "$directory" 2>/dev/null || true
  mkdir -p "$run" || fail "$run can't be written"
  exec 9>"$run/lock" || fail "$run can't be written"
  flock 9
}

sum_of() {
  printf '%s\n' "$1" | cksum | tr -d ' '
}

state_text() {
  cat <<TEXT
primary=$primary
trial=$trial
tries_left=$tries_left
state_A=$state_A
state_B=$state_B
fell_back_from=$fell_back_from
reason=$reason
TEXT
}

forget_state() {
  primary='' trial='' tries_left=0 state_A=bad state_B=bad fell_back_from='' reason=''
}

# Read and never sourced: a damaged file must not be run. False where it is not whole.
read_from() {
  [ -r "$1" ] || return 1
  forget_state
  told=
  while IFS='=' read -r key value; do
    case $key=$value in
      primary= | primary=[AB]) primary=$value ;;
      trial= | trial=[AB]) trial=$value ;;
      tries_left=[01]) tries_left=$value ;;
      state_A=good | state_A=bad) state_A=$value ;;
      state_B=good | state_B=bad) state_B=$value ;;
      fell_back_from= | fell_back_from=[AB]) fell_back_from=$value ;;
      reason=*) reason=$value ;;
      sum=*) told=$value ;;
      *) return 1 ;;
    esac
  done <"$1"
  [ -n "$told" ] && [ "$told" = "$(sum_of "$(state_text)")" ]
}

# Where the file is damaged the one before it is as good, but for a trial: that may have had its try since.
read_state() {
  mended=
  if read_from "$directory/state"; then return; fi
  [ -e "$directory/state" ] || [ -e "$directory/state.before" ] || { forget_state; return; }
  mended=yes
  if read_from "$directory/state.before"; then
    [ -z "$trial" ] || drop_trial 'the state file was damaged while it was on trial'
    [ -n "$reason" ] || reason='the state file was damaged, and the one before it taken'
  else
    forget_state
    reason='the state file was damaged, and so was the one before it'
  fi
}

# False where it could not be written, with the former state in force.
write_state() {
  text=$(state_text)
  printf '%s\nsum=%s\n' "$text" "$(sum_of "$text")" >"$directory/state.new" 2>/dev/null &&
    sync "$directory/state.new" || return 1
  if [ -z "$mended" ] && [ -e "$directory/state" ]; then
    ln -f "$directory/state" "$directory/state.before" || return 1
  fi
  mv "$directory/state.new" "$directory/state" && sync "$directory" || return 1
  if [ -n "$mended" ]; then
    ln -f "$directory/state" "$directory/state.before" || return 1
    mended=
  fi
}

save() {
  write_state || fail "the state can't be written to $directory; nothing was changed" 73
}

other() {
  case $1 in A) echo B ;; B) echo A ;; esac
}

state_of() {
  case $1 in A) echo "$state_A" ;; B) echo "$state_B" ;; *) fail "there is no slot ${1:-without a name}; slots are A and B" 64 ;; esac
}

set_state() {
  case $1 in A) state_A=$2 ;; B) state_B=$2 ;; esac
}

# The trial failed: its slot is not chosen again until something is installed there.
drop_trial() {
  set_state "$trial" bad
  fell_back_from=$trial
  reason="slot $trial: $1"
  trial='' tries_left=0
}

# RAUC's side: what it calls a custom backend with (its manual, "Custom Bootloader Backend").
get_primary() {
  if [ -n "$trial" ] && [ "$tries_left" = 1 ]; then
    echo "$trial"
  elif [ -n "$primary" ]; then
    echo "$primary"
  else
    fail 'no slot is confirmed yet'
  fi
}

# To another slot than the confirmed one it is a trial, and to the confirmed one the end of a trial.
set_primary() {
  state_of "$1" >/dev/null
  set_state "$1" good
  if [ "$1" = "$primary" ]; then
    trial='' tries_left=0
  else
    trial=$1 tries_left=1
  fi
  fell_back_from='' reason=''
  save
}

# RAUC says bad before it writes into a slot. The confirmed one is what all falls back to, so it is not given up.
set_slot_state() {
  state_of "$1" >/dev/null
  case $2 in good | bad) ;; *) fail "a slot is good or bad, not ${2:-nothing}" 64 ;; esac
  if [ "$2" = bad ]; then
    [ "$1" != "$primary" ] || fail "slot $1 is the confirmed one; another has to be confirmed before it is given up"
    # What is installed there will be another thing than what waited, or what was to have its try and never came up.
    if [ "$1" = "$trial" ] && { [ "$tries_left" = 1 ] || [ "$(current)" != "$1" ]; }; then trial='' tries_left=0; fi
  fi
  set_state "$1" "$2"
  save
}

# Back to the slot that was confirmed before, as a trial of it.
roll_back() {
  back=$(other "$(current)")
  [ -n "$back" ] || fail 'no slot runs that there would be another one to'
  [ "$(state_of "$back")" = good ] || fail "slot $back holds nothing that may run"
  set_primary "$back"
}

# Whether the running slot is on trial. Ends with an error where $1 is given and another slot runs than it.
on_trial() {
  running=$(current)
  [ -z "${1-}" ] || [ "$1" = "$running" ] || fail "slot ${running:-none} runs, and not slot $1"
  [ -n "$trial" ] && [ "$trial" = "$running" ] && [ "$tries_left" = 0 ]
}

json_slot() {
  if [ -n "$1" ]; then printf '"%s"' "$1"; else printf null; fi
}

# One line of JSON, for the updater.
print_status() {
  printf '{"current":%s,"primary":%s,"trial":%s,"triesLeft":%s,"fellBackFrom":%s,"reason":%s,"slots":{"A":"%s","B":"%s"}}\n' \
    "$(json_slot "$(current)")" "$(json_slot "$primary")" "$(json_slot "$trial")" "$tries_left" \
    "$(json_slot "$fell_back_from")" "$(json_slot "$(printf '%s' "$reason" | tr -d '"\\')")" "$state_A" "$state_B"
}

# Seconds since the machine started: no clock that somebody sets.
uptime_seconds() {
  IFS='. ' read -r up _ <"${TASHIKA_UPTIME:-/proc/uptime}"
  echo "$up"
}

need_waiting_trial() {
  if [ -z "$trial" ] || [ "$tries_left" = 0 ]; then fail 'no slot waits for a trial; install something first'; fi
}

# Whether the running slot has been on trial for more seconds than $1.
trial_is_over() {
  case $1 in '' | *[!0-9]*) fail 'expire takes a number of seconds' 64 ;; esac
  on_trial || return 1
  since=0
  [ ! -r "$run/since" ] || read -r since <"$run/since"
  [ $(($(uptime_seconds) - since)) -gt "$1" ]
}
