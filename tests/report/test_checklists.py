"""Every item is derived: what is taken away turns its items, and no others, to not done."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest
from checklist_cases import KINDS, OF_CHAINS, REMOVALS, answered, fit, full
from made_fits import made_effects, not_significant, scattered

from bayes_alliance.analysis.verbs.checklists import ChecklistVerbs
from bayes_alliance.checks.result import CheckResult, not_applicable
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.checklists.barg import QUESTIONS as BARG
from bayes_alliance.report.checklists.commands import sensitivity_command
from bayes_alliance.report.checklists.item import Item
from bayes_alliance.report.checklists.limits import limits
from bayes_alliance.report.checklists.mars import QUESTIONS as MARS
from bayes_alliance.report.checklists.not_done import not_done
from bayes_alliance.report.checklists.prisma import QUESTIONS as PRISMA
from bayes_alliance.report.checklists.provenance import provenance
from bayes_alliance.report.checklists.told import ONLY_AUTHORS, SECTIONS
from bayes_alliance.report.checklists.wambs import QUESTIONS as WAMBS
from bayes_alliance.report.material import Material
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification

ITEMS = [
    (name, question.number)
    for name, questions in (
        ("BARG", BARG), ("WAMBS", WAMBS), ("JARS-MARS", MARS), ("PRISMA 2020", PRISMA),
    )
    for question in questions
]  # fmt: skip


@pytest.fixture(scope="module")
def material() -> Material:
    return full()


@pytest.fixture(scope="module")
def before(material: Material) -> dict[tuple[str, str], bool | None]:
    return answered(material)


def item_of(material: Material, standard: str, number: str) -> Item:
    (found,) = [
        item
        for one in checklists(material)
        if one.name == standard
        for item in one.items
        if item.number == number
    ]
    return found


def with_chains(material: Material) -> Material:
    """The same draws, from a sampler."""
    tree = material.fitted.posterior.tree.copy()
    tree["sample_stats"] = tree["posterior"].dataset[["tau_effect"]]
    posterior = replace(material.fitted.posterior, tree=tree)
    fitted = replace(material.fitted, posterior=posterior)
    return replace(material, fitted=fitted, checks=OF_CHAINS)


@pytest.mark.parametrize("what", list(REMOVALS))
def test_what_is_taken_away_turns_its_items_and_no_others(
    what: str, material: Material, before: dict[tuple[str, str], bool | None]
) -> None:
    take, expected = REMOVALS[what]
    after = answered(take(material))
    assert {item for item in before if before[item] is True and after[item] is not True} == expected
    assert {item for item in before if before[item] is not True and after[item] is True} == set()


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item[0]} {item[1]}")
def test_no_item_is_asserted(
    item: tuple[str, str], before: dict[tuple[str, str], bool | None]
) -> None:
    assert before[item] is not True or any(item in turned for _, turned in REMOVALS.values())


def test_full_material_leaves_nothing_undone(before: dict[tuple[str, str], bool | None]) -> None:
    assert [item for item, done in before.items() if done is False] == []
    assert set(ITEMS) == set(before)


def test_what_is_neither_done_nor_undone_says_why(material: Material) -> None:
    for one in checklists(material):
        for item in one.items:
            assert item.done is not None or (
                ONLY_AUTHORS in item.says
                or item.says.startswith(("Does not apply", "Not applicable"))
            )


def test_items_point_to_sections_that_there_are(material: Material) -> None:
    for one in checklists(material):
        for item in one.items:
            assert item.where in {"", *SECTIONS}
            assert item.where or item.done is not True
            assert "\n" not in item.says
            assert "  " not in item.says


def test_chains_are_judged_by_their_own_checks(material: Material) -> None:
    sampled = with_chains(material)
    assert item_of(material, "BARG", "2.B").done is None
    assert "1.0e-09" in item_of(material, "BARG", "2.B").says
    assert item_of(sampled, "BARG", "2.B").says == "R-hat is at most 1.002."
    assert item_of(sampled, "BARG", "2.C").done is True
    assert item_of(sampled, "BARG", "2.D").done is None
    # 300 of the 400 draws.
    assert "75 % of the 400 draws" in item_of(sampled, "WAMBS", "5").says
    doubled = item_of(sampled, "WAMBS", "3")
    assert doubled.done is False
    assert "--draws 4000 --set run.tune=2000" in doubled.says


@pytest.mark.parametrize("checks", [(), (not_applicable("R-hat", "there is one chain"),)])
def test_chains_that_were_not_compared_are_not_done(
    checks: tuple[CheckResult, ...], material: Material
) -> None:
    sampled = replace(with_chains(material), checks=checks)
    assert item_of(sampled, "BARG", "2.B").done is False
    assert item_of(sampled, "WAMBS", "2").done is False


def test_a_failed_check_is_told_and_first_among_the_limits(material: Material) -> None:
    wrong = CheckResult("posterior predictive", False, "It does not.", OF_CHAINS[0].table)
    found = replace(material, checks=(*material.checks[:-1], wrong))
    assert item_of(found, "BARG", "3.A").says == "FAILED: It does not."
    assert limits(found)[0] == "1 check failed: posterior predictive: It does not."


def test_chains_that_disagree_are_no_evidence(material: Material) -> None:
    wrong = CheckResult("R-hat", False, "R-hat reaches 1.2.", OF_CHAINS[0].table)
    found = replace(with_chains(material), checks=(wrong, *OF_CHAINS[1:]))
    assert item_of(found, "BARG", "2.B") == replace(
        item_of(found, "BARG", "2.B"), done=False, says="FAILED: R-hat reaches 1.2."
    )


def test_what_needs_exact_fits_is_not_offered_where_there_are_none(material: Material) -> None:
    heavy = Specification().with_changes({"heterogeneity": {"distribution": "student_t"}})
    design = compile_design(material.fitted.effects, heavy)
    fitted = replace(material.fitted, design=design)
    found = replace(material, fitted=fitted, variations={})
    assert not any("--what" in line for line in (*not_done(found), *limits(found)))
    assert "the exact engine declines" in item_of(found, "BARG", "5.A").says


def test_prior_probability_that_makes_evidence_decisive(material: Material) -> None:
    # A Bayes factor of 1 leaves .95 at .95; one of 19 needs even odds.
    assert "task != bond: .95" in item_of(material, "BARG", "4.D").says
    record = {**material.variations["evidence"].record}
    record["rows"] = [{"label": "x", "answers": {"h1": "x", "log_bf10": 2.9444389791664403}}]
    found = replace(material.variations["evidence"], record=record)
    other = replace(material, variations={"evidence": found})
    assert "x: .50" in item_of(other, "BARG", "4.D").says


def test_priors_of_tau_among_others_are_counted(material: Material) -> None:
    assert item_of(material, "WAMBS", "7").says.startswith("1 other choice of priors")
    assert "None of the 1" in item_of(material, "WAMBS", "7").says
    assert "under 1 of the 2" in item_of(material, "BARG", "5.E").says


def test_what_was_declined_is_not_done_and_says_why(material: Material) -> None:
    declined = dict.fromkeys(KINDS, "the exact engine declines: a t.")
    found = replace(material, variations={}, declined=declined)
    for standard, number in (("BARG", "5.A"), ("PRISMA 2020", "13f"), ("PRISMA 2020", "14")):
        item = item_of(found, standard, number)
        assert item.done is False
        assert item.says.endswith("the exact engine declines: a t.")
    assert sum("the exact engine declines: a t." in line for line in not_done(found)) == len(KINDS)


def test_what_was_not_done_has_its_command(material: Material) -> None:
    assert [line for line in not_done(material) if "sensitivity" in line] == []
    for what in KINDS:
        kept = {name: v for name, v in material.variations.items() if name != what}
        (line,) = [x for x in not_done(replace(material, variations=kept)) if "--what" in x]
        assert line.endswith(
            f"bayes-alliance sensitivity table.csv --model scales.toml --what {what}"
        )


def test_commands_take_over_what_both_know(material: Material) -> None:
    command = (
        "bayes-alliance fit 'my table.csv' --model m.toml --engine nuts --set priors.rho.a=3 "
        "--draws=500 --seed 7 --columns r=ri --out x --strict --moderator year"
    )
    words = shlex.split(sensitivity_command(replace(material, command=command), "bias"))
    assert words == [
        "bayes-alliance", "sensitivity", "my table.csv", "--model", "m.toml", "--set",
        "priors.rho.a=3", "--set", "run.seed=7", "--columns", "r=ri", "--moderator", "year",
        "--what", "bias",
    ]  # fmt: skip


def test_commands_quote_hostile_names() -> None:
    found = scattered(made_effects(["a", "b"], name="x; rm -rf $HOME"))
    material = Material(found.fitted, found.answers, (), found.twin)
    words = shlex.split(sensitivity_command(material, "priors"))
    assert words[2] == "x; rm -rf $HOME"


def limits_of(effects: object, specification: Specification | None = None) -> str:
    found = scattered(effects, specification)
    return " ".join(limits(Material(found.fitted, found.answers, (), found.twin)))


def test_limits_follow_from_the_fit() -> None:
    few = limits_of(made_effects(["a", "b", "c"], synthetic=True, notice="Simulated."))
    assert few.startswith("Simulated. The data are simulated")
    assert "3 samples: with so few the priors on tau" in few
    assert "tau_sample and tau_effect are not identified apart" in few
    many = limits_of(made_effects(list("aabbccddeeff")))
    assert "with so few" not in many
    assert "not identified apart" not in many
    assert "6 samples with several effect sizes" in many


def test_limits_of_results_without_a_number() -> None:
    table = not_significant(made_effects(list("aabbccddeeff")), [0, 3])
    told = {
        how: limits_of(table, Specification().with_changes({"effect.not_significant": how}))
        for how in ("leave_out", "zero")
    }
    assert "2 correlations printed only as not significant are not missing" in told["leave_out"]
    assert "inflates the mean" in told["leave_out"]
    assert "set to 0" in told["zero"]


def test_limits_of_scales_and_of_small_moderators(material: Material) -> None:
    assert "no benchmark by scale for therapy face to face" in " ".join(limits(material))
    assert "What design changes." in limits(material)
    without = replace(material, variations={})
    assert any("--what design" in line for line in limits(without))


def test_limits_name_what_the_prior_decides(material: Material) -> None:
    table = OF_CHAINS[0].table.assign(parameter="tau_effect", learned=False)
    remark = CheckResult("tau learned from data", None, "Hardly.", table)
    found = limits(replace(material, checks=(*material.checks, remark)))
    assert any(line.startswith("The data say little about tau_effect") for line in found)


def test_provenance_is_what_is_stored(material: Material) -> None:
    found = dict(provenance(material))
    assert found["SHA-256 of the data"] == "0" * 64
    assert found["SHA-256 of the specification"] == material.fitted.specification.sha256
    assert (found["Seed"], found["Python"], found["Platform"]) == ("4", "3.12.1", "Linux x86_64")
    assert found["Command"] == material.command
    assert "Date" not in found
    assert found == dict(provenance(full()))


def test_numbers_are_those_of_the_answers(material: Material) -> None:
    says = item_of(material, "PRISMA 2020", "20b").says
    for c in material.answers.coefficients:
        assert c.r is not None
        assert c.r.centre is not None
        written = re.search(rf"{c.name} r = (-?)(\.\d\d) ", says)
        assert written
        assert float(written[1] + written[2]) == pytest.approx(c.r.centre, abs=0.0051)


def test_frame_and_verbs() -> None:
    class Asked(ChecklistVerbs):
        def __init__(self) -> None:
            made = fit()
            self.fitted, self._fit = made.fitted, made

        answers = property(lambda self: self._fit.answers)
        checks = ()
        twin = property(lambda self: self._fit.twin)

    asked = Asked()
    frame = asked.checklists(full().variations.values())
    assert frame.columns.tolist() == ["standard", "number", "asks", "done", "says", "where"]
    assert len(frame) == len(ITEMS)
    done = frame.set_index(["standard", "number"])["done"]
    assert done["PRISMA 2020", "14"] is True
    assert done["BARG", "6.B"] is False
    assert done["PRISMA 2020", "15"] is None
    assert asked.limits()
    assert any("--what bias" in line for line in asked.not_done())
