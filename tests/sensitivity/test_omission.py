"""Leaving samples out: the public table against refits, for exact and for sampled fits."""

import numpy as np
import pytest

import bayes_alliance as ba

SHORT = {"run.draws": 200, "run.tune": 200, "run.chains": 2}


def test_each_row_is_the_fit_without_the_sample():
    effects = ba.load("konstantopoulos2011")
    fit = ba.fit(effects, "schools", changes=SHORT)
    table = ba.leave_one_out(fit)
    assert list(table.index) == list(effects.samples)
    for sample in ("71", "11"):
        kept = effects.keep((effects.frame["sample"] != sample).to_numpy())
        refit = ba.fit(kept, "schools", changes=SHORT)
        marginals = {
            "overall": refit.posterior.linear(np.ones(1)),
            "tau_sample": refit.posterior.tau("sample"),
            "tau_effect": refit.posterior.tau("effect"),
        }
        for name, marginal in marginals.items():
            got = table.loc[sample]
            limits = marginal.interval()
            want = [marginal.mean, marginal.sd, *limits]
            columns = [name, f"{name}_sd", f"{name}_lower", f"{name}_upper"]
            np.testing.assert_allclose(got[columns].to_numpy(float), want, atol=1e-6)
        full, without = (f.posterior.log_marginal_likelihood for f in (fit, refit))
        assert table.loc[sample, "elpd"] == pytest.approx(full - without, abs=1e-6)


def test_a_sampled_fit_gets_the_same_exact_table():
    exact = ba.fit("molloy2014", "two_level", changes=SHORT)
    sampled = ba.fit("molloy2014", "two_level", changes=SHORT, engine="nuts", progress=False)
    np.testing.assert_allclose(ba.leave_one_out(exact), ba.leave_one_out(sampled), atol=1e-9)


def test_what_cannot_be_left_out_is_told():
    effects = ba.load("konstantopoulos2011")
    one = effects.keep((effects.frame["sample"] == "71").to_numpy())
    with pytest.raises(ba.InputError, match="one sample only"):
        ba.leave_one_out(ba.fit(one, "schools", changes=SHORT))
