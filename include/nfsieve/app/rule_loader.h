// SPDX-License-Identifier: GPL-2.0-or-later
// From rule files to a rule set that may be put in force: the one path that `check`, `run`, `replay` and
// every reload take.
#pragma once

#include "nfsieve/rules/rule_set.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace nfsieve {

/// A rule set, or why there is none.
struct LoadedRules {
    std::shared_ptr<const RuleSet> rules; ///< null where `errors` is not empty
    std::vector<RuleError> errors;        ///< every complaint, in the order of the files and their lines
    std::size_t loaded = 0;               ///< rules without a complaint
    std::size_t refused = 0;              ///< rules with one or more
};

/// Reads and compiles the files and runs the rules' own tests. No file at all is an error too. Slow; any
/// thread.
[[nodiscard]] LoadedRules load_rules(std::span<const std::filesystem::path> files);

/// Orders complaints by the position of their file in `files`, then by line and column.
void sort_errors(std::vector<RuleError>& errors, std::span<const std::filesystem::path> files);

/// How many rules the complaints name, each once.
[[nodiscard]] std::size_t count_refused(std::span<const RuleError> errors);

} // namespace nfsieve
