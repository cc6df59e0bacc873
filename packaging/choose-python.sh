#!/usr/bin/env bash
# Print the Python (3.11 or newer) that the virtual environment is made with; PYTHON overrides.
set -euo pipefail

for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
done
echo "Crosstalk needs Python 3.11 or newer and finds none. Install it (Debian, Ubuntu: python3.11)," \
    "or name it: make PYTHON=/path/to/python3.11" >&2
exit 1
