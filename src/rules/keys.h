// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of a rule file, in one place: the reader refuses every other, and the tests hold the published
// schema and the documentation against these tables.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace nfsieve::keys {

inline constexpr std::array<std::string_view, 5> file = {"$schema", "comment", "default", "rules", "sets"};
inline constexpr std::array<std::string_view, 13> rule = {
    "id",      "action",   "direction", "from",     "to",      "match", "log",
    "message", "category", "severity",  "revision", "comment", "tests"};
inline constexpr std::array<std::string_view, 2> endpoint = {"addresses", "ports"};
/// Beside the names of buffers (json_buffer_names()).
inline constexpr std::array<std::string_view, 3> match = {"all", "any", "not"};
inline constexpr std::array<std::string_view, 7> payload = {"contains", "starts_with", "equals", "regex",
                                                            "nocase",   "offset",      "depth"};
/// Of a named buffer; "name" in "http.header" alone.
inline constexpr std::array<std::string_view, 10> buffer = {
    "contains", "starts_with", "ends_with", "equals", "regex", "domain", "name", "nocase", "offset", "depth"};
inline constexpr std::array<std::string_view, 2> tests = {"match", "pass"};
inline constexpr std::array<std::string_view, 1> bytes = {"hex"};

struct Table {
    std::string_view object; ///< the schema's name for it, "file" for the whole
    std::span<const std::string_view> names;
};

inline constexpr std::array<Table, 8> tables = {{{"file", file},
                                                 {"rule", rule},
                                                 {"endpoint", endpoint},
                                                 {"match", match},
                                                 {"payload", payload},
                                                 {"buffer", buffer},
                                                 {"tests", tests},
                                                 {"bytes", bytes}}};

} // namespace nfsieve::keys
