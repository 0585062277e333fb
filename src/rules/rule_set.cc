// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/rule_set.h"

#include <algorithm>

namespace nfsieve {

bool judge_alike(const RuleSet& a, const RuleSet& b) {
    const auto alike = [](const Rule& first, const Rule& second) {
        return first.fingerprint == second.fingerprint && first.action == second.action &&
               first.order == second.order && first.log == second.log;
    };
    return a.default_action() == b.default_action() &&
           a.signatures().skips_encrypted() == b.signatures().skips_encrypted() &&
           std::ranges::equal(a.rules(), b.rules(), alike);
}

} // namespace nfsieve
