// SPDX-License-Identifier: GPL-2.0-or-later
// JSON rules about named buffers -> SignatureSpecs.
#pragma once

#include "nfsieve/rules/spec.h"

#include <vector>

namespace nfsieve {

/// Some pattern of the tree looks at another buffer than plain payload.
[[nodiscard]] bool names_buffers(const MatchSpec& match);

/// The rule as a signature. `match` is its simplified tree. What cannot be said so goes to `errors`.
[[nodiscard]] SignatureSpec signature_of(const RuleSpec& rule, const MatchSpec& match,
                                         std::vector<RuleError>& errors);

} // namespace nfsieve
