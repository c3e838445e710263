"""Compile `jointhq.cot._scan` where there is a C compiler; without one the package is pure Python, and does the same.

Owns: the compiler's command, where the library lies, the tag of the wheel. An install never fails because of it.
Source: https://hatch.pypa.io/latest/plugins/build-hook/custom/
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src", "jointhq", "cot")
SOURCE = FOLDER / "_scan.c"
LIBRARY = FOLDER / "_scan.abi3.so"
FLAGS = ["-std=c11", "-O3", "-Wall", "-Wextra", "-fPIC", "-shared"]


class ScannerHook(BuildHookInterface[Any]):
    """Puts the library beside its source, for a wheel and for an editable install alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; where that works, the wheel is for this platform, and any Python from 3.11 on."""
        root = Path(self.root)
        reason = compile_library(root / SOURCE, root / LIBRARY)
        if reason:
            (root / LIBRARY).unlink(missing_ok=True)  # of an older source, perhaps
            self.app.display_warning(f"jointhq reads CoT XML in pure Python, four times slower: {reason}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
        build_data["artifacts"].append(LIBRARY.as_posix())


def compile_library(source: Path, library: Path) -> str:
    """Compile, and put the library in its place in one step; return why not, empty where it worked."""
    if sys.platform != "linux" or sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "the scanner is for CPython on Linux, with its lock"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return "there is no C compiler"
    include = sysconfig.get_path("include")
    if not Path(include, "Python.h").exists():
        return f"there is no Python.h in {include}"
    made = library.with_name(f"{library.name}.{os.getpid()}")
    command = [compiler, *FLAGS, f"-I{include}", str(source), "-o", str(made)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            return f"{compiler} failed: {done.stderr.strip()[-500:]}"
        made.replace(library)
    except OSError as error:
        return str(error)
    finally:
        made.unlink(missing_ok=True)
    return ""
