// SPDX-License-Identifier: GPL-2.0-or-later
// JSON rule files -> RuleSpecs.
#pragma once

#include "nfsieve/rules/spec.h"

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace nfsieve {

struct ReadRules {
    RuleSpecs specs;               ///< what could be read; rules with a complaint are `broken`
    std::vector<RuleError> errors; ///< every complaint, in file order
};

/// Reads rule files in this order into one list; ids are unique over all of them, and at most one may set a
/// default other than "accept". Directories, missing, empty and over-large files (64 MiB) are errors that say
/// so.
[[nodiscard]] ReadRules read_rule_files(std::span<const std::filesystem::path> files);

/// The same for one text; `file` is used in places only.
[[nodiscard]] ReadRules read_rules(std::string_view text, const std::string& file);

} // namespace nfsieve
