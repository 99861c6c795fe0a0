"""`check_data` tells all and raises nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bayes_alliance.data.check import check_data
from bayes_alliance.data.survey import survey

Table = Callable[..., Path]

ROWS = (
    "study;r;n;scale;rater;year;note",
    "A;0,21;30;task;client;2001;",
    "A;0,10;30;bond;client;2001;",
    "A;0,15;28;goal;;2001;",
    "B;n.s.;50;task;therapist;;",
    "C;0,40;61;total;client;2015;",
)
COLUMNS = {"sample": "study", "subscale": "scale"}


def test_numbers_of_a_table(table: Table) -> None:
    check = check_data(table(*ROWS), COLUMNS)
    assert check.ok
    assert check.effects is not None
    found = survey(check.effects)
    assert found["effects"] == 5
    assert found["samples"] == 3
    assert found["participants"] == 30 + 50 + 61
    assert found["effects_per_sample"] == {"minimum": 1, "median": 1.0, "maximum": 3}
    assert found["not_significant"] == 1
    assert list(found["scales"].items()) == [("task", 2), ("goal", 1), ("bond", 1), ("total", 1)]
    rater, year, note = found["moderators"]
    assert rater == {
        "name": "rater",
        "kind": "categorical",
        "missing": 1,
        "levels": {"client": 3, "therapist": 1},
    }
    assert (year["kind"], year["missing"], year["minimum"], year["maximum"]) == (
        "numeric",
        1,
        2001.0,
        2015.0,
    )
    assert note["kind"] == "empty"
    assert dict(check.columns) == {"sample": "study", "r": "r", "n": "n"}
    assert dict(check.features) == {
        "format": "text",
        "separator": "semicolon",
        "encoding": "UTF-8",
        "decimal mark": "comma",
    }


def test_text(table: Table) -> None:
    text = check_data(table(*ROWS), COLUMNS).text
    assert max(len(line) for line in text.splitlines()) <= 80
    for words in (
        "table.csv: 5 effect sizes in 3 samples, 141 participants",
        "Fisher's z of correlations (ZCOR)",
        "1 to 3 effect sizes, median 1",
        "separator semicolon",
        "decimal mark comma",
        "sample = study, r = r, n = n",
        "task (2), goal (1), bond (1), total (1)",
        "client (3), therapist (1); 1 missing",
        "2001 to 2015, median 2001; 1 missing",
        'only "n.s."   1',
        '- not significant: row 5, column "r", sample "B"',
        "- warning: rows 2, 3 and 4",
        "No problems.",
    ):
        assert " ".join(words.split()) in " ".join(text.split()), words


def test_text_of_a_table_with_problems(table: Table) -> None:
    check = check_data(table("sample,r,n", "A,1.2,30", "B,.2*,40"))
    assert not check.ok
    assert check.effects is None
    assert check.rows == 2
    lines = check.text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "table.csv: 2 rows read"
    assert "2 problems" in lines
    assert "No problems." not in lines


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    check = check_data(tmp_path / "nothing.csv")
    assert [p.code for p in check.problems] == ["no_file"]
    assert check.text.startswith("nothing.csv: 0 rows read")


def test_options_of_the_command_line_are_not_torn_apart() -> None:
    frame = pd.DataFrame({"study_identifier_of_the_report": ["A"], "r": [0.2], "n": [30]})
    lines = check_data(frame).text.splitlines()
    assert any("--columns sample=study_identifier_of_the_report" in line for line in lines)


def test_json(table: Table) -> None:
    good = check_data(table(*ROWS), COLUMNS).to_dict()
    assert json.loads(json.dumps(good)) == good
    assert good["ok"] is True
    assert good["table"]["participants"] == 141
    assert {n["code"] for n in good["notes"]} == {"not_significant", "n_differs"}
    assert set(good["notes"][0]) == {"kind", "what", "where", "cure", "code"}
    bad = check_data(table("sample,r,n", "A,1.2,30")).to_dict()
    assert json.loads(json.dumps(bad)) == bad
    assert bad["table"] is None
    assert bad["problems"] == [
        {
            "what": "|r| must be smaller than 1; found 1.2",
            "where": 'row 2, column "r", sample "A"',
            "cure": (
                "A correlation lies between -1 and 1 (exclusive); look for a lost decimal point, "
                "a percentage or another statistic in this column"
            ),
            "code": "r_out_of_range",
        }
    ]


def test_many_levels_and_columns_stay_readable() -> None:
    wide = pd.DataFrame({f"moderator {j}": ["x", "y"] for j in range(100)})
    frame = pd.concat([pd.DataFrame({"sample": ["A", "B"], "r": 0.2, "n": 30}), wide], axis=1)
    assert "… and 70 more columns" in check_data(frame).text
    levels = pd.DataFrame(
        {"sample": range(30), "r": 0.2, "n": 30, "doi": [f"10.{i}/x" for i in range(30)]}
    )
    assert "… and 22 more levels" in check_data(levels).text


def test_a_hundred_thousand_rows() -> None:
    k = 100_000
    frame = pd.DataFrame(
        {
            "sample": [f"S{i // 3}" for i in range(k)],
            "r": [(i % 190) / 200 for i in range(k)],
            "n": 60,
            "subscale": ["task", "goal", "bond", "total"] * (k // 4),
        }
    )
    check = check_data(frame)
    assert check.effects is not None
    assert survey(check.effects)["scales"] == dict.fromkeys(
        ("task", "goal", "bond", "total"), 25_000
    )


def test_what_is_odd_is_told_beside_what_is_wrong() -> None:
    frame = pd.DataFrame(
        {
            "sample": ["Berg 2014", "berg 2014", "Okafor 2019", "Okafor 2019"],
            "r": ["0.2", ".21*", "0.3", "0.1"],
            "n": ["80", "80", "61", "72"],
        }
    )
    found = check_data(frame)
    assert [problem.code for problem in found.problems] == ["more_than_a_number"]
    assert {note.problem.code for note in found.notes} == {"sample_spelling", "n_differs"}
