// SPDX-License-Identifier: GPL-2.0-or-later
// Complaints about rule files.
#pragma once

#include "nfsieve/base/rule_label.h"

#include <string>

namespace nfsieve {

/// One complaint about a rule file.
struct RuleError {
    Place place;
    std::string rule;    ///< the rule's id, empty where it is not known
    std::string message; ///< what is wrong and what would be right
    /// "file:line:column: rule ID: message"
    [[nodiscard]] std::string to_string() const;
};

} // namespace nfsieve
