"""Build every distribution of this repository as it is released, and use it as others will.

    python .ci/package.py [--version X.Y.Z] [--output dist]
    tox run -e package

Leaves in the output folder, which must not exist or be empty:

packages/       sdist and wheel of the core and of every plugin
changes.md      what the changelog tells of this version
sbom.cdx.json   software bill of materials (CycloneDX) of an environment with all of them

The wheel that is built from the sdist is the wheel that is built from the checkout, byte for byte.
In a fresh environment outside the checkout with all wheels in it, `pip check` finds nothing,
`rrcat plugins list` finds every estimator, and `rrcat demo` runs. With --version it is an error if
the core has another version, or the changelog nothing to tell of this one.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import uv

CHECKOUT = Path(__file__).resolve().parents[1]
PLUGINS = sorted(path.parent for path in CHECKOUT.glob("plugins/*/pyproject.toml"))
UV = uv.find_uv_bin()


def run(*command: object, cwd: Path = CHECKOUT) -> str:
    """Run a command, without what this process has set for itself, and give what it prints."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "UV_COMPILE_BYTECODE")
    }
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def changes() -> dict[str, str]:
    """Give what the changelog tells of each version, and of what is unreleased."""
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {
        heading.split()[0].strip("[]"): content.strip() + "\n"
        for heading, content in zip(sections[1::2], sections[2::2], strict=True)
    }


def build(project: Path, packages: Path) -> None:
    """Build sdist and wheel of a project; the wheel is the same from either source."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(UV, "build", "--quiet", "--sdist", "--out-dir", folder / "sdist", project)
        (sdist,) = folder.glob("sdist/*.tar.gz")
        run(UV, "build", "--quiet", "--wheel", "--out-dir", folder / "from-sdist", sdist)
        run(UV, "build", "--quiet", "--wheel", "--out-dir", folder / "from-checkout", project)
        (wheel,) = folder.glob("from-sdist/*.whl")
        (other,) = folder.glob("from-checkout/*.whl")
        if wheel.read_bytes() != other.read_bytes():
            sys.exit(f"error: {wheel.name} from the sdist is not that from the checkout")
        for made in (sdist, wheel):
            (packages / made.name).write_bytes(made.read_bytes())
            print(f"built {made.name}")


def use(packages: Path, output: Path) -> None:
    """Install every wheel into a fresh environment outside the checkout, and use it there."""
    names = ["rrcat", *(plugin.name for plugin in PLUGINS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = folder / "environment"
        programs = environment / "bin"
        python = programs / "python"
        run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=folder)
        # By name, not by path: where a wheel came from is then no part of the bill of materials.
        install = [UV, "pip", "install", "--quiet", "--python", python]
        made = [path.name.split("-") for path in sorted(packages.glob("*.whl"))]
        pins = [f"{name}=={version}" for name, version, *_ in made]
        run(*install, "--find-links", packages, *pins, cwd=folder)
        run(UV, "pip", "check", "--quiet", "--python", python, cwd=folder)
        print("pip check finds nothing")

        where = run(python, "-c", "import rrcat; print(rrcat.__file__)", cwd=folder)
        if not Path(where.strip()).is_relative_to(environment):
            sys.exit(f"error: rrcat is imported from {where}, not from its wheel")
        tables = run(programs / "rrcat", "schema", "list", cwd=folder)
        listed = run(programs / "rrcat", "plugins", "list", cwd=folder)
        for wanted in sorted(path.stem for path in CHECKOUT.glob("schemas/*.toml")):
            if wanted not in tables:
                sys.exit(f"error: the table {wanted} is not in the wheel")
        for plugin in names[1:]:
            if plugin not in listed:
                sys.exit(f"error: rrcat plugins list does not tell of {plugin}\n{listed}")
        print("tables and plugins are found")
        run(programs / "rrcat", "demo", "--stars", "200", "--output", folder / "demo", cwd=folder)
        print("rrcat demo runs")
        bill = run(
            *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
            *("--of", "JSON", python),
            cwd=folder,
        )
        (output / "sbom.cdx.json").write_text(bill, encoding="utf-8")


def main() -> None:
    """Build and check, or say what is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--version", help="the version that is to be released")
    parser.add_argument("--output", type=Path, default=CHECKOUT / "dist")
    given = parser.parse_args()
    output: Path = given.output.resolve()
    if output.exists() and any(output.iterdir()):
        sys.exit(f"error: {output} is not empty\nhint: remove it, or choose another --output")
    here = re.search(r'__version__ = "(.+)"', (CHECKOUT / "rrcat/__init__.py").read_text())
    assert here is not None
    if given.version and given.version != here[1]:
        sys.exit(f"error: the version here is {here[1]}, not {given.version}\nhint: tag v{here[1]}")
    told = changes()
    if given.version and given.version not in told:
        sys.exit(
            f"error: CHANGELOG.md does not tell of {given.version}\n"
            f"hint: turn its heading Unreleased into {given.version}"
        )

    packages = output / "packages"
    packages.mkdir(parents=True)
    for project in (CHECKOUT, *PLUGINS):
        build(project, packages)
    made = sorted(packages.iterdir())
    run(sys.executable, "-m", "twine", "check", "--strict", *made)
    run("check-wheel-contents", *(path for path in made if path.suffix == ".whl"))
    print("twine and check-wheel-contents find nothing")
    use(packages, output)
    (output / "changes.md").write_text(told.get(here[1]) or told["Unreleased"], encoding="utf-8")
    print(f"all is in {output}")


if __name__ == "__main__":
    main()
