"""The command `jiedao register`."""

import json

import click
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.access import get_register
from jiedao.registers.actions.grading import RegradePlan, apply_regrade, plan_regrade


@click.group("register")
def register_group() -> None:
    """Work on complete registers."""


@register_group.command("regrade")
@click.argument("key")
@click.option("--apply", "apply", is_flag=True, help="Write what the plan shows.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as one JSON document.")
def regrade(key: str, apply: bool, as_json: bool) -> None:
    """Grade every record of the register KEY anew by its rules: show what changes, with --apply write it.

    A grade set by hand stays until its last day.
    """
    actor = make_system_actor()
    info = get_register(actor, key)
    if not info.definition.grades:
        raise UserError(_("“%(name)s”不分等级。") % {"name": info.label}, hint=_("等级写在数据包的台账里。"))
    plan = plan_regrade(actor, info)
    if apply:
        apply_regrade(actor=actor, info=info, plan=plan)
    if as_json:
        click.echo(json.dumps({**plan.as_json(), "applied": apply}, ensure_ascii=False))
    else:
        _print_plan(plan, applied=apply)


def _print_plan(plan: RegradePlan, *, applied: bool) -> None:
    for (before, after), count in sorted(plan.moves.items()):
        click.echo(_("%(before)s → %(after)s：%(n)d 条") % {"before": before, "after": after, "n": count})
    for change in plan.sample[:10]:
        click.echo(
            f"  {change.code} {change.name} {change.before} → {change.after}  {'；'.join(change.why)}",
            err=True,
        )
    for fault in plan.faults[:10]:
        click.echo(f"  ! {fault.code} {fault.name} {fault.reason}", err=True)
    if plan.faulty:
        click.echo(
            _("%(n)d 条有规则算不出，等级不变；请核对所列的值，或请管理数据包的人改规则。")
            % {"n": plan.faulty}
        )
    text = _("看过 %(graded)d 条，等级有变 %(changes)d 条，只是理由有变 %(reasons)d 条。")
    ending = _("已改。") if applied else _("没有改动；加 --apply 才改。")
    values = {"graded": plan.graded, "changes": plan.changes, "reasons": plan.reasons}
    click.echo(text % values + ending)
