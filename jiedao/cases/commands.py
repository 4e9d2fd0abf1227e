"""Commands of the cases room: suggestion and hot matters (the board's are in `commands_board`)."""

import csv
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from django.utils.translation import gettext as _
from tqdm import tqdm

from jiedao.cases import suggesting
from jiedao.cases.hot_matters import group_cases
from jiedao.cases.models import Choice
from jiedao.cases.text.extra import require_text_extra
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import FIRST, LAST, build_period

if TYPE_CHECKING:
    from jiedao.cases.text.classifier import Model
    from jiedao.cases.text.heat import HotMatter

COLUMNS = ("subject", "detail", "label")


def read_labelled(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the texts and labels of a CSV with the columns subject, detail, label, without incomplete rows."""
    usual_limit = csv.field_size_limit(10_000_000)  # a setting of the process
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise UserError(
                    _("%(name)s 缺少列 %(columns)s。") % {"name": path.name, "columns": ", ".join(missing)},
                    hint=_("第一行须有 subject, detail, label 三列。"),
                )
            rows = [{name: (row[name] or "").strip() for name in COLUMNS} for row in reader]
    except UnicodeDecodeError as fault:
        raise UserError(
            _("%(name)s 不是 UTF-8 文本。") % {"name": path.name}, hint=_("请另存为 UTF-8 编码的 CSV。")
        ) from fault
    except csv.Error as fault:
        raise UserError(
            _("%(name)s 不是完好的 CSV（%(fault)s）。") % {"name": path.name, "fault": fault},
            hint=_("请重新导出，带逗号或换行的文字放在双引号里。"),
        ) from fault
    except OSError as fault:
        raise UserError(
            _("%(name)s 打不开：%(fault)s。") % {"name": path.name, "fault": fault.strerror},
            hint=_("请检查文件的读取权限。"),
        ) from fault
    finally:
        csv.field_size_limit(usual_limit)
    rows = [row for row in rows if row["label"] and (row["subject"] or row["detail"])]
    if not rows:
        raise UserError(
            _("%(name)s 里没有既有文字又有标签的行。") % {"name": path.name}, hint=_("label 列须写明类别。")
        )
    return [(row["subject"], row["detail"]) for row in rows], [row["label"] for row in rows]


def read_choices() -> tuple[list[tuple[str, str]], list[str]]:
    """Return what dispatchers chose, as texts and category names; only the last choice for a case counts."""
    rows = Choice.objects.order_by("at", "id").values_list(
        "case_id", "case__subject", "case__detail", "category__name"
    )
    last = {case: ((subject, detail), name) for case, subject, detail, name in rows}
    return [text for text, _name in last.values()], [name for _text, name in last.values()]


def _load_trained_model() -> "Model":
    from jiedao.cases.text.classifier import Model  # noqa: PLC0415 (numpy is needed only with a model)

    path = suggesting.get_model_path()
    if not path.exists():
        raise UserError(_("还没有训练过。"), hint=_("先运行 jiedao suggest train FILE。"))
    try:
        return Model.load(path)
    except ValueError as fault:
        raise UserError(
            _("模型文件不能用：%(fault)s。") % {"fault": fault}, hint=_("请再运行 jiedao suggest train。")
        ) from fault


def _warn_of_foreign_labels(labels: list[str]) -> None:
    """Print which labels are no categories of the town: these can be shown, but not chosen with one key."""
    foreign = sorted(set(labels) - suggesting.LABELS.get().keys())
    if foreign:
        text = _("%(n)d 个标签不是本地类别，只作提示：%(labels)s")
        names = "、".join(foreign[:8]) + ("…" if len(foreign) > 8 else "")
        click.echo(text % {"n": len(foreign), "labels": names}, err=True)


@click.group("suggest")
def suggest_group() -> None:
    """Learn which category a text belongs to, and measure how well."""


@suggest_group.command("train")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--choices", is_flag=True, help="Learn from what dispatchers took, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def train(file: Path | None, choices: bool, as_json: bool) -> None:
    """Learn from FILE: a CSV with the columns subject, detail, label."""
    require_text_extra()
    from jiedao.cases.text.training import train as train_model  # noqa: PLC0415 (costs a second to load)

    texts, labels = read_labelled(file) if file is not None else ([], [])
    if choices:
        more_texts, more_labels = read_choices()
        texts, labels = texts + more_texts, labels + more_labels
    if len(set(labels)) < 2:
        raise UserError(
            _("只有 %(n)d 条文字、%(labels)d 个类别，至少要有两个不同的类别才能学习。")
            % {"n": len(labels), "labels": len(set(labels))},
            hint=_("请给一个 CSV 文件，或在派遣员选过类别以后加 --choices。"),
        )
    started = time.monotonic()
    _warn_of_foreign_labels(labels)
    with tqdm(unit=" fits", file=sys.stderr, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        model = train_model(texts, labels, progress)
    path = suggesting.get_model_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    suggesting.MODEL.forget()
    held_out = model.meta["held_out"]
    answer = {
        "n": len(texts),
        "labels": len(set(labels)),
        "held_out_macro_f1": held_out.get("macro_f1"),
        "seconds": round(time.monotonic() - started, 1),
        "model": str(path),
    }
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(_("学了 %(n)d 条文字、%(labels)d 个类别，用时 %(seconds)s 秒：%(model)s") % answer)
    if held_out:
        click.echo(_("留出未学的文字上 macro-F1 为 %(held_out_macro_f1)s。") % answer)
    else:
        click.echo(_("文字太少，无法留出一部分检验，把握程度仅供参考。"), err=True)


@suggest_group.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate_file(file: Path, as_json: bool) -> None:
    """Measure the trained model on FILE: accuracy, macro-F1, a confusion table.

    Texts that the model learned from are measured too, and said to be: their figures are no measure.
    """
    require_text_extra()
    from jiedao.cases.text.evaluation import evaluate  # noqa: PLC0415 (costs a second to load)

    model = _load_trained_model()
    texts, labels = read_labelled(file)
    learned = sum(model.knows(*text) for text in texts)
    if learned:
        text = _("注意：%(n)d 条里有 %(learned)d 条是模型学过的，这些分数不能说明它对新文字有多准。")
        click.echo(text % {"n": len(texts), "learned": learned}, err=True)
    if unknown := sorted(set(labels) - set(model.labels)):
        text = _("模型没有学过这些标签，必然判错：%(labels)s")
        click.echo(text % {"labels": "、".join(unknown[:8])}, err=True)
    result = {**evaluate(model, texts, labels), "learned_from": learned}
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    _print_evaluation(result)


def _print_evaluation(result: dict[str, Any]) -> None:
    click.echo(
        f"n {result['n']}  accuracy {result['accuracy']:.4f}  macro-F1 {result['macro_f1']:.4f}  "
        f"top-3 {result['top3']:.4f}  {result['ms_per_item']:.3f} ms each"
    )
    for label, row in result["per_class"].items():
        click.echo(
            f"{label}\tprecision {row['precision']:.3f}\trecall {row['recall']:.3f}\tF1 {row['f1']:.3f}\tn {row['n']}"
        )
    confusion = result["confusion"]
    guessed = sorted({guess for row in confusion.values() for guess in row} - set(confusion))
    columns = [*confusion, *guessed]
    click.echo("\t".join(["true \\ suggested", *columns]))
    for label, row in confusion.items():
        click.echo("\t".join([label, *(str(row.get(column, 0)) for column in columns)]))


def _format_matter(row: "HotMatter") -> dict[str, Any]:
    return {
        "rank": row.rank,
        "title": row.title,
        "place": row.place,
        "heat": round(row.heat, 2),
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
        "members": row.members,
    }


@click.command()
@click.option(
    "--from", "from_date", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First local day."
)
@click.option("--to", "to_date", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last local day.")
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 500))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def hotspots(from_date: datetime, to_date: datetime, top: int, as_json: bool) -> None:
    """Group messages on one matter and rank the matters by heat."""
    require_text_extra()
    if to_date < from_date:
        raise UserError(_("结束日期早于开始日期。"), hint=_("请交换 --from 和 --to。"))
    if from_date.date() < FIRST or to_date.date() > LAST:
        raise UserError(
            _("日期须在 %(first)d 年至 %(last)d 年之间。") % {"first": FIRST.year, "last": LAST.year},
            hint=_("请检查年份。"),
        )
    matters = group_cases(build_period(from_date.date(), to_date.date()), top=top, own_numbers=True)
    if as_json:
        click.echo(json.dumps([_format_matter(row) for row in matters], ensure_ascii=False))
        return
    for row in matters:
        click.echo(f"{row.rank}\t{row.heat:.1f}\t{len(row.members)}\t{row.place}\t{row.title}")
    if not matters:
        click.echo("no matter was reported more than once in this period", err=True)
        sys.exit(0)
