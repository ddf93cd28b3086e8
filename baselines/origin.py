"""Where numbers come from: the commit of the code and the machine, as a result states them."""

import os
import platform
import subprocess
from pathlib import Path

import torch


def commit() -> str:
    """The short hash of the code's commit, "+" behind it if files were changed; "" if unknown."""
    place = Path(__file__).parent
    found = _git(place, "rev-parse", "--short", "HEAD")
    return found + ("+" if found and _git(place, "status", "--porcelain", "-uno") else "")


def hardware(device: str) -> str:
    """The processor with its cores and, where one is trained on, the accelerator."""
    cores = f"{_processor()}, {os.cpu_count()} cores"
    if device.startswith("cuda") and torch.cuda.is_available():
        return f"{torch.cuda.get_device_name(device)}; {cores}"
    return cores


def _git(place: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(place), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _processor() -> str:
    """The processor's name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
