"""Commands of the cases room: suggestion, hot matters and the board."""

import csv
import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click

from jiedao.cases import suggesting
from jiedao.cases.commands_board import board
from jiedao.cases.models import Case, Choice
from jiedao.cases.text.heat import HotMatter, Message, hot_matters
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import FIRST, LAST

__all__ = ["board", "hotspots", "suggest_group"]

COLUMNS = ("subject", "detail", "label")


def read_labelled(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Read a CSV with the columns subject, detail, label; return texts and labels, rows without a label left out."""
    csv.field_size_limit(10_000_000)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise UserError(
                    f"{path.name}: 缺少列 {', '.join(missing)}。",
                    hint="第一行须有 subject, detail, label 三列。",
                )
            rows = [row for row in reader if (row["label"] or "").strip()]
    except (UnicodeDecodeError, csv.Error) as fault:
        raise UserError(f"{path.name}: 不是 UTF-8 文本。", hint="请另存为 UTF-8 编码的 CSV。") from fault
    except OSError as fault:
        raise UserError(f"{path.name}: 打不开：{fault.strerror}。", hint="请检查文件的读取权限。") from fault
    if not rows:
        raise UserError(f"{path.name}: 没有带标签的行。", hint="label 列须写明类别。")
    texts = [((row["subject"] or "").strip(), (row["detail"] or "").strip()) for row in rows]
    return texts, [row["label"].strip() for row in rows]


def read_choices() -> tuple[list[tuple[str, str]], list[str]]:
    """Return what dispatchers took, as texts and category names."""
    rows = Choice.objects.select_related("category").values_list(
        "case__subject", "case__detail", "category__name"
    )
    return [(subject, detail) for subject, detail, _name in rows], [name for *_texts, name in rows]


@click.group("suggest")
def suggest_group() -> None:
    """Learn which category a text belongs to, and measure how well."""


@suggest_group.command("train")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--choices", is_flag=True, help="Learn from what dispatchers took, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def train(file: Path | None, choices: bool, as_json: bool) -> None:
    """Learn from FILE: a CSV with the columns subject, detail, label."""
    from jiedao.cases.text.classifier import train as train_model  # noqa: PLC0415 (costs a second to load)

    texts, labels = read_labelled(file) if file is not None else ([], [])
    if choices:
        more_texts, more_labels = read_choices()
        texts, labels = texts + more_texts, labels + more_labels
    if len(set(labels)) < 2:
        raise UserError("至少要有两个不同的类别才能学习。", hint="请给一个 CSV 文件，或加 --choices。")
    started = datetime.now(tz=clock.TOWN_TZ)
    click.echo(f"learning from {len(texts)} texts, {len(set(labels))} labels ...", err=True)
    model = train_model(texts, labels)
    path = suggesting.model_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    suggesting.MODEL.forget()
    seconds = (datetime.now(tz=clock.TOWN_TZ) - started).total_seconds()
    answer = {"n": len(texts), "labels": len(set(labels)), "seconds": round(seconds, 1), "model": str(path)}
    click.echo(
        json.dumps(answer, ensure_ascii=False)
        if as_json
        else f"{answer['n']} texts in {seconds:.1f} s: {path}"
    )


@suggest_group.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate_file(file: Path, as_json: bool) -> None:
    """Measure the trained model on FILE: accuracy, macro-F1, a confusion table."""
    from jiedao.cases.text.evaluation import evaluate  # noqa: PLC0415 (costs a second to load)

    model = suggesting.MODEL.get()
    if model is None:
        raise UserError("还没有训练过。", hint="先运行 jiedao suggest train FILE。")
    result = evaluate(model, *read_labelled(file))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    click.echo(f"n {result['n']}  accuracy {result['accuracy']:.4f}  macro-F1 {result['macro_f1']:.4f}  "
               f"{result['ms_per_item']:.3f} ms each")  # fmt: skip
    for label, row in result["per_class"].items():
        click.echo(
            f"{label}\tprecision {row['precision']:.3f}\trecall {row['recall']:.3f}\tF1 {row['f1']:.3f}\tn {row['n']}"
        )
    labels = list(result["confusion"])
    click.echo("\t".join(["true \\ suggested", *labels]))
    for label in labels:
        click.echo("\t".join([label, *(str(result["confusion"][label].get(other, 0)) for other in labels)]))


def _messages(first: datetime, last: datetime) -> list[Message]:
    rows = Case.objects.filter(reported_at__gte=first, reported_at__lt=last).order_by("id")
    names = ("number", "source_key", "reporter_key", "subject", "detail", "reported_at", "votes_for",
             "votes_against", "lon", "lat")  # fmt: skip
    return [
        Message(
            id=(key.rpartition(":")[2] if key else number), reporter=reporter or number, subject=subject, text=detail,
            at=at, votes_for=ups, votes_against=downs, lon=lon, lat=lat,
        )
        for number, key, reporter, subject, detail, at, ups, downs, lon, lat in rows.values_list(*names)
    ]  # fmt: skip


def _matter(row: HotMatter) -> dict[str, Any]:
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
    if to_date < from_date:
        raise UserError("结束日期早于开始日期。", hint="请交换 --from 和 --to。")
    if from_date.date() < FIRST or to_date.date() > LAST:
        raise UserError(f"日期须在 {FIRST.year} 年至 {LAST.year} 年之间。", hint="请检查年份。")
    first = _midnight(from_date.date())
    found = hot_matters(_messages(first, _midnight(to_date.date() + timedelta(days=1))), top=top)
    if as_json:
        click.echo(json.dumps([_matter(row) for row in found], ensure_ascii=False))
        return
    for row in found:
        click.echo(f"{row.rank}\t{row.heat:.1f}\t{len(row.members)}\t{row.place}\t{row.title}")
    if not found:
        click.echo("no matter was reported more than once in this period", err=True)
        sys.exit(0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.TOWN_TZ)
