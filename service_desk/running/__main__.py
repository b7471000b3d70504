"""`python -m service_desk.running <verb>`: everything an installation is run with."""

import sys

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Service Desk: set up, start, check, back up."""


@main.command()
@click.argument("package", required=False)
@click.option("--check", is_flag=True, help="Write nothing; fail when a text has no Chinese.")
def translations(package: str | None, check: bool) -> None:
    """Find the texts of PACKAGE (or of all), merge them into its .po file, report and compile."""
    from service_desk.running import translations as words

    names = [package] if package else sorted(words.packages())
    reports = [words.merge(name, write=not check) for name in names]
    for line in (line for report in reports for line in report.lines()):
        click.echo(line)
    if not check:
        words.compile_all()
    if any(not report.complete for report in reports):
        sys.exit(1)
    click.echo(f"{len(names)} packages: every text has its Chinese")


if __name__ == "__main__":
    main(prog_name="service-desk")
