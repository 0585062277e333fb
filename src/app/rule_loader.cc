// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_loader.h"

#include "file_complaint.h"
#include "nfsieve/inspect/self_test.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

namespace nfsieve {

namespace {

void append(std::vector<RuleError>& to, std::vector<RuleError>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

} // namespace

void sort_errors(std::vector<RuleError>& errors, std::span<const std::filesystem::path> files) {
    const auto position = [&](const RuleError& error) {
        const auto file = std::find(files.begin(), files.end(), std::filesystem::path(error.place.file));
        return std::tuple(file - files.begin(), error.place.line, error.place.column);
    };
    std::stable_sort(errors.begin(), errors.end(),
                     [&](const auto& a, const auto& b) { return position(a) < position(b); });
}

std::size_t count_refused(std::span<const RuleError> errors) {
    std::set<std::string> ids;
    for (const RuleError& error : errors) {
        if (!error.rule.empty())
            ids.insert(error.rule);
    }
    return ids.size();
}

LoadedRules load_rules(std::span<const std::filesystem::path> files) {
    LoadedRules loaded;
    if (files.empty()) {
        loaded.errors.push_back(file_complaint(
            "command line",
            "no rule file is named; add \"rules\": [\"FILE\"] to the configuration or give --rules FILE"));
        return loaded;
    }
    ReadRules read = read_rule_files(files);
    loaded.errors = std::move(read.errors);

    // What was read is compiled even where something else is wrong: one run shows every error.
    Compiled compiled = compile(read.specs);
    if (compiled.errors.empty())
        append(loaded.errors, run_rule_tests(read.specs));
    append(loaded.errors, std::move(compiled.errors));
    sort_errors(loaded.errors, files);

    loaded.refused = count_refused(loaded.errors);
    std::set<std::string> refused;
    for (const RuleError& error : loaded.errors)
        refused.insert(error.rule);
    loaded.loaded = static_cast<std::size_t>(
        std::count_if(read.specs.rules.begin(), read.specs.rules.end(),
                      [&](const RuleSpec& rule) { return refused.count(rule.label.id) == 0; }));
    if (loaded.errors.empty())
        loaded.rules = std::move(compiled.rules);
    return loaded;
}

} // namespace nfsieve
