// SPDX-License-Identifier: GPL-2.0-or-later
// What `nfsieve check` has to say, as words and as JSON.
#pragma once

#include "nfsieve/app/done_report.h"
#include "nfsieve/rules/spec.h"
#include "nfsieve/rules/suricata_reader.h"

#include <cstddef>
#include <string>
#include <vector>

namespace nfsieve {

struct CheckReport {
    std::size_t files = 0;   ///< rule files named
    std::size_t loaded = 0;  ///< rules that are right
    std::size_t refused = 0; ///< rules that are not
    OutOfScope out_of_scope; ///< rules that are about something nfsieve does not do, by protocol
    std::size_t disabled = 0, packet_bound = 0, turned_to_drop = 0; ///< as LoadedRules has them
    std::size_t patterns = 0;    ///< distinct patterns in the compiled set; 0 where there is none
    std::size_t groups = 0;      ///< databases in the compiled set
    std::vector<DonePorts> done; ///< when flows are done, by ports; empty where there is no compiled set
    Action default_action = Action::accept;
    std::vector<RuleError> errors;
    std::string warning;            ///< as LoadedRules has it
    std::vector<RuleError> skipped; ///< complaints that do not refuse the set ("on_bad_rule": "skip")
};

/// One line, e.g. "2 rule files: 31 rules loaded, 0 refused, 0 out of scope; 44 patterns in 6 groups", and
/// one more for what is to be known of Suricata rules, where there is something. Then a line for each kind of
/// ports: when connections to them are done and left to the kernel.
[[nodiscard]] std::string to_text(const CheckReport& report);

/// One object: loaded, refused, out_of_scope, errors [{file, line, column, rule, message}], and files,
/// patterns, groups, disabled, packet_bound, turned_to_drop, out_of_scope_by_protocol, done [{ports, when,
/// keepers}], skipped (as errors), warning (null: none). `rule` is null where a complaint is about no rule in
/// particular.
[[nodiscard]] std::string to_json(const CheckReport& report);

} // namespace nfsieve
