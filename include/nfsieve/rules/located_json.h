// SPDX-License-Identifier: GPL-2.0-or-later
// JSON whose every value knows its line and column, and that refuses duplicate keys. For rule files and the
// configuration; parsed by nlohmann/json's SAX interface.
#pragma once

#include "nfsieve/base/rule_label.h"
#include "nfsieve/rules/spec.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// One JSON value. Objects keep their members in file order.
struct LocatedJson {
    enum class Type : std::uint8_t { null, boolean, integer, number, string, array, object };
    struct Member;

    Type type = Type::null;
    std::uint32_t line = 0, column = 0; ///< of the value's first character
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string string;
    std::vector<LocatedJson> items;
    std::vector<Member> members;

    /// The member of this name, or null. Only meaningful for objects.
    [[nodiscard]] const LocatedJson* find(std::string_view key) const;
};

struct LocatedJson::Member {
    std::string key;
    std::uint32_t line = 0, column = 0; ///< of the key
    LocatedJson value;
};

/// "a string", "an object", … for messages.
[[nodiscard]] const char* type_name(LocatedJson::Type type);

struct ParsedJson {
    LocatedJson root;
    bool complete = false; ///< the whole text was read: the errors, if any, are duplicate keys
    std::vector<RuleError>
        errors; ///< syntax errors (the first ends parsing) and duplicate keys (all of them)
};

/// Parses a whole text. Depth is limited to 64; `file` is used in places only. Comments are not JSON and
/// refused.
[[nodiscard]] ParsedJson parse_located_json(std::string_view text, const std::string& file);

} // namespace nfsieve
