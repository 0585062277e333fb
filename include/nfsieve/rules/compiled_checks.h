// SPDX-License-Identifier: GPL-2.0-or-later
// The checks of one buffer of one rule, ready to be held against bytes.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/check.h"
#include "nfsieve/rules/regex.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace nfsieve {

/// Immutable; any thread.
class CompiledChecks {
public:
    struct Step {
        Check check;
        Regex regex;              ///< for PcreCheck
        std::vector<Step> inside; ///< for Base64Check
        std::string folded;       ///< for ContentCheck with nocase: the bytes in small letters

        /// Nothing from here on refers to a place or a variable that a step before has set: the steps up to
        /// the next such step can be decided for themselves.
        bool begins_group = true;
        /// Of a content or pcre: another occurrence may satisfy what follows where this one does not.
        bool tries_again = false;
        bool group_has_variables = false; ///< some step of this group sets or reads one
    };

    [[nodiscard]] std::span<const Step> steps() const { return steps_; }
    /// Variables of the rule are below this.
    [[nodiscard]] std::size_t variables() const { return variables_; }
    /// They begin with what the checks that were run just before these have set.
    [[nodiscard]] bool takes_variables() const { return takes_variables_; }

private:
    friend Result<CompiledChecks> compile_checks(std::vector<Check> checks, std::vector<bool>* set);
    std::vector<Step> steps_;
    std::size_t variables_ = 0;
    bool takes_variables_ = false;
};

/// Fails where PCRE2 refuses a pattern, with its words and the position in the pattern; where a variable is
/// read that no byte_extract or byte_math before it in the same list sets; where base64_decode stands behind
/// base64_data; and where there are more than 1,000 checks. `set`: variables that have a value already, from
/// checks that are always run just before these; those that these set are added.
[[nodiscard]] Result<CompiledChecks> compile_checks(std::vector<Check> checks,
                                                    std::vector<bool>* set = nullptr);

} // namespace nfsieve
