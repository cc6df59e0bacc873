#!/usr/bin/env bash
# Put Crosstalk into the user's menu, or take it out again.
#
# usage: packaging/install-desktop.sh install|uninstall PREFIX [VENV]
# The launcher starts the program out of VENV, so the checkout must stay where it is.
set -euo pipefail

action=$1
prefix=$2
id=org.crosstalk.Crosstalk
here=$(cd "$(dirname "$0")" && pwd)
share=$prefix/share
launcher=$prefix/bin/crosstalk
mark="# Written by Crosstalk's make install."

say() { printf '%s\n' "$*" >&2; }

if [ "$(uname -s)" != Linux ]; then
    say "make $action writes a Linux menu entry; on this system start Crosstalk with: make run"
    exit 1
fi

is_ours() { grep -qsxF "$mark" "$launcher"; }

# Show the change at once where the desktop has these tools; others notice by themselves.
refresh() {
    if command -v update-desktop-database >/dev/null; then
        update-desktop-database -q "$share/applications" || true
    fi
    if command -v gtk-update-icon-cache >/dev/null; then
        gtk-update-icon-cache -qtf "$share/icons/hicolor" || true
    fi
}

install_all() {
    local venv=$1 png size
    if [ -e "$launcher" ] && ! is_ours; then
        say "$launcher exists and is another program; nothing was changed. Choose another PREFIX."
        exit 1
    fi
    mkdir -p "$prefix/bin" "$share/applications" "$share/metainfo"
    printf '#!/bin/sh\n%s\nexec "%s/bin/crosstalk" "$@"\n' "$mark" "$venv" >"$launcher"
    chmod 755 "$launcher"
    sed "s|^Exec=.*|Exec=\"$launcher\" %u|" "$here/$id.desktop" >"$share/applications/$id.desktop"
    cp "$here/$id.metainfo.xml" "$share/metainfo/$id.metainfo.xml"
    for png in "$here"/../resources/icons/crosstalk-*.png; do
        size=${png##*-}
        size=${size%.png}
        mkdir -p "$share/icons/hicolor/${size}x$size/apps"
        cp "$png" "$share/icons/hicolor/${size}x$size/apps/$id.png"
    done
    mkdir -p "$share/icons/hicolor/scalable/apps"
    cp "$here/../resources/icons/crosstalk.svg" "$share/icons/hicolor/scalable/apps/$id.svg"
    refresh
    say "Crosstalk is in your menu; on the command line it is $launcher"
    case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) say "$prefix/bin is not in PATH: add it to type just crosstalk" ;;
    esac
}

uninstall_all() {
    ! is_ours || rm -f "$launcher"
    rm -f "$share/applications/$id.desktop" "$share/metainfo/$id.metainfo.xml"
    rm -f "$share"/icons/hicolor/*/apps/"$id".png "$share"/icons/hicolor/*/apps/"$id".svg
    refresh
    say "Crosstalk is out of your menu. Recordings and settings stay where they are."
}

case $action in
install) install_all "$3" ;;
uninstall) uninstall_all ;;
*)
    say "usage: $0 install|uninstall PREFIX [VENV]"
    exit 2
    ;;
esac
