// SPDX-License-Identifier: GPL-2.0-or-later
// What can be said of a match tree without a stream.
#pragma once

#include "nfsieve/rules/rule_set.h"

namespace nfsieve {

/// The same tree in fewer nodes: lists of one and lists within a list of the same kind are dissolved, and so
/// is a "not" of a "not".
[[nodiscard]] MatchSpec simplified(MatchSpec match);

/// True where the tree holds while no pattern has been found.
[[nodiscard]] bool true_of_nothing(const MatchSpec& match);

/// The greatest of `last_offsets` (by pattern) among patterns whose finding can make the tree true.
[[nodiscard]] std::uint64_t last_offset_of(std::span<const MatchNode> nodes,
                                           std::span<const std::uint64_t> last_offsets);

/// What identifies a pattern: equal texts for equal patterns. A literal's case is normalised.
[[nodiscard]] std::string identity(const PatternSpec& pattern);

/// The pattern with the case of a case-blind literal normalised.
[[nodiscard]] PatternSpec normalised(PatternSpec pattern);

/// Rule::fingerprint.
[[nodiscard]] std::uint64_t fingerprint_of(const RuleSpec& rule, const std::optional<MatchSpec>& match);

} // namespace nfsieve
