#!/usr/bin/env bash
# Install the system libraries that Python wheels do not bring.
#
# usage: packaging/install-system-deps.sh [run|test]...      (default: run)
#   run   what the window, the microphone and the system audio need
#   test  what `make test` needs besides: a sound server, a virtual screen, validators
#
# Does nothing, in a few milliseconds, when everything is there. SKIP_SYSTEM=1 skips it altogether.
# "a|b" is satisfied by either; the first that the distribution knows is installed.
set -euo pipefail

[ -n "${SKIP_SYSTEM:-}" ] && exit 0
[ "$(uname -s)" = Linux ] || exit 0

purposes=("${@:-run}")
here=$(cd "$(dirname "$0")" && pwd)
venv_python="$here/../.venv/bin/python"

say() { printf '%s\n' "$*" >&2; }

debian_packages() {
    case $1 in
    run)
        # Sound: PortAudio, its bridge to PulseAudio or PipeWire, and their client library.
        echo libportaudio2 libasound2-plugins libpulse0 pulseaudio-utils
        # Qt: OpenGL loader, keyboard, X11, fonts, accessibility bus.
        echo libegl1 libgl1 libopengl0 libdbus-1-3 libfontconfig1 'libglib2.0-0t64|libglib2.0-0'
        echo libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4
        echo libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-render0
        echo libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1
        echo 'fonts-dejavu-core|fonts-noto-core'
        # Some Python packages are compiled on installation.
        command -v g++ >/dev/null || echo g++
        debian_python_packages
        ;;
    test)
        # A desktop that runs PipeWire keeps it: pulseaudio would replace its sound server.
        echo 'pulseaudio|pipewire-pulse' xvfb desktop-file-utils appstream
        # A second sound server to record from; not where a desktop could start it by itself.
        [ -d /run/systemd/system ] || echo pipewire wireplumber dbus
        ;;
    esac
}

# Debian ships venv and headers apart from the interpreter.
debian_python_packages() {
    [ -x "$venv_python" ] && return
    local chosen version
    chosen=$("$here/choose-python.sh" 2>/dev/null) || { echo python3-venv python3-dev; return; }
    case $(readlink -f "$chosen") in
    /usr/bin/*)
        version=$("$chosen" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "python$version-venv" "python$version-dev"
        ;;
    esac
}


# The packages that are missing, one name each.
missing_debian() {
    local installed alternatives package
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    for purpose in "${purposes[@]}"; do
        for alternatives in $(debian_packages "$purpose"); do
            if ! grep -qxF "${alternatives//|/$'\n'}" <<<"$installed"; then
                echo "$alternatives"
            fi
        done
    done
}

first_available_debian() {
    local package
    for package in ${1//|/ }; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    echo "${1%%|*}"
}

other_packages() {
    case $1-$2 in
    dnf-run) echo portaudio pulseaudio-utils alsa-plugins-pulseaudio pulseaudio-libs mesa-libEGL mesa-libGL \
        libglvnd-opengl dbus-libs fontconfig libxkbcommon-x11 xcb-util-cursor xcb-util-wm \
        xcb-util-image xcb-util-keysyms xcb-util-renderutil dejavu-sans-fonts gcc-c++ python3-devel ;;
    dnf-test) echo xorg-x11-server-Xvfb desktop-file-utils appstream ;;
    pacman-run) echo portaudio alsa-plugins libpulse libglvnd dbus fontconfig libxkbcommon-x11 \
        xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil \
        ttf-dejavu gcc ;;
    pacman-test) echo xorg-server-xvfb desktop-file-utils appstream ;;
    zypper-run) echo libportaudio2 pulseaudio-utils alsa-plugins-pulse libpulse0 Mesa-libEGL1 Mesa-libGL1 libglvnd \
        libdbus-1-3 fontconfig libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 \
        libxcb-keysyms1 libxcb-render-util0 dejavu-fonts gcc-c++ python311-devel ;;
    zypper-test) echo xorg-x11-server-Xvfb desktop-file-utils AppStream ;;
    esac
}

# Run a command as root, or say what to run.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        say "System packages are missing and this account may not install them. Run, as root:"
        say "    $*"
        say "and start again; or set SKIP_SYSTEM=1 if the libraries are there by other means."
        exit 1
    fi
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    mapfile -t wanted < <(missing_debian)
    [ ${#wanted[@]} -eq 0 ] && exit 0
    say "Installing system packages: ${wanted[*]}"
    if [ -z "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ]; then
        as_root apt-get update -qq
    fi
    names=()
    for alternatives in "${wanted[@]}"; do
        names+=("$(first_available_debian "$alternatives")")
    done
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get install -y -qq --no-install-recommends "${names[@]}" >&2 || {
        as_root apt-get update -qq
        as_root apt-get install -y -qq --no-install-recommends "${names[@]}" >&2
    }
    exit 0
fi

for tool in dnf pacman zypper; do
    command -v "$tool" >/dev/null || continue
    # shellcheck disable=SC2046  # one word per package
    set -- $(for purpose in "${purposes[@]}"; do other_packages "$tool" "$purpose"; done)
    case $tool in
    dnf) rpm -q --whatprovides "$@" >/dev/null 2>&1 || as_root dnf install -y "$@" ;;
    pacman) pacman -Q "$@" >/dev/null 2>&1 || as_root pacman -S --needed --noconfirm "$@" ;;
    zypper) rpm -q --whatprovides "$@" >/dev/null 2>&1 || as_root zypper -n install "$@" ;;
    esac
    exit 0
done

say "This distribution is not known here; nothing was installed. If the window or the sound does not"
say "start, install PortAudio, the PulseAudio client library, EGL, OpenGL and the xcb-util libraries."
