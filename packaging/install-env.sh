#!/usr/bin/env bash
# Make the virtual environment with the exact versions of constraints.txt.
#
# usage: packaging/install-env.sh VENV
set -euo pipefail

venv=$1
torch_index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
log=$venv/install.log

say() { printf '%s\n' "$*" >&2; }

fail() {
    tail -n 20 "$log" >&2
    say "The Python packages could not be installed; the full log is $log. Run the same command again:"
    say "what was downloaded is kept."
    exit 1
}

if [ ! -x "$venv/bin/python" ]; then
    python=$(packaging/choose-python.sh)
    say "Making $venv with $("$python" --version)"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        say "This Python cannot make virtual environments. Debian, Ubuntu: apt install python3-venv"
        exit 1
    }
fi
pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input)
: >"$log"

# On Linux the package index's own torch carries 3 GB of CUDA; torch's index has the CPU build.
# Where that index is out of reach, the next step takes torch from wherever pip is configured.
torch=$(grep '^torch==' constraints.txt)
if [ "$(uname -s)" = Linux ] && ! "${pip[@]}" show -q torch 2>/dev/null; then
    say "Installing $torch, CPU build (about 200 MB)"
    "${pip[@]}" install --no-deps --index-url "$torch_index" --timeout 20 --retries 0 \
        -c constraints.txt "$torch" >>"$log" 2>&1 || say "  not at $torch_index, trying elsewhere"
fi
say "Installing the Python packages (log: $log)"
"${pip[@]}" install -c constraints.txt -e '.[dev]' >>"$log" 2>&1 || fail
