// SPDX-License-Identifier: GPL-2.0-or-later
// Compiled boolean trees.
#pragma once

#include <cstdint>
#include <vector>

namespace nfsieve {

/// What a node of a match tree demands: a pattern, or something of its children.
enum class MatchKind : std::uint8_t { pattern, all, any, not_ };

/// A node of a rule's compiled match tree. Nodes of one rule stand in one vector, node 0 is the root,
/// children stand behind their parents.
struct MatchNode {
    MatchKind kind = MatchKind::pattern;
    std::uint32_t pattern =
        0; ///< MatchKind::pattern: index into RuleSet::patterns(), or of a signature's part
    std::vector<std::uint32_t> children; ///< the others: indices into the same vector
};

} // namespace nfsieve
