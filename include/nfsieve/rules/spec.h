// SPDX-License-Identifier: GPL-2.0-or-later
// Rules as plain data: what the front ends (JSON, Suricata text) yield and the compiler takes.
#pragma once

#include "nfsieve/base/rule_label.h"
#include "nfsieve/rules/action.h"
#include "nfsieve/rules/endpoint.h"
#include "nfsieve/rules/match_node.h"
#include "nfsieve/rules/rule_error.h"
#include "nfsieve/rules/signature.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve {

/// Whose bytes a rule reads.
enum class RuleDirection : std::uint8_t { to_server, to_client, both };

/// One thing to look for in a buffer.
struct PatternSpec {
    enum class Kind : std::uint8_t { literal, regex };
    Kind kind = Kind::literal;
    std::string text;      ///< literal: the bytes themselves; regex: PCRE syntax
    bool nocase = false;   ///< ASCII letters match in either case
    bool at_start = false; ///< literal only: must begin where the search window begins (starts_with, equals)
    bool at_end = false;   ///< literal only: must end where the buffer ends (equals, ends_with, domain); of
                           ///< payload that is the stream, and decided at FIN
    std::uint64_t offset = 0;           ///< the match begins at or after this byte of the stream
    std::optional<std::uint64_t> depth; ///< the match ends at or before offset + depth
    BufferView view;                    ///< where to look; plain payload unless said otherwise
    Place place;
    bool operator==(const PatternSpec& other) const {
        return kind == other.kind && view == other.view && text == other.text && nocase == other.nocase &&
               at_start == other.at_start && at_end == other.at_end && offset == other.offset &&
               depth == other.depth;
    }
};

/// A boolean tree over patterns. `not_` has one child.
struct MatchSpec {
    using Kind = MatchKind;
    Kind kind = Kind::pattern;
    PatternSpec pattern; ///< for Kind::pattern
    std::vector<PatternSpec>
        also; ///< for Kind::pattern of a named buffer: hold beside it, in the same instance
    std::vector<MatchSpec> children; ///< for the others, at least one
};

struct RuleSpec {
    RuleLabel label;
    Action action = Action::alert;
    RuleDirection direction = RuleDirection::both;
    Endpoint from; ///< the client, always
    Endpoint to;   ///< the server, always
    std::optional<MatchSpec>
        match;       ///< none: the rule is about connections and is judged at a flow's first packet
    bool log = true; ///< false: no event
    bool broken =
        false; ///< something in it was refused: it is here for its other mistakes, and never to be in force
    std::string comment;
    std::vector<std::string> tests_match, tests_pass; ///< whole payloads in the rule's direction
};

/// Everything that one or more rule files say.
struct RuleSpecs {
    std::vector<RuleSpec> rules;            ///< in file order: at the same byte the first one decides
    std::vector<SignatureSpec> signatures;  ///< in file order
    Action default_action = Action::accept; ///< accept, drop or reject: for flows that no rule decides
};

} // namespace nfsieve
