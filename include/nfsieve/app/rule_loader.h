// SPDX-License-Identifier: GPL-2.0-or-later
// From rule files to a rule set that may be put in force: the one path that `check`, `run`, `replay` and
// every reload take.
#pragma once

#include "nfsieve/rules/rule_set.h"
#include "nfsieve/rules/suricata_reader.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nfsieve {

/// What the configuration says about rules.
struct RuleOptions {
    SuricataOptions suricata;    ///< its variables go before the usual ones
    bool skip_bad = false;       ///< a broken rule is left out, and the others are loaded
    std::filesystem::path cache; ///< folder of compiled databases; empty: none
};

/// A rule set, or why there is none.
struct LoadedRules {
    std::shared_ptr<const RuleSet> rules; ///< null where `errors` is not empty
    std::vector<RuleError> errors;        ///< every complaint, in the order of the files and their lines
    std::vector<RuleError> skipped;       ///< with skip_bad: complaints about rules that are not in `rules`
    std::size_t loaded = 0;               ///< rules without a complaint
    std::size_t refused = 0;              ///< rules with one or more, skipped ones too
    OutOfScope out_of_scope;              ///< rules about other protocols, by protocol
    std::size_t disabled = 0;             ///< Suricata rules behind "#"
    std::size_t packet_bound = 0;   ///< Suricata rules that are held against packets as well as the stream
    std::size_t turned_to_drop = 0; ///< alert rules that were chosen to drop
    std::size_t from_cache = 0;     ///< databases that need not be compiled
    std::string warning;            ///< what does not keep the rules from being loaded; empty: nothing
};

/// Reads and compiles the files and runs the rules' own tests. Files named *.rules hold Suricata rules, all
/// others JSON. No file at all is an error too. Slow; any thread.
[[nodiscard]] LoadedRules load_rules(std::span<const std::filesystem::path> files,
                                     const RuleOptions& options = {});

/// Orders complaints by the position of their file in `files`, then by line and column.
void sort_errors(std::vector<RuleError>& errors, std::span<const std::filesystem::path> files);

/// How many rules the complaints name, each once.
[[nodiscard]] std::size_t count_refused(std::span<const RuleError> errors);

} // namespace nfsieve
