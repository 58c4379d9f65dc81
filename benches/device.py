"""Everything that a card is asked, in one go: what doctor says, the operation suite, every kernel, and a study beside
the processor. Prints the section for docs/benchmarks.md.

    python3 benches/device.py --device vulkan [--features cuda] [--batch 64] [--steps 300] [--skip suite study]

`--device` is a name that gan-pipe knows. On the software driver, which computes on the processor, take `--batch 1
--values 1 --steps 2 --skip suite`: it shows that all of this runs, and its figures mean nothing.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = ["doctor", "suite", "kernels", "study"]


def cargo(arguments, command, *rest, **environment):
    """Runs a cargo command in the tests' profile and returns its standard output; standard error goes to the user's."""
    features = ["--features", arguments.features] if arguments.features else []
    ran = subprocess.run(
        ["cargo", command, *features, *rest],
        cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True,
    )
    return ran.returncode, ran.stdout


def program(arguments, *rest):
    status, told = cargo(arguments, "run", "--quiet", "--", *rest, "--message-format", "json")
    messages = [json.loads(line) for line in told.splitlines()]
    if status != 0:
        sys.exit(f"gan-pipe {' '.join(rest)} ended with {status}: {messages[-1:]}")
    return messages


def doctor(arguments):
    """The line of the device, as doctor says it."""
    checks = [message for message in program(arguments, "doctor") if message["event"] == "check"]
    number = arguments.device if ":" in arguments.device else arguments.device + ":0"
    for check in checks:
        if check.get("device", {}).get("name") == number or check["name"] == arguments.device:
            return [f"`gan-pipe doctor`: {check['text']}."]
    sys.exit(f"doctor finds no device {arguments.device}; it says: {[check['text'] for check in checks]}")


def suite(arguments):
    """How many operations agree with their references there."""
    status, told = cargo(
        arguments, "test", "--workspace", "--test", "suite", "--", "agrees_with_the_reference_on_vulkan",
        GAN_PIPE_TEST_DEVICE=arguments.device,
    )
    failed = re.findall(r"^test operation::(\w+)::.* FAILED$", told, re.MULTILINE)
    passed = len(re.findall(r"^test operation::.* ok$", told, re.MULTILINE))
    if passed + len(failed) == 0:
        sys.exit(f"no test of the suite ran; cargo ended with {status}")
    wrong = f"; {', '.join(failed)} do not" if failed else ""
    return [f"Of {passed + len(failed)} operations {passed} agree with their references there{wrong}."]


def kernels(arguments):
    """The rates of every kernel, as a table."""
    status, told = cargo(
        arguments, "bench", "--workspace", "--profile", "dev", "--bench", "device", "--",
        "--device", arguments.device, "--batch", str(arguments.batch), "--values", str(arguments.values),
    )
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    if status != 0 or not lines:
        sys.exit(f"the benchmark ended with {status}")
    device, *cases = lines
    share = lambda value: "" if value is None else f"{100 * value:.0f}%"
    rows = [
        f"Its own product of matrices reaches {device['matmul_gflops_per_second']:.4g} GFLOP/s and its copy "
        f"{device['copy_gb_per_second']:.4g} GB/s; shares are of these, and of a product with as many operations.",
        "",
        "| kernel | on | ms | rate | share | of an equal product |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for case in cases:
        if case.get("refused"):
            rows.append(f"| {case['kernel']} | {case['case']} | | failed | | |")
        else:
            rate = f"{case['rate']:.4g} {case['unit']}"
            shares = f"{share(case['share'])} | {share(case['share_of_equal_product'])}"
            rows.append(f"| {case['kernel']} | {case['case']} | {case['milliseconds']:.3g} | {rate} | {shares} |")
    return rows


def study(arguments):
    """The quickstart on the device and on the processor: time, and what the settings reached."""
    rows = ["| device | seconds | FID of each setting at the last step |", "|---|--:|---|"]
    for device in [arguments.device, "cpu"]:
        with tempfile.TemporaryDirectory() as folder:
            steps = arguments.steps
            messages = program(
                arguments, "build", "studies/quickstart.yaml", "--device", device,
                "--set", f"base.steps={steps}", "--set", f"base.checkpoint_every={steps}",
                "--cache-dir", f"{folder}/cache", "--out", f"{folder}/results",
            )
            seconds = messages[-1]["elapsed_seconds"]
            _, table = cargo(
                arguments, "run", "--quiet", "--", "table", f"{folder}/results", "metrics", "--format", "csv",
                "--columns", "setting,step,metric,value",
            )
        last = [line.split(",") for line in table.splitlines() if f",{steps},fid," in line]
        reached = "; ".join(f"{setting}: {float(value):.4g}" for setting, _, _, value in last)
        rows.append(f"| {device} | {seconds:.4g} | {reached} |")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", required=True)
    parser.add_argument("--features", help="cargo features, such as cuda")
    parser.add_argument("--batch", type=int, default=64, help="images in a convolution's batch")
    parser.add_argument("--values", type=int, default=16, help="values of elementwise operands, in units of 2^20")
    parser.add_argument("--steps", type=int, default=300, help="steps of the study")
    parser.add_argument("--skip", nargs="*", default=[], choices=PARTS)
    arguments = parser.parse_args()
    for part in PARTS:
        if part not in arguments.skip:
            print("\n".join(globals()[part](arguments)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
