#!/bin/sh
# Prints the path of a Python >= 3.12 that runs and can make virtual environments.
#
# Looks, in this order, at $PYTHON (and then nowhere else), python3.14, python3.13, python3.12,
# python3 and python in every folder of PATH, the versions pyenv has installed, and uv.
# Each candidate is run, because a name on PATH proves little: pyenv leaves a shim for every
# version it has ever installed, and outside the folders that select that version the shim fails.
set -u

oldest="3.12"
probe='
import sys
if sys.version_info < (3, 12):
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    print(sys.executable)
    sys.exit(4)
print(sys.executable)
'
incomplete=""

# Prints the interpreter and ends the search if the candidate will do.
try() {
    [ -n "$1" ] && [ -x "$1" ] && [ ! -d "$1" ] || return 0
    found=$("$1" -c "$probe" 2>/dev/null)
    case $? in
    0) printf '%s\n' "$found"; exit 0 ;;
    4) [ -n "$incomplete" ] || incomplete=$found ;;
    esac
    return 0
}

# Tries a name in every folder of PATH, not only in the first that has it.
try_name() {
    rest="$PATH:"
    while [ -n "$rest" ]; do
        folder=${rest%%:*}
        rest=${rest#*:}
        try "${folder:-.}/$1"
    done
}

say_incomplete() {
    cat >&2 <<EOF
$1 is Python >= $oldest but has no venv or ensurepip module, so it cannot make an environment.
On Debian and Ubuntu install the package python3-venv (or the one of your version, such as
python3.12-venv), or name another interpreter: make PYTHON=/path/to/python3.12
EOF
}

if [ -n "${PYTHON:-}" ]; then
    given=$(command -v "$PYTHON" 2>/dev/null)
    try "$given"
    if [ -n "$incomplete" ]; then
        say_incomplete "$incomplete"
    else
        cat >&2 <<EOF
PYTHON=$PYTHON is not a Python >= $oldest that runs.
Give the path of one (make PYTHON=/path/to/python3.12), or leave PYTHON out to have it searched.
EOF
    fi
    exit 1
fi

for name in python3.14 python3.13 python3.12 python3 python; do
    try_name "$name"
done

if command -v pyenv >/dev/null 2>&1; then
    for folder in "$(pyenv root 2>/dev/null)"/versions/3.*; do
        try "$folder/bin/python3"
    done
fi

if command -v uv >/dev/null 2>&1; then
    try "$(UV_PYTHON_DOWNLOADS=never uv python find ">=$oldest" 2>/dev/null)"
fi

if [ -n "$incomplete" ]; then
    say_incomplete "$incomplete"
    exit 1
fi
cat >&2 <<EOF
No Python >= $oldest found.
Looked for python3.14, python3.13, python3.12, python3 and python in every folder of
PATH=$PATH
and for the interpreters of pyenv and uv.
Install one (Debian 13, Ubuntu 24.04 or later: apt install python3 python3-venv; with pyenv:
pyenv install 3.12; with uv: uv python install 3.12; or an installer from the Python project), or
name one that lies elsewhere: make PYTHON=/path/to/python3.12
EOF
exit 1
