"""`python -m service_desk.running <verb>`: everything an installation is run with."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from service_desk import arriving
from service_desk.config import ConfigError
from service_desk.lib.errors import DeskError


class Plain(click.Group):
    """Verbs that say in a sentence what stands in their way."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; what was raised for people is told as it is."""
        try:
            return super().invoke(ctx)
        except (ConfigError, DeskError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Plain, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Service Desk: set up, start, check, back up."""


@main.command()
def demo() -> None:
    """Start a whole desk on this machine with a year of made-up history; Ctrl-C stops it."""
    from service_desk.running.once import only_one

    with only_one() as lock:
        from service_desk.running.desk import demo as run

        run(lock=lock)


@main.command()
@click.option("--admin-url", envvar="DATABASE_ADMIN_URL", required=True, help="A superuser's address of the server.")
@click.option("--database", default="service_desk", show_default=True)
def bootstrap(admin_url: str, database: str) -> None:
    """Make the logins, the database and the revokes on a real server, once; prints where the addresses are kept."""
    from service_desk.running.installation import Installation, keep

    here = Installation()
    for name, url in here.bootstrap_server(admin_url, database).items():
        keep(here.secrets / name, url)
        click.echo(f"{name}_FILE={here.secrets / name}")


@main.command()
def migrate() -> None:
    """Bring the database to this version of the program, as the owner login."""
    from service_desk.running.installation import settings
    from service_desk.running.migrate import migrate as run

    config = settings()
    if not config.database_owner_url:
        raise click.ClickException("DATABASE_OWNER_URL is not set / 未设置 DATABASE_OWNER_URL")
    run(config.database_owner_url, config.scope_key)
    click.echo("the database is at this version / 数据库已是当前版本")


@main.command()
def doctor() -> None:
    """Prove walls, logins and keys; fail when one is wrong."""
    from service_desk.running.doctor import examine
    from service_desk.running.installation import settings

    findings = examine(settings())
    for finding in findings:
        click.echo(f"{'✗' if finding.level == 'wrong' else '!'} {finding}")
    if any(finding.level == "wrong" for finding in findings):
        sys.exit(1)
    click.echo("walls, logins and keys are as they must be / 隔离、账号与密钥均正常")


@main.command()
@click.option("--bind", multiple=True, help="Address to listen on; default 127.0.0.1 and PORT (8000).")
@click.option("--held", is_flag=True, help="Load everything, then wait for a word on the input.")
def web(bind: tuple[str, ...], held: bool) -> None:
    """Serve the pages."""
    with arriving(to_stay=True):
        from service_desk.running.doctor import examine_or_refuse
        from service_desk.running.installation import settings
        from service_desk.running.supervisor import wait_for_word
        from service_desk.running.web import serve

    if held:
        wait_for_word()
    config = settings()
    examine_or_refuse(config)
    serve(config, list(bind) or [f"127.0.0.1:{os.environ.get('PORT', '8000')}"])


@main.command()
@click.argument("queues", nargs=-1)
def worker(queues: tuple[str, ...]) -> None:
    """Do the work that is queued (QUEUES: desk outward collect papers; all of them by default)."""
    with arriving(to_stay=True):
        from service_desk.running.doctor import examine_or_refuse
        from service_desk.running.installation import settings
        from service_desk.running.worker import work

    config = settings()
    examine_or_refuse(config)
    work(config, queues)


@main.command()
def clock() -> None:
    """Claim due work, ring for what was not heard."""
    with arriving(to_stay=True):
        from service_desk.running.clock import run
        from service_desk.running.doctor import examine_or_refuse
        from service_desk.running.installation import settings

    config = settings()
    examine_or_refuse(config)
    run(config)


@main.command()
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Where to; default var/backup.")
def backup(folder: Path | None) -> None:
    """Dump the database as the backup login, with a manifest of hash and row counts."""
    from service_desk.running import backup as backups
    from service_desk.running.installation import settings

    taken = backups.take(settings(), datetime.now(UTC), folder or backups.FOLDER)
    click.echo(f"{taken.folder}  {taken.dump.stat().st_size:,} B  {sum(taken.rows.values()):,} rows")


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--into", "database", default="service_desk_restored", show_default=True)
@click.option("--verify", is_flag=True, help="Only prove that it can be restored; drop the database afterwards.")
@click.option("--admin-url", envvar="DATABASE_ADMIN_URL", help="A superuser's address; default: the embedded server.")
def restore(folder: Path, database: str, verify: bool, admin_url: str | None) -> None:
    """Restore the backup in FOLDER into a new database and compare every table's row count."""
    from service_desk.running import backup as backups
    from service_desk.running.installation import Installation, superuser

    with superuser(Installation(), admin_url) as url:
        try:
            differences = backups.restore(backups.read(folder), url, database)
        finally:
            if verify:
                backups.forget(url, database)
    for line in differences:
        click.echo(line)
    if differences:
        sys.exit(1)
    click.echo("every table has its rows / 各表行数一致")


@main.command("agent-build")
@click.option("--to", "path", type=click.Path(path_type=Path), default=Path("agent.pyz"), show_default=True)
def agent_build(path: Path) -> None:
    """Write the site agent as one file, the same that its page serves, and print its version and SHA-256."""
    import hashlib

    from connectors.agent.build import build

    data, version = build()
    path.write_bytes(data)
    click.echo(f"{path}  {version}  {len(data):,} B  sha256 {hashlib.sha256(data).hexdigest()}")


@main.command("create-practice")
@click.argument("name")
@click.argument("email")
@click.option("--owner", "owner_name", required=True, help="The owner's name.")
def create_practice(name: str, email: str, owner_name: str) -> None:
    """Make a practice NAME and invite its owner by mail."""
    from service_desk.running.keeping import create_practice as run

    click.echo(run(name, email, owner_name))


@main.command("disable-person")
@click.argument("email")
def disable_person(email: str) -> None:
    """Close the sign-in of EMAIL and end every session of it."""
    from service_desk.running.keeping import disable_person as run

    run(email)
    click.echo("signed out and closed / 已停用并退出登录")


@main.command("set-operator")
@click.argument("email")
@click.option("--no-longer", is_flag=True, help="Take it away again.")
def set_operator(email: str, no_longer: bool) -> None:
    """Make EMAIL an operator of this installation, who sees no client's data."""
    from service_desk.running.keeping import set_operator as run

    run(email, not no_longer)
    click.echo("operator no longer / 已不再是系统运维" if no_longer else "operator now / 已是系统运维")


@main.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """For somebody who lost telephone and codes: the next sign-in of EMAIL leads to a new enrolment."""
    from service_desk.running.keeping import reset_second_factor as run

    run(email)
    click.echo("the next sign-in enrols anew / 下次登录时重新绑定")


@main.command("rotate-keys")
def rotate_keys() -> None:
    """Seal every data key anew with the first of SERVICE_DESK_CREDENTIAL_KEYS."""
    from service_desk.running.keeping import rotate_keys as run

    click.echo(run())


@main.command("verify-audit")
def verify_audit() -> None:
    """Walk every chain of the audit and name the first row that does not fit."""
    from service_desk.running.keeping import verify_audit as run

    broken = run()
    for line in broken:
        click.echo(line)
    if broken:
        sys.exit(1)
    click.echo("every chain fits / 审计链完整")


@main.command()
@click.argument("package", required=False)
@click.option("--check", is_flag=True, help="Write nothing; fail when a text has no Chinese.")
def translations(package: str | None, check: bool) -> None:
    """Find the texts of PACKAGE (or of all), merge them into its .po file, report and compile."""
    from service_desk.running import translations as texts

    names = [package] if package else sorted(texts.packages())
    reports = [texts.merge(name, write=not check) for name in names]
    for line in (line for report in reports for line in report.lines()):
        click.echo(line)
    if not check:
        texts.compile_all()
    if any(not report.complete for report in reports):
        sys.exit(1)
    click.echo(f"{len(names)} packages: every text has its Chinese")


@main.command()
def words() -> None:
    """Compile the .po files that are newer than what the program reads."""
    from service_desk.running.translations import compile_all

    compile_all()


@main.command()
@click.argument("rules", nargs=-1)
def check(rules: tuple[str, ...]) -> None:
    """Hold the house rules (all, or the RULES named)."""
    from service_desk.running.check import run

    sys.exit(run(rules))


if __name__ == "__main__":
    main(prog_name="service-desk")
