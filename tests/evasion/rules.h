// SPDX-License-Identifier: GPL-2.0-or-later
// The rules that all cases run under, and what they say, decided without the product.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nfsieve::evasion {

inline constexpr std::string_view pattern = "EVILPATTERN";
inline constexpr std::string_view second_part = "SECONDPART";

enum class Rule : std::uint8_t {
    contains, ///< the pattern anywhere
    anchored, ///< the pattern at the stream's first byte
    compound, ///< the pattern and the second part, in any order
};
inline constexpr std::uint8_t rule_count = 3;

/// The server port whose connections this rule judges.
[[nodiscard]] constexpr std::uint16_t server_port(Rule rule) {
    return static_cast<std::uint16_t>(7001 + static_cast<unsigned>(rule));
}

[[nodiscard]] constexpr const char* name(Rule rule) {
    return rule == Rule::contains ? "contains" : rule == Rule::anchored ? "anchored" : "compound";
}

/// True where a receiver that has read `text` has been attacked.
[[nodiscard]] inline bool matches(Rule rule, std::string_view text) {
    switch (rule) {
    case Rule::contains:
        return text.find(pattern) != std::string_view::npos;
    case Rule::anchored:
        return text.starts_with(pattern);
    case Rule::compound:
        return text.find(pattern) != std::string_view::npos &&
               text.find(second_part) != std::string_view::npos;
    }
    return false;
}

/// A rule file for nfsieve, each rule dropping on its own server port.
inline constexpr std::string_view rule_file = R"({"rules": [
  {"id": "contains", "action": "drop", "to": {"ports": [7001]},
   "match": {"payload": {"contains": "EVILPATTERN"}}},
  {"id": "anchored", "action": "drop", "to": {"ports": [7002]},
   "match": {"payload": {"starts_with": "EVILPATTERN"}}},
  {"id": "compound", "action": "drop", "to": {"ports": [7003]},
   "match": {"all": [{"payload": {"contains": "EVILPATTERN"}}, {"payload": {"contains": "SECONDPART"}}]}}
]})";

} // namespace nfsieve::evasion
