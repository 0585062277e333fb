// SPDX-License-Identifier: GPL-2.0-or-later
// The transforms of one buffer of one rule, ready to be applied.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/buffer.h"
#include "nfsieve/rules/regex.h"

#include <span>
#include <vector>

namespace nfsieve {

/// Immutable; any thread.
class CompiledTransforms {
public:
    struct Step {
        Transform transform;
        Regex regex; ///< for pcrexform
    };

    [[nodiscard]] std::span<const Step> steps() const { return steps_; }
    [[nodiscard]] bool empty() const { return steps_.empty(); }

private:
    friend Result<CompiledTransforms> compile_transforms(std::span<const Transform> transforms);
    std::vector<Step> steps_;
};

/// Fails where PCRE2 refuses the pattern of a pcrexform or it has not exactly one capture (as in Suricata),
/// where the key of an xor is empty, and for `domain`, which is not there.
[[nodiscard]] Result<CompiledTransforms> compile_transforms(std::span<const Transform> transforms);

} // namespace nfsieve
