// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/check_runner.h"

#include "check_search.h"

namespace nfsieve {

struct CheckRunner::State {
    RegexSearch regexes;
    Limits limits;
    std::vector<std::uint64_t> variables;
    SearchScratch outer, inner;
    std::int64_t spent = 0;
};

CheckRunner::CheckRunner() : state_(std::make_unique<State>()) {}
CheckRunner::~CheckRunner() = default;

Checked CheckRunner::run(const CompiledChecks& checks, BufferBytes buffer) {
    State& state = *state_;
    if (!checks.takes_variables())
        state.variables.clear();
    state.variables.resize(checks.variables(), 0);
    SearchWork work{state.regexes, state.limits, state.variables, step_limit, regex_step_limit, false};
    const Outcome outcome = CheckSearch(checks.steps(), buffer, state.outer, &state.inner, work).run();
    state.spent = step_limit - work.steps + regex_step_limit - work.regex_steps;
    return {outcome.answer,
            outcome.answer == Answer::yes ? static_cast<std::uint64_t>(outcome.end) : std::uint64_t{0}};
}

const CheckRunner::Limits& CheckRunner::limits() const {
    return state_->limits;
}

std::int64_t CheckRunner::spent() const {
    return state_->spent;
}

} // namespace nfsieve
