// SPDX-License-Identifier: GPL-2.0-or-later
// The checks of one buffer of one rule, ready to be held against bytes.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/check.h"

#include <memory>
#include <span>
#include <vector>

struct pcre2_real_code_8;

namespace nfsieve {

struct PcreFree {
    void operator()(pcre2_real_code_8* code) const;
};

/// Immutable; any thread.
class CompiledChecks {
public:
    struct Step {
        Check check;
        std::unique_ptr<pcre2_real_code_8, PcreFree> pcre; ///< for PcreCheck
        std::vector<Step> inside;                          ///< for Base64Check
    };

    [[nodiscard]] std::span<const Step> steps() const { return steps_; }

private:
    friend Result<CompiledChecks> compile_checks(std::vector<Check> checks);
    std::vector<Step> steps_;
};

/// Fails where PCRE2 refuses a pattern, with its words and the position in the pattern.
[[nodiscard]] Result<CompiledChecks> compile_checks(std::vector<Check> checks);

} // namespace nfsieve
