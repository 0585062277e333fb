// SPDX-License-Identifier: GPL-2.0-or-later
// Rules as plain data: what a front end (JSON, later Suricata text) yields and the compiler takes.
#pragma once

#include "nfsieve/base/address.h"
#include "nfsieve/base/rule_label.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve {

/// What a rule wants. Not the verdict: that is what the kernel is told.
enum class Action : std::uint8_t { accept, drop, reject, alert };

/// Whose bytes a rule reads.
enum class RuleDirection : std::uint8_t { to_server, to_client, both };

struct PortRange {
    std::uint16_t first = 0, last = 65535; ///< both inclusive
    auto operator<=>(const PortRange&) const = default;
};

/// Ports, negation already resolved: sorted ranges that do not touch. Empty means any port.
struct PortSet {
    std::vector<PortRange> ranges;
    bool operator==(const PortSet&) const = default;
    [[nodiscard]] bool contains(std::uint16_t port) const;
};

/// Addresses: in one of `include` (any where empty) and in none of `exclude`.
struct AddressSet {
    std::vector<Prefix> include, exclude;
    bool operator==(const AddressSet&) const = default;
    [[nodiscard]] bool contains(const Address& address) const;
};

/// One end of a connection.
struct Endpoint {
    AddressSet addresses;
    PortSet ports;
    bool operator==(const Endpoint&) const = default;
};

/// One thing to look for in a buffer.
struct PatternSpec {
    enum class Kind : std::uint8_t { literal, regex };
    Kind kind = Kind::literal;
    std::string text;      ///< literal: the bytes themselves; regex: PCRE syntax
    bool nocase = false;   ///< ASCII letters match in either case
    bool at_start = false; ///< literal only: must begin where the search window begins (starts_with, equals)
    bool at_end = false;   ///< literal only: must end where the stream ends (equals); decided at FIN
    std::uint64_t offset = 0;           ///< the match begins at or after this byte of the stream
    std::optional<std::uint64_t> depth; ///< the match ends at or before offset + depth
    Place place;
    bool operator==(const PatternSpec& other) const {
        return kind == other.kind && text == other.text && nocase == other.nocase &&
               at_start == other.at_start && at_end == other.at_end && offset == other.offset &&
               depth == other.depth;
    }
};

/// A boolean tree over patterns. `not_` has one child.
struct MatchSpec {
    enum class Kind : std::uint8_t { pattern, all, any, not_ };
    Kind kind = Kind::pattern;
    PatternSpec pattern;             ///< for Kind::pattern
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
    std::string comment;
    std::vector<std::string> tests_match, tests_pass; ///< whole payloads in the rule's direction
};

/// Everything that one or more rule files say.
struct RuleSpecs {
    std::vector<RuleSpec> rules;            ///< in file order: at the same byte the first one decides
    Action default_action = Action::accept; ///< accept, drop or reject: for flows that no rule decides
};

/// One complaint about a rule file.
struct RuleError {
    Place place;
    std::string rule;    ///< the rule's id, empty where it is not known
    std::string message; ///< what is wrong and what would be right
    /// "file:line:column: rule ID: message"
    [[nodiscard]] std::string to_string() const;
};

} // namespace nfsieve
