#!/usr/bin/env python3
"""Who includes whom: checks every C file against one table of rooms. Usage: layering.py [ROOT]"""

import os
import re
import sys

LINES_MAX = 400

FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h"}
# No input, no output, no clock: time is an argument.
PURE = FREESTANDING | {"float.h", "limits.h", "math.h", "stdlib.h", "string.h"}
ANY = None

# room: (rooms it may include, system headers it may include). A room that is not here must not
# have C files. Windows' rooms and the driver get their own system headers with their first file.
ROOMS = {
    "core": ({"core"}, FREESTANDING),
    "dsp": ({"dsp", "core"}, PURE),
    "stream": ({"stream", "dsp", "core"}, PURE),
    "platform": ({"platform"}, ANY),
    "transport": ({"transport", "core", "platform"}, ANY),
    "sound": ({"sound", "core", "platform"}, ANY),
    "control": ({"control", "stream", "dsp", "core", "platform"}, ANY),
    "scream": ({"scream", "stream", "dsp", "core", "transport", "sound", "control", "platform"},
               ANY),
    "firmware": ({"firmware", "core"}, FREESTANDING),
    "bench": ({"bench", "stream", "dsp", "core", "transport", "sound", "platform", "tests"},
              ANY),
    "tests": (ANY, ANY),
}

# Vendor's header: the only .c files that may include it. No header may.
VENDORS = (
    (r"pulse/", r"sound/pulse_\w+\.c"),
    (r"(pipewire|spa)/", r"sound/pipewire_\w+\.c"),
    (r"alsa/", r"(sound/alsa_\w+|plugin/\w+)\.c"),
    (r"jack/", r"sound/jack_\w+\.c"),
    (r"sndio\.h", r"sound/sndio_\w+\.c"),
    (r"pcap(\.h|/)", r"transport/pcap_\w+\.c"),
    (r"(windows|winsock2|ws2tcpip|mmdeviceapi|audioclient)\.h",
     r"(platform/windows/|sound/wasapi_|setup/|tray/).*\.c"),
)

# A back end's own files: FAMILY.h and FAMILY_*.h are for FAMILY.c and FAMILY_*.c, within the room.
FAMILIES = {
    "sound": ("pipewire", "pulse", "alsa", "jack", "sndio", "wasapi", "wav", "raw", "tone", "null"),
    "transport": ("udp", "pcap", "ivshmem", "replay"),
}

# A platform is chosen here, and in vendor's shims of the build; nowhere else is it asked for.
PLATFORM_CHOSEN = r"platform/"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def family_of(room, name):
    """The back end that a file of a room belongs to, or None."""
    for family in FAMILIES.get(room, ()):
        if re.fullmatch(rf"{family}(_\w+)?\.[ch]", name):
            return family
    return None


def faults_of(path, text, exists):
    """What is wrong with one file: a list of sentences. `exists` tells whether a path does."""
    found = []
    room = path.split("/")[0]
    if "/" not in path or room not in ROOMS:
        return [f"{room} is no room of the table"]
    rooms, headers = ROOMS[room]
    code = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    for mark, name in INCLUDE.findall(code):
        other = name.split("/")[0]
        if name.endswith(".c"):
            found.append(f"includes {name}, a .c file")
        elif mark == '"':
            if other not in ROOMS or not exists(name):
                found.append(f'"{name}" is no file seen from the root')
            elif rooms is not ANY and other not in rooms:
                found.append(f"{room} must not include {name}")
            elif other == room and room in FAMILIES:
                family = family_of(room, os.path.basename(name))
                if family and family_of(room, os.path.basename(path)) != family:
                    found.append(f"{name} belongs to the back end {family}")
        elif other in ROOMS:
            found.append(f"<{name}> is ours: write it in quotes")
        elif headers is not ANY and name not in headers:
            found.append(f"{room} must not include <{name}>")
        for header, where in VENDORS:
            if re.match(header, name) and room != "tests" and not re.fullmatch(where, path):
                found.append(f"<{name}> is a vendor's, for its own .c files")
    if re.search(r"\b_WIN(32|64)\b", code) and not re.match(PLATFORM_CHOSEN, path):
        found.append("asks for _WIN32")
    lines = text.count("\n")
    if lines > LINES_MAX:
        found.append(f"has {lines} lines, over {LINES_MAX}: it is two files")
    return found


# The checker itself: a line that must be refused, or None, in a file of that path.
SELF_TEST = (
    ("core/a.c", '#include "core/wire.h"', True),
    ("core/a.c", "#include <string.h>", False),
    ("core/a.c", '#include "platform/log.h"', False),
    ("core/a.h", "/* #include <stdio.h> */", True),
    ("dsp/a.c", "#include <math.h>", True),
    ("stream/a.c", "#include <time.h>", False),
    ("stream/a.c", "  #  include <unistd.h>", False),
    ("stream/a.c", '#include "transport/udp.h"', False),
    ("transport/a.c", '#include "sound/play.h"', False),
    ("sound/a.c", '#include "stream/demux.h"', False),
    ("sound/pulse_play.c", "#include <pulse/pulseaudio.h>", True),
    ("sound/pulse_play.h", "#include <pulse/pulseaudio.h>", False),
    ("sound/alsa_play.c", "#include <pulse/pulseaudio.h>", False),
    ("scream/a.c", "#include <pulse/pulseaudio.h>", False),
    ("sound/raw_play.c", '#include "sound/wav_header.h"', False),
    ("sound/wav_play.c", '#include "sound/wav_header.h"', True),
    ("platform/posix/a.c", "#include <windows.h>", False),
    ("platform/windows/a.c", "#include <windows.h>", True),
    ("scream/a.c", "#ifdef _WIN32", False),
    ("platform/a.h", "#ifdef _WIN32", True),
    ("scream/a.c", '#include "scream/b.c"', False),
    ("scream/a.c", '#include "b.h"', False),
    ("scream/a.c", "#include <core/wire.h>", False),
    ("attic/a.c", "", False),
    ("a.c", "", False),
    ("core/a.c", "\n" * (LINES_MAX + 1), False),
)


def files(root):
    """The C files below the root, as paths from it; build directories left out."""
    for place, names, leaves in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith((".", "build"))
                          and name not in ("demo", "subprojects")
                          and not os.path.exists(os.path.join(place, name, "meson-private")))
        for leaf in sorted(leaves):
            if leaf.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(place, leaf), root)


def main():
    """Checks all, prints what is wrong."""
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, ".."))
    passed = failed = 0
    for path, text, good in SELF_TEST:
        if (not faults_of(path, text, lambda name: True)) == good:
            passed += 1
        else:
            failed += 1
            print(f"layering.py itself: {path}: {text!r} should be {'good' if good else 'refused'}")
    for path in files(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            faults = faults_of(path, file.read(), lambda name: os.path.exists(f"{root}/{name}"))
        for fault in faults:
            print(f"{path}: {fault}")
        failed += len(faults)
        passed += not faults
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
