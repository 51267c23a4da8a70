# What ksplice-apply, ksplice-undo and ksplice-view share. They source it, and set $usage first.

api_version=4
core=/sys/kernel/ksplice
# What was applied, for people to read: patch, description.
kept=/var/run/ksplice/updates
failed=255

raw=
debug=
debugfile=

# code, text: says what is wrong and ends. With --raw-errors the code alone is the first line.
fail() {
  [ ! "$raw" ] || echo "$1" >&2
  echo "${0##*/}: $2" >&2
  exit $failed
}

misused() {
  [ "$raw" ] && echo OTHER >&2
  echo "usage: ${0##*/} $usage" >&2
  exit 2
}

# An option that apply and undo have in common; false if it is none.
common_option() {
  case $1 in
    --raw-errors) raw=1 ;;
    --debug) debug=1 ;;
    --debugfile=?*) debug=1 debugfile=${1#*=} ;;
    --help | -h)
      echo "usage: ${0##*/} $usage"
      exit 0
      ;;
    --version)
      echo "${0##*/}: Ksplice updates of format $api_version"
      exit 0
      ;;
    --api-version)
      echo $api_version
      exit 0
      ;;
    *) return 1 ;;
  esac
}

need_root() {
  [ "$(id -u)" = 0 ] || fail OTHER 'only root can change the kernel.'
  [ -d $core ] || fail OTHER "this kernel has no Ksplice: $core does not exist."
}

# The first line of a small file.
first_line() {
  line=
  [ ! -r "$1" ] || read -r line < "$1" || :
  echo "$line"
}

good_id() {
  case $1 in
    '' | *[!a-z0-9_]*) return 1 ;;
  esac
  [ ${#1} -lt 32 ]
}

# A file name that leads nowhere else.
good_file() {
  case $1 in
    '' | -* | .* | */* | *[!A-Za-z0-9_.-]*) return 1 ;;
  esac
}

is_loaded() { [ -d "/sys/module/$1" ]; }

# id: one module a line, old_code before new_code, the last loaded first.
modules_of() {
  for path in /sys/module/ksplice_"$1"_*_old /sys/module/ksplice_"$1"_*_new; do
    [ ! -d "$path" ] || echo "${path##*/}"
  done
}

# What other programs say comes behind our own words, not before them.
load() {
  said=$(insmod "$1" 2>&1) || fail OTHER "the kernel did not load ${1##*/} (see dmesg): $said"
}

unload() {
  said=$(rmmod "$1" 2>&1) || fail OTHER "the module $1 cannot be unloaded: $said"
}

# id: what the core did and found, with every candidate that did not fit.
save_debug() {
  [ "$debug" ] || return 0
  if [ "$debugfile" ]; then cat "$core/$1/trace" > "$debugfile"; else cat "$core/$1/trace" >&2; fi
}

# abort cause: what it means.
cause_text() {
  case $1 in
    no_match) echo 'the running kernel is not what this update was made for.' ;;
    code_busy) echo 'a thread was in the code concerned, in every try:' ;;
    module_busy) echo 'another update or module uses the new code; undo later updates first.' ;;
    out_of_memory) echo 'the kernel has too little memory.' ;;
    failed_to_find) echo 'a symbol that the new code needs has no address, or several.' ;;
    already_reversed) echo 'the update was undone; unload it, then apply it anew.' ;;
    missing_export) echo 'a symbol is not exported.' ;;
    unexpected_running_task) echo 'a processor did not stop.' ;;
    target_not_loaded) echo 'a module that the update is for is not loaded (--partial leaves it out).' ;;
    call_failed) echo 'a hook of the update refused.' ;;
    cold_update_loaded) echo 'a module that was left out has been loaded since, with the change in it.' ;;
    bad_system_map) echo 'the System.map of the update is not that of the running kernel.' ;;
    unexpected) echo 'the update contradicts itself; see the kernel log.' ;;
    *) echo "the kernel says: $1." ;;
  esac
}

# id: why the last change of stage failed; to standard error.
explain() {
  cause=$(first_line "$core/$1/abort_cause")
  if [ "$raw" ]; then
    echo "${cause:-OTHER}" >&2
  else
    echo "${0##*/}: $2 $1: $(cause_text "${cause:-unknown}")" >&2
  fi
  if [ "$cause" = code_busy ]; then
    while read -r comm pid labels; do
      if [ "$raw" ]; then echo "$comm $pid $labels"; else echo "  $comm (pid $pid) is in $labels"; fi
    done < "$core/$1/conflicts" >&2
  fi
}
