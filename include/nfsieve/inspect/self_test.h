// SPDX-License-Identifier: GPL-2.0-or-later
// Rules prove themselves: the payloads under a rule's `tests` are held against it when it is loaded.
#pragma once

#include "nfsieve/rules/spec.h"

#include <vector>

namespace nfsieve {

/// Matches each payload of `tests_match` and `tests_pass`, as a whole stream in the rule's direction that
/// ends behind it, against its rule; addresses and ports do not count. One error for each payload that does
/// not do what it should, at the rule's place. Compiles the tested rules: as slow as compile(). The rules are
/// known to compile.
[[nodiscard]] std::vector<RuleError> run_rule_tests(const RuleSpecs& specs);

} // namespace nfsieve
