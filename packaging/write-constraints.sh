#!/usr/bin/env bash
# Write the versions installed in a virtual environment to constraints.txt.
#
# usage: packaging/write-constraints.sh VENV
# Local parts of a version (torch 2.13.0+cpu) are dropped, so that every platform finds its own build.
# Packages of other systems cannot be installed here, and those of the extra "pixit" are not: their lines stay as they are.
set -euo pipefail

elsewhere=$(grep -E '^(catap|PyAudioWPatch|pyobjc-[A-Za-z-]+|transformers)==' constraints.txt || true)
{
    echo "# Exact versions of everything that Crosstalk installs. Written by: make lock"
    {
        "$1/bin/python" -m pip freeze --exclude-editable | grep -v '^crosstalk\b' | sed 's/+[a-z0-9.]*$//'
        echo "$elsewhere"
    } | LC_ALL=C sort -fu
} >constraints.txt
