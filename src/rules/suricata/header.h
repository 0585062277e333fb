// SPDX-License-Identifier: GPL-2.0-or-later
// "alert tcp $HOME_NET any -> any [80,8080] (": what stands in front of the options.
#pragma once

#include "nfsieve/rules/signature.h"
#include "option.h"

#include <optional>
#include <string_view>
#include <vector>

namespace nfsieve::suricata {

[[nodiscard]] bool is_action(std::string_view word);

/// The words of a rule, each with its offset.
struct HeaderWords {
    Piece action, protocol, source, source_ports, direction, destination, destination_ports;
    Piece options; ///< between the parentheses
};

/// Splits a rule. Lists in brackets may hold blanks. Nothing, and a flaw, where it is no rule.
[[nodiscard]] std::optional<HeaderWords> split_rule(std::string_view rule, std::vector<Flaw>& flaws);

/// Sets the action; false where the word is none.
[[nodiscard]] bool read_action(std::string_view word, SignatureSpec& spec);

/// What a protocol word means.
struct ProtocolWord {
    enum class Kind : std::uint8_t { read, ip, out_of_scope, unknown };
    Kind kind = Kind::unknown;
    SignatureSpec::Protocol protocol = SignatureSpec::Protocol::tcp; ///< for `read`
};
[[nodiscard]] ProtocolWord protocol_of(std::string_view word);
/// What is said of a word that is no protocol.
[[nodiscard]] std::string unknown_protocol(std::string_view word);

} // namespace nfsieve::suricata
