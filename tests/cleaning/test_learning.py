"""Lines that recur are found, shown, and become rules only when they are accepted."""

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.learning import learn, with_rules
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.model import RawFile

RULES = load_rules()
PARAGRAPH = "作风连着民心，一刻也松不得，要一抓到底。" * 30


def files(count: int) -> list[RawFile]:
    return [
        RawFile(
            path=f"{n}.txt",
            encoding="utf-8",
            lines=(
                f"梧桐树下好稿第{n}期",
                f"在第{n}次全县作风建设推进会上的讲话"[: 6 + n],
                "同志们：",
                f"第{n}件事。" + PARAGRAPH,
                "一、强化责任意识",
                PARAGRAPH,
                "谢谢大家！",
                "梧桐树下，年年有好稿",
            ),
        )
        for n in range(1, count + 1)
    ]


def test_what_recurs_at_head_and_tail_is_found():
    found = {line.examples[0][2]: line for line in learn(files(4), RULES)}
    assert set(found) == {"梧桐树下好稿第1期", "梧桐树下，年年有好稿"}
    head = found["梧桐树下好稿第1期"]
    assert (head.files, head.count, "head" in head.regions) == (4, 4, True)
    assert head.examples[1] == ("2.txt", 1, "梧桐树下好稿第2期")
    assert learn(files(2), RULES) == []


def test_what_recurs_a_page_apart_is_found():
    lines = [part for _ in range(4) for part in (PARAGRAPH, "梧桐内刊第7期")]
    front = [f"{PARAGRAPH}这是第{n}点。" for n in range(12)]
    file = RawFile(path="a.txt", encoding="utf-8", lines=(*front, *lines, *front))
    assert [line.regions for line in learn([file], RULES)] == [("page",)]


def test_what_is_accepted_becomes_a_rule(tmp_path):
    """The rules of the package stay, nothing is added twice, and the lines go."""
    found = learn(files(4), RULES)
    own = tmp_path / "watermarks.toml"
    own.write_text(with_rules(None, found), "utf-8")
    rules = load_rules(own)
    assert [rule.name for rule in rules.rules][: len(RULES.rules)] == [r.name for r in RULES.rules]
    assert len(rules.rules) == len(RULES.rules) + 2
    assert with_rules(own.read_text("utf-8"), found) == own.read_text("utf-8")
    text = clean(files(9)[-1], rules)
    assert [removal.line for removal in text.removals] == [1, 8]
    assert clean(files(9)[-1], RULES).removals == ()
