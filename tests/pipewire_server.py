"""A private PipeWire with the same devices as the private PulseAudio of `tests.sound_server`.

Three programs make it up: the server, its PulseAudio service (the module of Debian's
libpipewire-0.3-modules, so that the package pipewire-pulse, which replaces a desktop's sound
server, is not needed) and WirePlumber, which links streams with devices and needs a message bus.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.sound_server import MIC_SINK, MICROPHONE, RATE_HZ, SYSTEM_SINK, SoundServer

_SPA = """\
context.spa-libs = {
    audio.convert.* = audioconvert/libspa-audioconvert
    support.* = support/libspa-support
}
"""
_SERVER = (
    _SPA
    + """\
context.properties = {
    core.daemon = true
    core.name = pipewire-0
    support.dbus = false
    mem.allow-mlock = false
    default.clock.rate = %d
    default.clock.quantum = 8192
    default.clock.min-quantum = 8192
    default.clock.max-quantum = 8192
}
context.modules = [
    { name = libpipewire-module-protocol-native }
    { name = libpipewire-module-metadata }
    { name = libpipewire-module-spa-node-factory }
    { name = libpipewire-module-client-node }
    { name = libpipewire-module-client-device }
    { name = libpipewire-module-access args = { } }
    { name = libpipewire-module-adapter }
    { name = libpipewire-module-link-factory }
    { name = libpipewire-module-session-manager }
]
context.objects = [
    {
        factory = spa-node-factory
        args = {
            factory.name = support.node.driver
            node.name = Dummy-Driver
            node.group = pipewire.dummy
            priority.driver = 20000
        }
    }
]
"""
)
_SERVICE = (
    _SPA
    + """\
context.properties = { support.dbus = false mem.allow-mlock = false }
context.modules = [
    { name = libpipewire-module-protocol-native }
    { name = libpipewire-module-client-node }
    { name = libpipewire-module-adapter }
    { name = libpipewire-module-metadata }
    {
        name = libpipewire-module-protocol-pulse
        args = { server.address = [ "unix:%s" ] }
    }
]
"""
)
_BUS = """\
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_DEVICES = (
    ("load-module", "module-null-sink", f"sink_name={SYSTEM_SINK}", f"rate={RATE_HZ}",
     "channels=2", "sink_properties=device.description=Meeting_speakers"),
    ("load-module", "module-null-sink", f"sink_name={MIC_SINK}", f"rate={RATE_HZ}",
     "channels=1", "sink_properties=device.description=Microphone_feed"),
    ("load-module", "module-remap-source", f"source_name={MICROPHONE}",
     "channels=1",
     f"master={MIC_SINK}.monitor", "source_properties=device.description=Virtual_microphone"),
    ("set-default-sink", SYSTEM_SINK),
    ("set-default-source", MICROPHONE),
)  # fmt: skip


def is_available() -> bool:
    """Whether PipeWire, WirePlumber and PulseAudio's tools are installed."""
    programs = ("pipewire", "wireplumber", "dbus-run-session", "pactl", "paplay", "parec")
    libraries = Path("/usr/lib").glob("*/pipewire-0.3/libpipewire-module-protocol-pulse.so")
    return all(map(shutil.which, programs)) and any(libraries)


class PipeWireServer(SoundServer):
    """PipeWire, its PulseAudio service and WirePlumber in a folder of their own."""

    def _launch(self) -> None:
        server, service, bus = (self._folder / n for n in ("server", "service", "bus"))
        server.write_text(_SERVER % RATE_HZ)
        service.write_text(_SERVICE % (self._folder / "native"))
        bus.write_text(_BUS % self._folder)
        (self._folder / "pipewire-0").unlink(missing_ok=True)
        self._run("pipewire", "-c", str(server))
        self._wait_until((self._folder / "pipewire-0").exists)
        self._run("dbus-run-session", f"--config-file={bus}", "--", "wireplumber")
        self._run("pipewire", "-c", str(service))
        self._wait_until((self._folder / "native").exists)
        for order in _DEVICES:
            self.control(*order)
