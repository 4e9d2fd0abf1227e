"""Suggestions: by keywords of the pack, and by a model learned from labelled messages."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jiedao.cases.text.classifier import Model
from jiedao.cases.text.evaluation import cross_validate, evaluate, score_guesses
from jiedao.cases.text.features import (
    build_vocabulary,
    find_indexes,
    hash_grams,
    mark_beginning,
    weigh_grams,
)
from jiedao.cases.text.keywords import KeywordSuggester
from jiedao.cases.text.training import compute_macro_f1, find_offset, find_sureness, train

PLACES = ["青竹小区", "望江苑", "石桥村", "东街", "柳巷", "桂花园", "北门", "松岗路", "双井", "水塔"]
CAUSES = {
    "噪音": ["半夜施工太吵睡不着", "楼下音响声音大扰民", "广场舞噪声吵闹", "空调外机轰鸣整夜"],
    "垃圾": ["垃圾堆放几天没人清运", "垃圾桶满了臭味难闻", "楼道堆满废弃垃圾", "建筑垃圾倒在路边"],
    "道路": ["路面坑洼积水难走", "井盖破损车辆颠簸", "人行道砖松动绊人", "路灯不亮晚上看不清路面"],
}


@pytest.fixture(scope="module")
def corpus() -> tuple[list[tuple[str, str]], list[str]]:
    rows = [
        ((f"{place}{cause}", f"你好，{place}{cause}，请尽快处理，已经第{n}天。"), label)
        for label, causes in CAUSES.items()
        for n, place in enumerate(PLACES)
        for cause in causes
    ]
    return [text for text, _ in rows], [label for _, label in rows]


@pytest.fixture(scope="module")
def model(corpus: tuple[list[tuple[str, str]], list[str]]) -> Model:
    return train(*corpus)


def test_words_of_a_suggestion_are_its_longest_matching_keywords() -> None:
    suggester = KeywordSuggester([("A", ["噪音", "施工噪音"]), ("B", ["施工"]), ("C", ["垃圾"])])
    suggestions = suggester.suggest("夜间施工噪音", "")
    assert [(s.label, s.words) for s in suggestions] == [("A", ["施工噪音"])]


def test_keyword_in_the_subject_weighs_more() -> None:
    suggester = KeywordSuggester([("A", ["噪音"]), ("B", ["垃圾"])])
    assert [s.label for s in suggester.suggest("垃圾", "噪音")] == ["B", "A"]


def test_keyword_of_many_categories_weighs_less() -> None:
    suggester = KeywordSuggester([("A", ["损坏", "井盖"]), ("B", ["损坏"]), ("C", ["损坏"])])
    assert suggester.suggest("井盖损坏", "")[0].label == "A"
    assert suggester.suggest("井盖损坏", "")[0].words == ["井盖", "损坏"]


def test_keywords_match_full_width_and_upper_case() -> None:
    assert KeywordSuggester([("A", ["KTV"])]).suggest("ｋｔｖ太吵", "")[0].words == ["KTV"]


@pytest.mark.parametrize("categories", [[], [("A", [])], [("A", ["，"])], [("A", ["路灯"])]])
def test_a_text_without_keywords_gets_no_suggestion(categories: list[tuple[str, list[str]]]) -> None:
    assert KeywordSuggester(categories).suggest("楼上漏水", "请处理") == []


def test_model_suggests_the_label_it_learned(model: Model) -> None:
    best = model.suggest("花果山小区楼下音响扰民", "每晚声音很大，吵得睡不着")
    assert best[0].label == "噪音"
    assert len(best) == 3
    assert sum(s.confidence for s in best) == pytest.approx(1)
    assert [s.confidence for s in best] == sorted((s.confidence for s in best), reverse=True)


def test_words_are_fragments_of_the_text(model: Model) -> None:
    text = "楼道垃圾没人清运臭味难闻"
    words = model.suggest(text, "")[0].words
    assert words
    assert len(words) <= 4
    assert all(len(word) > 1 and word in text for word in words)
    assert any("垃圾" in word for word in words)


@pytest.mark.parametrize(
    "text", [("", ""), ("。", "，"), ("a", ""), ("𠮷", "😀"), ("路" * 100_000, "灯" * 100_000)]
)
def test_any_text_gets_an_answer(model: Model, text: tuple[str, str]) -> None:
    assert len(model.suggest(*text)) == 3


def test_a_saved_model_is_loaded_unchanged(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    again = Model.load(path)
    assert again.labels == model.labels
    assert again.meta == model.meta
    assert again.suggest("垃圾没人管", "臭") == model.suggest("垃圾没人管", "臭")
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_a_model_file_contains_no_pickle(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    with np.load(path, allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= {"u", "f"}
        assert json.loads(file["about"].tobytes())["labels"] == model.labels


def test_load_refuses_a_file_that_is_no_model(tmp_path: Path) -> None:
    text, empty, other = tmp_path / "a.npz", tmp_path / "b.npz", tmp_path / "c.npz"
    text.write_text("no model")
    with zipfile.ZipFile(empty, "w") as file:
        file.writestr("x", "y")
    np.savez(other, about=np.frombuffer(b'{"format": 99}', np.uint8))
    for path in (text, empty, other):
        with pytest.raises(ValueError, match="model file"):
            Model.load(path)
    with pytest.raises(FileNotFoundError):
        Model.load(tmp_path / "absent.npz")


def test_load_refuses_arrays_that_do_not_fit(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["whole"] = arrays["whole"][:-1]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="damaged"):
        Model.load(path)


def test_training_needs_two_labels_and_equal_lengths() -> None:
    with pytest.raises(ValueError, match="two labels"):
        train([("a", "b")], ["x"])
    with pytest.raises(ValueError, match="1 labels"):
        train([("a", "b"), ("c", "d")], ["x"])


def test_two_messages_are_enough_to_train() -> None:
    model = train([("路灯坏了", ""), ("垃圾太臭", "")], ["灯", "垃圾"])
    assert model.predict([("垃圾", ""), ("灯坏", "")]) == ["垃圾", "灯"]


def test_same_messages_give_the_same_model(
    corpus: tuple[list[tuple[str, str]], list[str]], model: Model
) -> None:
    again = train(*corpus)
    assert np.array_equal(again.whole, model.whole)
    assert np.array_equal(again.offset, model.offset)


def test_suggesting_loads_neither_scikit_learn_nor_scipy(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    code = (
        "import sys; from jiedao.cases.text.classifier import Model; "
        f"Model.load({str(path)!r}).suggest('垃圾', ''); print('sklearn' in sys.modules or 'scipy' in sys.modules)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "False"
    )


def test_evaluation_counts_by_label() -> None:
    result = score_guesses(["a", "a", "b", ""], ["a", "b", "b", "b"])
    assert result["n"] == 4
    assert result["accuracy"] == 0.5
    assert result["confusion"] == {"a": {"a": 1}, "b": {"a": 1, "b": 1, "": 1}}
    assert result["per_class"]["a"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "n": 1}
    assert result["per_class"]["b"]["f1"] == pytest.approx(0.5)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 0.5) / 2)


def test_evaluate_takes_any_suggester(corpus: tuple[list[tuple[str, str]], list[str]]) -> None:
    suggester = KeywordSuggester([("噪音", ["吵", "噪", "音响"]), ("垃圾", ["垃圾"]), ("道路", ["路", "砖"])])
    result = evaluate(suggester, *corpus)
    assert result["n"] == 120
    assert result["ms_per_item"] >= 0
    assert "" in result["confusion"]["噪音"]


def test_cross_validation_keeps_groups_together(corpus: tuple[list[tuple[str, str]], list[str]]) -> None:
    texts, labels = corpus
    causes = [subject.removeprefix(PLACES[i // 4 % 10]) for i, (subject, _) in enumerate(texts)]
    groups = [sorted(set(causes)).index(cause) for cause in causes]
    result = cross_validate(texts, labels, groups=groups, folds=2)
    assert len(result["folds"]) == 2
    assert result["n"] == 120
    assert result["macro_f1"] < 1  # a cause never seen in training cannot all be guessed


def test_the_hash_of_a_gram_does_not_depend_on_its_position() -> None:
    assert set(hash_grams("路灯坏").tolist()) <= set(hash_grams("请修路灯坏了").tolist())
    assert len(set(hash_grams("路灯坏了").tolist())) == 9
    assert len(hash_grams("")) == 0


def test_beginning_marks_the_grams_of_a_prefix() -> None:
    text = "路灯坏了请修"
    assert sorted(hash_grams(text)[mark_beginning(6, 3)].tolist()) == sorted(hash_grams(text[:3]).tolist())
    assert not mark_beginning(6, 0).any()


def test_vocabulary_counts_texts_not_occurrences() -> None:
    hashes, counts = build_vocabulary(["灯灯灯", "灯", "路"], least=1)
    lamp = find_indexes(hashes, hash_grams("灯"))[0]
    assert counts[lamp] == 2
    assert find_indexes(hashes, hash_grams("桥"))[0] == -1


def test_weights_have_length_one_and_repeats_share() -> None:
    shares = weigh_grams(np.array([3, 5, 3]), np.ones(6, np.float32))
    assert shares[0] == shares[2]
    assert (shares[0] + shares[2]) ** 2 + shares[1] ** 2 == pytest.approx(1)


def test_offset_never_lowers_the_macro_f1_it_was_found_on() -> None:
    rng = np.random.default_rng(1)
    target = rng.integers(0, 3, 300)
    margins = rng.normal(size=(300, 3)) + 1.5 * np.eye(3)[target] + np.array([0.8, 0, -0.8])
    assert compute_macro_f1(margins + find_offset(margins, target), target) > compute_macro_f1(
        margins, target
    )


def test_sureness_is_low_where_margins_mislead() -> None:
    target = np.array([0, 1] * 50)
    right = np.where(np.eye(2)[target] > 0, 1.0, -1.0)
    misled = right.copy()
    misled[:40] *= -1
    assert find_sureness(misled, target) < find_sureness(right, target)
